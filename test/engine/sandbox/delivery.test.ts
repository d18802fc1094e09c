import {
  ChangeMessageVisibilityBatchCommand,
  ChangeMessageVisibilityCommand,
  CreateQueueCommand,
  DeleteMessageBatchCommand,
  DeleteMessageCommand,
  DeleteQueueCommand,
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  ListQueuesCommand,
  PurgeQueueCommand,
  ReceiveMessageCommand,
  type ReceiveMessageCommandInput,
  SendMessageCommand,
  SetQueueAttributesCommand,
} from '@aws-sdk/client-sqs';
import { describe, expect, it } from 'vitest';
import { clientOf, openSandbox, refusal, testClock } from './sandbox-client.ts';

async function standardQueue(attributes: Record<string, string> = {}) {
  const clock = testClock();
  const sandbox = await openSandbox({ clock: clock.now });
  const client = clientOf(sandbox);
  const url = await sandbox.createQueue('q', attributes);
  return {
    sandbox,
    clock,
    client,
    url,
    send: (MessageBody: string, DelaySeconds?: number) =>
      client.send(new SendMessageCommand({ QueueUrl: url, MessageBody, DelaySeconds })),
    receive: async (input: Partial<ReceiveMessageCommandInput> = {}) => {
      const reply = await client.send(
        new ReceiveMessageCommand({ QueueUrl: url, MessageSystemAttributeNames: ['All'], ...input }),
      );
      return reply.Messages ?? [];
    },
  };
}

describe('visibility', () => {
  it('hides a received message for the queue’s timeout, and counts each delivery', async () => {
    const { clock, send, receive } = await standardQueue({ VisibilityTimeout: '10' });
    await send('x');
    const [first] = await receive();
    expect(first).toMatchObject({ Body: 'x', Attributes: { ApproximateReceiveCount: '1' } });
    clock.advance(9_999);
    expect(await receive()).toEqual([]);
    clock.advance(1);
    const [second] = await receive();
    expect(second).toMatchObject({
      MessageId: first?.MessageId,
      Attributes: {
        ApproximateReceiveCount: '2',
        ApproximateFirstReceiveTimestamp: first?.Attributes?.ApproximateFirstReceiveTimestamp,
      },
    });
    expect(second?.ReceiptHandle).not.toBe(first?.ReceiptHandle);
  });

  it('takes the timeout of the call, and 0 leaves the message visible', async () => {
    const { clock, send, receive } = await standardQueue();
    await send('x');
    expect(await receive({ VisibilityTimeout: 0 })).toHaveLength(1);
    expect(await receive({ VisibilityTimeout: 5 })).toHaveLength(1);
    clock.advance(5_000);
    expect(await receive()).toHaveLength(1);
  });

  it('is changed by a call, also to show the message at once', async () => {
    const { clock, client, url, send, receive } = await standardQueue();
    await send('x');
    const [message] = await receive();
    const handle = { QueueUrl: url, ReceiptHandle: message?.ReceiptHandle };
    await client.send(new ChangeMessageVisibilityCommand({ ...handle, VisibilityTimeout: 100 }));
    clock.advance(99_999);
    expect(await receive()).toEqual([]);
    const Entries = [{ Id: 'a', ReceiptHandle: message?.ReceiptHandle, VisibilityTimeout: 0 }];
    await client.send(new ChangeMessageVisibilityBatchCommand({ QueueUrl: url, Entries }));
    expect(await receive()).toHaveLength(1);
    const tooLong = client.send(new ChangeMessageVisibilityCommand({ ...handle, VisibilityTimeout: 43_201 }));
    expect(await refusal(tooLong)).toMatchObject({ name: 'InvalidParameterValue' });
  });

  it('delays a message by its own or the queue’s delay', async () => {
    const { sandbox, clock, send, receive } = await standardQueue({ DelaySeconds: '20' });
    await send('by the queue');
    await send('by itself', 5);
    await send('not', 0);
    expect(sandbox.queues()).toMatchObject([{ visible: 1, delayed: 2 }]);
    const seen: Array<string | undefined> = [];
    for (const ms of [0, 5_000, 15_000]) {
      clock.advance(ms);
      seen.push((await receive())[0]?.Body);
    }
    expect(seen).toEqual(['not', 'by itself', 'by the queue']);
  });
});

describe('deleting', () => {
  it('removes the message, answers the same a second time, and needs the latest handle', async () => {
    const { sandbox, clock, client, url, send, receive } = await standardQueue({ VisibilityTimeout: '10' });
    await send('x');
    const [early] = await receive();
    clock.advance(10_000);
    const [late] = await receive();
    await client.send(new DeleteMessageCommand({ QueueUrl: url, ReceiptHandle: early?.ReceiptHandle }));
    expect(sandbox.queues()).toMatchObject([{ inFlight: 1 }]);
    const Entries = [{ Id: 'a', ReceiptHandle: late?.ReceiptHandle }];
    await client.send(new DeleteMessageBatchCommand({ QueueUrl: url, Entries }));
    expect(sandbox.queues()).toMatchObject([{ inFlight: 0, visible: 0 }]);
    await client.send(new DeleteMessageCommand({ QueueUrl: url, ReceiptHandle: late?.ReceiptHandle }));
  });

  it('refuses a handle that is none, or of another queue', async () => {
    const { sandbox, client, url, send, receive } = await standardQueue();
    const other = await sandbox.createQueue('other');
    await send('x');
    const [message] = await receive();
    for (const [QueueUrl, ReceiptHandle] of [
      [url, 'nonsense'],
      [other, message?.ReceiptHandle],
    ]) {
      expect(await refusal(client.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle })))).toMatchObject(
        {
          class: 'ReceiptHandleIsInvalid',
          code: 'ReceiptHandleIsInvalid',
          status: 404,
        },
      );
    }
  });

  it('drops what is past the retention period', async () => {
    const { sandbox, clock, send, receive } = await standardQueue({ MessageRetentionPeriod: '60' });
    await send('old');
    clock.advance(30_000);
    await send('young');
    clock.advance(30_000);
    expect((await receive({ MaxNumberOfMessages: 10 })).map((message) => message.Body)).toEqual(['young']);
    expect(sandbox.messages('q').rows).toHaveLength(1);
  });

  it('purges once a minute', async () => {
    const { sandbox, clock, client, url, send } = await standardQueue();
    await send('x');
    await client.send(new PurgeQueueCommand({ QueueUrl: url }));
    expect(sandbox.queues()).toMatchObject([{ visible: 0 }]);
    expect(await refusal(client.send(new PurgeQueueCommand({ QueueUrl: url })))).toMatchObject({
      class: 'PurgeQueueInProgress',
      code: 'AWS.SimpleQueueService.PurgeQueueInProgress',
      status: 403,
    });
    clock.advance(60_000);
    await client.send(new PurgeQueueCommand({ QueueUrl: url }));
  });
});

describe('receiving', () => {
  it.each([
    ['MaxNumberOfMessages', 0],
    ['MaxNumberOfMessages', 11],
    ['WaitTimeSeconds', 21],
    ['VisibilityTimeout', 43_201],
  ])('refuses %s = %i', async (name, value) => {
    const { receive } = await standardQueue();
    expect(await refusal(receive({ [name]: value }))).toMatchObject({
      name: 'InvalidParameterValue',
      status: 400,
    });
  });

  it('waits for a message to be sent', async () => {
    const { send, receive } = await standardQueue();
    const waiting = receive({ WaitTimeSeconds: 20 });
    await send('x');
    expect((await waiting).map((message) => message.Body)).toEqual(['x']);
  });

  it('waits for a message to become visible, by the real clock', async () => {
    const sandbox = await openSandbox();
    const client = clientOf(sandbox);
    const QueueUrl = await sandbox.createQueue('q');
    await client.send(new SendMessageCommand({ QueueUrl, MessageBody: 'x', DelaySeconds: 1 }));
    const reply = await client.send(new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 20 }));
    expect(reply.Messages?.[0]?.Body).toBe('x');
  });

  it('does not deliver to a waiting client that has gone', async () => {
    const { sandbox, client, url, send, receive } = await standardQueue();
    const gone = new AbortController();
    const command = new ReceiveMessageCommand({ QueueUrl: url, WaitTimeSeconds: 20 });
    const waiting = client.send(command, { abortSignal: gone.signal });
    // A second request on its own connection is answered after the first one was taken up.
    await receive();
    gone.abort();
    await expect(waiting).rejects.toThrow();
    await receive();
    await send('x');
    expect(sandbox.stats.received).toBe(0);
    expect(await receive()).toHaveLength(1);
  });

  it('ends a wait when the sandbox closes', async () => {
    const { sandbox, receive } = await standardQueue();
    const waiting = receive({ WaitTimeSeconds: 20 });
    await receive();
    await sandbox.close();
    expect(await waiting).toEqual([]);
  });
});

describe('a dead-letter queue', () => {
  it('gets a message that was received too often, with its id and source', async () => {
    const { sandbox, clock, client, url, send, receive } = await standardQueue({ VisibilityTimeout: '1' });
    const dead = await sandbox.createQueue('dead');
    const RedrivePolicy = JSON.stringify({
      deadLetterTargetArn: 'arn:aws:sqs:us-east-1:000000000000:dead',
      maxReceiveCount: 2,
    });
    await client.send(new SetQueueAttributesCommand({ QueueUrl: url, Attributes: { RedrivePolicy } }));
    const sent = await send('poison');
    for (let i = 0; i < 2; i++) {
      expect(await receive()).toHaveLength(1);
      clock.advance(1_000);
    }
    expect(await receive()).toEqual([]);
    const [message] = await receive({ QueueUrl: dead });
    expect(message).toMatchObject({
      MessageId: sent.MessageId,
      Body: 'poison',
      Attributes: {
        DeadLetterQueueSourceArn: 'arn:aws:sqs:us-east-1:000000000000:q',
        ApproximateReceiveCount: '3',
      },
    });
    clock.advance(30_000);
    expect(await sandbox.redrive('dead')).toBe(1);
    const [again] = await receive();
    expect(again).toMatchObject({ Body: 'poison', Attributes: { ApproximateReceiveCount: '1' } });
    expect(again?.MessageId).not.toBe(sent.MessageId);
  });
});

describe('queues', () => {
  it('are listed by prefix and page, found by name, and gone when deleted', async () => {
    const { sandbox, clock, client } = await standardQueue();
    await sandbox.createQueue('q-b');
    await sandbox.createQueue('q-a');
    await sandbox.createQueue('other');
    const first = await client.send(new ListQueuesCommand({ QueueNamePrefix: 'q', MaxResults: 2 }));
    expect(first.QueueUrls).toEqual([sandbox.queueUrl('q'), sandbox.queueUrl('q-a')]);
    const second = await client.send(
      new ListQueuesCommand({ QueueNamePrefix: 'q', MaxResults: 2, NextToken: first.NextToken }),
    );
    expect(second).toMatchObject({ QueueUrls: [sandbox.queueUrl('q-b')] });
    expect(second.NextToken).toBeUndefined();
    const found = await client.send(new GetQueueUrlCommand({ QueueName: 'q-a' }));
    expect(found.QueueUrl).toBe(`${sandbox.endpoint}/000000000000/q-a`);
    await client.send(new DeleteQueueCommand({ QueueUrl: sandbox.queueUrl('q-a') }));
    expect(await refusal(client.send(new GetQueueUrlCommand({ QueueName: 'q-a' })))).toMatchObject({
      class: 'QueueDoesNotExist',
      code: 'AWS.SimpleQueueService.NonExistentQueue',
      status: 400,
    });
    const again = () => client.send(new CreateQueueCommand({ QueueName: 'q-a' }));
    expect(await refusal(again())).toMatchObject({ class: 'QueueDeletedRecently' });
    clock.advance(60_000);
    await again();
  });

  it.each([
    ['of a queue that is not there', '/000000000000/nope', 'QueueDoesNotExist', 400],
    ['of another account', '/123456789012/q', 'QueueDoesNotExist', 400],
    ['without an account', '/q', 'InvalidAddress', 404],
  ])('are not reached by a URL %s', async (_what, path, name, status) => {
    const { sandbox, client } = await standardQueue();
    const send = client.send(
      new SendMessageCommand({ QueueUrl: `${sandbox.endpoint}${path}`, MessageBody: 'x' }),
    );
    expect(await refusal(send)).toMatchObject({ class: name, status });
  });

  it('tell their attributes', async () => {
    const { client, url, send, receive } = await standardQueue({ MaximumMessageSize: '2048' });
    await send('a');
    await send('b');
    await send('c', 10);
    await receive();
    const reply = await client.send(
      new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: ['All'] }),
    );
    expect(reply.Attributes).toMatchObject({
      MaximumMessageSize: '2048',
      ApproximateNumberOfMessages: '1',
      ApproximateNumberOfMessagesNotVisible: '1',
      ApproximateNumberOfMessagesDelayed: '1',
      QueueArn: 'arn:aws:sqs:us-east-1:000000000000:q',
    });
    expect(reply.Attributes).not.toHaveProperty('FifoQueue');
    const one = await client.send(
      new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: ['VisibilityTimeout'] }),
    );
    expect(one.Attributes).toEqual({ VisibilityTimeout: '30' });
  });
});
