import {
  ChangeMessageVisibilityCommand,
  DeleteMessageCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import { describe, expect, it } from 'vitest';
import type { SandboxOptions } from '../../../main/engine/sandbox/sandbox.ts';
import { clientOf, openSandbox, refusal, testClock } from './sandbox-client.ts';

async function fifoQueue(attributes: Record<string, string> = {}, options: SandboxOptions = {}) {
  const clock = testClock();
  const sandbox = await openSandbox({ clock: clock.now, ...options });
  const url = await sandbox.createQueue('q.fifo', { FifoQueue: 'true', ...attributes });
  return { sandbox, clock, url, client: clientOf(sandbox) };
}

const send = (client: SQSClient, QueueUrl: string, body: string, group: string, dedup?: string) =>
  client.send(
    new SendMessageCommand({
      QueueUrl,
      MessageBody: body,
      MessageGroupId: group,
      MessageDeduplicationId: dedup,
    }),
  );

async function receive(client: SQSClient, QueueUrl: string, max = 10) {
  const reply = await client.send(
    new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: max, MessageSystemAttributeNames: ['All'] }),
  );
  return reply.Messages ?? [];
}

const bodies = (messages: Array<{ Body?: string }>) => messages.map((message) => message.Body);

describe('deduplication on FIFO', () => {
  it('answers a duplicate with success and drops it, for five minutes', async () => {
    const { sandbox, clock, url, client } = await fifoQueue();
    const first = await send(client, url, 'one', 'g', 'd');
    clock.advance(5 * 60_000 - 1);
    const second = await send(client, url, 'another body', 'g', 'd');
    expect(second.MessageId).toBe(first.MessageId);
    expect(second.SequenceNumber).toBe(first.SequenceNumber);
    expect(sandbox.stats).toMatchObject({ sent: 1, duplicates: 1 });
    clock.advance(1);
    const third = await send(client, url, 'three', 'g', 'd');
    expect(third.MessageId).not.toBe(first.MessageId);
    expect(bodies(sandbox.messages('q.fifo').rows.map((row) => ({ Body: row.body })))).toEqual([
      'one',
      'three',
    ]);
  });

  it('outlives the deletion of the message', async () => {
    const { sandbox, url, client } = await fifoQueue();
    await send(client, url, 'one', 'g', 'd');
    const [message] = await receive(client, url);
    await client.send(new DeleteMessageCommand({ QueueUrl: url, ReceiptHandle: message?.ReceiptHandle }));
    await send(client, url, 'one', 'g', 'd');
    expect(sandbox.queues()).toMatchObject([{ visible: 0, inFlight: 0 }]);
  });

  it('spans the groups of a queue', async () => {
    const { sandbox, url, client } = await fifoQueue();
    await send(client, url, 'one', 'g1', 'd');
    await send(client, url, 'one', 'g2', 'd');
    expect(sandbox.stats.duplicates).toBe(1);
  });

  it('is per group where DeduplicationScope says so', async () => {
    const { sandbox, url, client } = await fifoQueue({ DeduplicationScope: 'messageGroup' });
    await send(client, url, 'one', 'g1', 'd');
    await send(client, url, 'one', 'g2', 'd');
    await send(client, url, 'one', 'g2', 'd');
    expect(sandbox.stats).toMatchObject({ sent: 2, duplicates: 1 });
  });

  it('goes by the body, not the attributes, on a content-based queue', async () => {
    const { sandbox, url, client } = await fifoQueue({ ContentBasedDeduplication: 'true' });
    const MessageAttributes = { a: { DataType: 'String', StringValue: 'v' } };
    await send(client, url, 'same', 'g');
    await client.send(
      new SendMessageCommand({ QueueUrl: url, MessageBody: 'same', MessageGroupId: 'g', MessageAttributes }),
    );
    await send(client, url, 'same', 'g', 'an-id-of-its-own');
    await send(client, url, 'other', 'g');
    expect(sandbox.stats).toMatchObject({ sent: 3, duplicates: 1 });
  });

  it('works within one batch', async () => {
    const { sandbox, url, client } = await fifoQueue();
    const entry = (Id: string) => ({
      Id,
      MessageBody: 'x',
      MessageGroupId: 'g',
      MessageDeduplicationId: 'd',
    });
    const reply = await client.send(
      new SendMessageBatchCommand({ QueueUrl: url, Entries: [entry('a'), entry('b')] }),
    );
    expect(reply.Successful?.map((item) => item.MessageId)).toEqual([
      reply.Successful?.[0]?.MessageId,
      reply.Successful?.[0]?.MessageId,
    ]);
    expect(sandbox.stats.sent).toBe(1);
  });
});

describe('order on FIFO', () => {
  it('is that of sending within a group, and a group waits while one of its messages is in flight', async () => {
    const { url, client } = await fifoQueue();
    for (const [body, group] of [
      ['a1', 'a'],
      ['a2', 'a'],
      ['b1', 'b'],
    ] as const) {
      await send(client, url, body, group, body);
    }
    const [first] = await receive(client, url, 1);
    expect(first?.Body).toBe('a1');
    expect(bodies(await receive(client, url))).toEqual(['b1']);
    expect(await receive(client, url)).toEqual([]);
    await client.send(new DeleteMessageCommand({ QueueUrl: url, ReceiptHandle: first?.ReceiptHandle }));
    expect(bodies(await receive(client, url))).toEqual(['a2']);
  });

  it('holds when a message comes back', async () => {
    const { clock, url, client } = await fifoQueue({ VisibilityTimeout: '10' });
    for (const body of ['1', '2', '3']) {
      await send(client, url, body, 'g', body);
    }
    const taken = await receive(client, url, 2);
    expect(bodies(taken)).toEqual(['1', '2']);
    await client.send(new DeleteMessageCommand({ QueueUrl: url, ReceiptHandle: taken[1]?.ReceiptHandle }));
    clock.advance(10_000);
    expect(bodies(await receive(client, url))).toEqual(['1', '3']);
  });

  it('gives ascending sequence numbers of 20 digits, and group and dedup ids to the receiver', async () => {
    const { url, client } = await fifoQueue();
    const numbers = [];
    for (const body of ['1', '2', '3']) {
      numbers.push((await send(client, url, body, 'g', body)).SequenceNumber ?? '');
    }
    expect(numbers.every((number) => /^\d{20}$/.test(number))).toBe(true);
    expect(numbers.toSorted()).toEqual(numbers);
    const [message] = await receive(client, url, 1);
    expect(message?.Attributes).toMatchObject({
      MessageGroupId: 'g',
      MessageDeduplicationId: '1',
      SequenceNumber: numbers[0],
      ApproximateReceiveCount: '1',
    });
  });

  it('refuses the receipt handle of a delivery that has ended', async () => {
    const { clock, url, client } = await fifoQueue({ VisibilityTimeout: '10' });
    await send(client, url, 'x', 'g', 'd');
    const [message] = await receive(client, url);
    clock.advance(10_000);
    const handle = { QueueUrl: url, ReceiptHandle: message?.ReceiptHandle };
    expect(await refusal(client.send(new DeleteMessageCommand(handle)))).toMatchObject({
      name: 'InvalidParameterValue',
      message: expect.stringContaining('expired'),
    });
    const change = client.send(new ChangeMessageVisibilityCommand({ ...handle, VisibilityTimeout: 5 }));
    expect(await refusal(change)).toMatchObject({
      name: 'MessageNotInflight',
      code: 'AWS.SimpleQueueService.MessageNotInflight',
    });
  });
});

describe('the quota of FIFO', () => {
  it('is so many calls a second for each operation', async () => {
    const { clock, url, client } = await fifoQueue({}, { fifoCallsPerSecond: 2 });
    await send(client, url, '1', 'g', '1');
    await send(client, url, '2', 'g', '2');
    expect(await refusal(send(client, url, '3', 'g', '3'))).toMatchObject({
      class: 'RequestThrottled',
      code: 'RequestThrottled',
      status: 403,
    });
    expect(await receive(client, url)).toHaveLength(2);
    clock.advance(1000);
    await send(client, url, '3', 'g', '3');
  });

  it('counts a long poll once, however often it is woken', async () => {
    const { url, client } = await fifoQueue({}, { fifoCallsPerSecond: 1 });
    const waiting = client.send(new ReceiveMessageCommand({ QueueUrl: url, WaitTimeSeconds: 20 }));
    await send(client, url, '1', 'g', '1');
    expect((await waiting).Messages).toHaveLength(1);
  });

  it('does not hold with high throughput', async () => {
    const { sandbox, url, client } = await fifoQueue(
      { DeduplicationScope: 'messageGroup', FifoThroughputLimit: 'perMessageGroupId' },
      { fifoCallsPerSecond: 1 },
    );
    await send(client, url, '1', 'g', '1');
    await send(client, url, '2', 'g', '2');
    expect(sandbox.stats.sent).toBe(2);
  });
});
