import { describe, expect, it, onTestFinished } from 'vitest';
import type { QueueEntry } from '../../../main/engine/queue/queue-client.ts';
import { openSdkClient } from '../../../main/engine/queue/sdk-client.ts';
import { type Sandbox, startSandbox } from '../../../main/engine/sandbox/sandbox.ts';

async function openQueue(attributes: Record<string, string> = {}, name = 'q') {
  const sandbox = await startSandbox();
  const queueUrl = await sandbox.createQueue(name, attributes);
  const client = await clientFor(sandbox, queueUrl);
  onTestFinished(() => sandbox.close());
  return { sandbox, queueUrl, client };
}

async function clientFor(sandbox: Sandbox, queueUrl: string, secretAccessKey = sandbox.secretAccessKey) {
  const { region, accessKeyId } = sandbox;
  const client = await openSdkClient(
    { queueUrl, region, credentials: { accessKeyId, secretAccessKey } },
    { sockets: 2, requestTimeoutMs: 150 },
  );
  onTestFinished(() => client.close());
  return client;
}

const entry = (body: string): QueueEntry => ({
  body,
  attributes: [
    { name: 'email', type: 'String', value: 'é@example.org' },
    { name: 'tags', type: 'String.json', value: '["a"]' },
    { name: 'score', type: 'Number', value: '1.5' },
  ],
});

describe('the SDK behind its port', () => {
  it('sends a batch and gives each entry’s outcome in order', async () => {
    const { client, sandbox } = await openQueue();
    const outcome = await client.sendBatch([entry('héllo'), entry('bad \u0001'), entry('third')]);
    expect(outcome).toEqual({
      kind: 'answered',
      outcomes: [
        expect.objectContaining({ kind: 'sent', sequenceNumber: null }),
        expect.objectContaining({ kind: 'park', code: 'InvalidMessageContents' }),
        expect.objectContaining({ kind: 'sent' }),
      ],
    });
    expect(sandbox.stats.sent).toBe(2);
  });

  it.each([
    ['throttle', { throttle: 1 }, 'retry_slow'],
    ['kms', { kms: 1 }, 'retry_slow'],
    ['error', { error: 1 }, 'retry_unknown_outcome'],
    ['reset', { reset: 1 }, 'retry_unknown_outcome'],
    ['drop', { drop: 1 }, 'retry_unknown_outcome'],
    ['a reply later than the timeout', { delay: { ms: 400, rate: 1 } }, 'retry_unknown_outcome'],
  ])('tries once and tells: %s', async (_what, faults, kind) => {
    const { client, sandbox } = await openQueue();
    sandbox.setFaults(faults);
    const before = sandbox.stats.requests;
    expect(await client.sendBatch([entry('x')])).toMatchObject({ kind: 'refused', verdict: { kind } });
    expect(sandbox.stats.requests - before).toBe(1);
  });

  it('flags a wrong checksum of the body with the id under which the message is queued', async () => {
    const { client, sandbox } = await openQueue();
    sandbox.setFaults({ md5: 1 });
    const outcome = await client.sendBatch([entry('x')]);
    expect(outcome).toMatchObject({
      kind: 'answered',
      outcomes: [{ kind: 'flag_md5', code: 'Md5Mismatch' }],
    });
    expect(sandbox.stats.sent).toBe(1);
  });

  it('reads the facts of a queue', async () => {
    const { client } = await openQueue(
      { FifoQueue: 'true', ContentBasedDeduplication: 'true', MaximumMessageSize: '2048' },
      'q.fifo',
    );
    expect(await client.facts()).toEqual({
      fifo: true,
      contentBasedDeduplication: true,
      maximumMessageBytes: 2048,
      depth: 0,
      encryption: 'sqs',
    });
  });

  it('refuses wrong keys and a missing queue with their codes, and never tells a secret', async () => {
    const { sandbox, queueUrl } = await openQueue();
    const wrong = await clientFor(sandbox, queueUrl, 'a-wrong-secret');
    const refused = await wrong.facts().then(
      () => undefined,
      (error: unknown) => error,
    );
    expect(refused).toMatchObject({ code: 'CREDENTIALS_REFUSED' });
    expect(JSON.stringify(refused) + String(refused)).not.toContain('a-wrong-secret');
    const missing = await clientFor(sandbox, `${queueUrl}x`);
    await expect(missing.facts()).rejects.toMatchObject({ code: 'QUEUE_NOT_FOUND' });
  });
});
