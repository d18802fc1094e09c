import type { OutputOf, ParsedInputOf } from '../../../preload/contract/call.ts';
import type { Credentials } from '../context.ts';
import { SegueError } from '../core/errors.ts';
import { openSdkClient } from '../queue/sdk-client.ts';
import { parseQueueUrl, requireRegion } from '../workflow/queue-url.ts';
import type { internalContract } from './internal-contract.ts';

type TestQueue = typeof internalContract.internal.testQueue;

/**
 * Asks a queue for its attributes with the given keys, which shows that they and the queue URL fit; nothing is sent to it.
 *
 * @throws CREDENTIALS_MISSING, INVALID_INPUT for a text that is no queue URL, REGION_MISMATCH, and what `QueueClient.facts` throws
 */
export async function testQueue(
  { queueUrl, region }: ParsedInputOf<TestQueue>,
  credentials: Credentials | undefined,
): Promise<OutputOf<TestQueue>> {
  if (credentials === undefined) {
    throw new SegueError('CREDENTIALS_MISSING', 'There are no keys to test the queue with.');
  }
  const url = parseQueueUrl(queueUrl);
  if (url.kind === 'sandbox') {
    throw new SegueError(
      'INVALID_INPUT',
      `${queueUrl} is the embedded sandbox, which has keys of its own. Name a queue of AWS.`,
      {
        field: 'queueUrl',
      },
    );
  }
  if (region !== undefined) requireRegion(url, region);
  const signedRegion = url.region ?? region ?? 'us-east-1';
  const client = await openSdkClient({ queueUrl, region: signedRegion, credentials }, { sockets: 1 });
  try {
    const startedMs = performance.now();
    const facts = await client.facts();
    const milliseconds = performance.now() - startedMs;
    const attributes = Object.fromEntries(
      Object.entries(facts).map(([name, value]) => [name, value === null ? 'unknown' : String(value)]),
    );
    return { ok: true, milliseconds, attributes };
  } finally {
    client.close();
  }
}
