import type { OutputOf, ParsedInputOf } from '../../../preload/contract/call.ts';
import type { Credentials } from '../context.ts';
import { SegueError } from '../core/errors.ts';
import { openSdkClient } from '../queue/sdk-client.ts';
import type { internalContract } from './internal-contract.ts';

type TestQueue = typeof internalContract.internal.testQueue;

/** The region in a queue URL of AWS, for example `us-east-2` in `https://sqs.us-east-2.amazonaws.com/…`. */
const REGION_IN_HOST = /^sqs\.([a-z0-9-]+)\./;

/**
 * Asks a queue for its attributes with the given keys, which shows that they and the queue URL fit; nothing is sent to it.
 *
 * @throws CREDENTIALS_MISSING, INVALID_INPUT for a text that is no http(s) URL, and what `QueueClient.facts` throws
 */
export async function testQueue(
  { queueUrl, region }: ParsedInputOf<TestQueue>,
  credentials: Credentials | undefined,
): Promise<OutputOf<TestQueue>> {
  if (credentials === undefined) {
    throw new SegueError('CREDENTIALS_MISSING', 'There are no keys to test the queue with.');
  }
  const url = URL.canParse(queueUrl) ? new URL(queueUrl) : undefined;
  if (url === undefined || (url.protocol !== 'https:' && url.protocol !== 'http:')) {
    throw new SegueError(
      'INVALID_INPUT',
      `"${queueUrl}" is not a queue URL. Expected https://sqs.REGION.amazonaws.com/ACCOUNT/NAME.`,
    );
  }
  const signedRegion = region ?? REGION_IN_HOST.exec(url.hostname)?.[1] ?? 'us-east-1';
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
