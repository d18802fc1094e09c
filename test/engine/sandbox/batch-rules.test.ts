import {
  DeleteMessageBatchCommand,
  SendMessageBatchCommand,
  type SendMessageBatchRequestEntry,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import { describe, expect, it } from 'vitest';
import { clientOf, refusal, type SharedQueue, sharedSandbox } from './sandbox-client.ts';

const MIB = 1_048_576;
const elevenAttributes = Object.fromEntries(
  Array.from({ length: 11 }, (_, i) => [`a${i}`, { DataType: 'String', StringValue: 'v' }] as const),
);
const { sandbox, urls } = sharedSandbox();

describe('a batch', () => {
  const entry = (
    Id: string,
    more: Partial<SendMessageBatchRequestEntry> = {},
  ): SendMessageBatchRequestEntry => ({
    Id,
    MessageBody: 'x',
    ...more,
  });
  const entries = (count: number) => Array.from({ length: count }, (_, i) => entry(String(i)));
  const batch = (client: SQSClient, queue: SharedQueue, Entries: SendMessageBatchRequestEntry[]) =>
    client.send(new SendMessageBatchCommand({ QueueUrl: urls[queue], Entries }));

  const whole: Array<
    [rule: string, name: string, code: string, queue: SharedQueue, list: SendMessageBatchRequestEntry[]]
  > = [
    ['no entry', 'EmptyBatchRequest', 'AWS.SimpleQueueService.EmptyBatchRequest', 'standard', []],
    [
      'eleven entries',
      'TooManyEntriesInBatchRequest',
      'AWS.SimpleQueueService.TooManyEntriesInBatchRequest',
      'standard',
      entries(11),
    ],
    [
      'an id twice',
      'BatchEntryIdsNotDistinct',
      'AWS.SimpleQueueService.BatchEntryIdsNotDistinct',
      'standard',
      [entry('a'), entry('a')],
    ],
    [
      'an id with a colon',
      'InvalidBatchEntryId',
      'AWS.SimpleQueueService.InvalidBatchEntryId',
      'standard',
      [entry('a:b')],
    ],
    [
      'an id of 81 characters',
      'InvalidBatchEntryId',
      'AWS.SimpleQueueService.InvalidBatchEntryId',
      'standard',
      [entry('a'.repeat(81))],
    ],
    [
      'more than 1 MiB together',
      'BatchRequestTooLong',
      'AWS.SimpleQueueService.BatchRequestTooLong',
      'standard',
      [
        entry('a', { MessageBody: 'x'.repeat(MIB / 2) }),
        entry('b', { MessageBody: 'x'.repeat(MIB / 2 + 1) }),
      ],
    ],
    [
      'more than 1 MiB together with its attributes',
      'BatchRequestTooLong',
      'AWS.SimpleQueueService.BatchRequestTooLong',
      'standard',
      [
        entry('a', { MessageBody: 'x'.repeat(MIB / 2) }),
        entry('b', {
          MessageBody: 'x'.repeat(MIB / 2 - 7),
          MessageAttributes: { a: { DataType: 'String', StringValue: 'v' } },
        }),
      ],
    ],
    [
      'an entry without a group on FIFO',
      'MissingParameter',
      'MissingParameter',
      'fifo',
      [
        entry('a', { MessageGroupId: 'g', MessageDeduplicationId: '1' }),
        entry('b', { MessageDeduplicationId: '2' }),
      ],
    ],
    [
      'an entry without a body',
      'MissingParameter',
      'MissingParameter',
      'standard',
      [entry('a'), entry('b', { MessageBody: '' })],
    ],
  ];
  it.each(whole)('fails whole on %s', async (_rule, name, code, queue, list) => {
    const before = sandbox().stats.sent;
    expect(await refusal(batch(clientOf(sandbox()), queue, list))).toMatchObject({ name, code, status: 400 });
    expect(sandbox().stats.sent).toBe(before);
  });

  const single: Array<[rule: string, code: string, queue: SharedQueue, bad: SendMessageBatchRequestEntry]> = [
    [
      'over the queue’s limit',
      'InvalidParameterValue',
      'small',
      entry('bad', { MessageBody: 'x'.repeat(1025) }),
    ],
    [
      'with a forbidden character',
      'InvalidMessageContents',
      'standard',
      entry('bad', { MessageBody: '\u0001' }),
    ],
    [
      'with eleven attributes',
      'InvalidParameterValue',
      'standard',
      entry('bad', { MessageAttributes: elevenAttributes }),
    ],
    ['with too long a delay', 'InvalidParameterValue', 'standard', entry('bad', { DelaySeconds: 901 })],
  ];
  it.each(single)('fails only the entry %s', async (_rule, code, queue, bad) => {
    const reply = await batch(clientOf(sandbox()), queue, [entry('a'), bad, entry('b')]);
    expect(reply.Successful?.map((item) => item.Id)).toEqual(['a', 'b']);
    expect(reply.Failed).toMatchObject([{ Id: 'bad', Code: code, SenderFault: true }]);
  });

  it('takes ids of 80 characters, and every kind of character in them', async () => {
    const list = [entry('a'.repeat(80)), entry('aZ0_-')];
    expect((await batch(clientOf(sandbox()), 'standard', list)).Successful).toHaveLength(2);
  });

  it('takes ten entries and a total of exactly 1 MiB', async () => {
    expect((await batch(clientOf(sandbox()), 'standard', entries(10))).Successful).toHaveLength(10);
    const halves = [
      entry('a', { MessageBody: 'x'.repeat(MIB / 2) }),
      entry('b', { MessageBody: 'x'.repeat(MIB / 2) }),
    ];
    expect((await batch(clientOf(sandbox()), 'standard', halves)).Successful).toHaveLength(2);
  });

  it('applies the same rules to deletes', async () => {
    const client = clientOf(sandbox());
    const Entries = Array.from({ length: 11 }, (_, i) => ({ Id: String(i), ReceiptHandle: 'x' }));
    const request = client.send(new DeleteMessageBatchCommand({ QueueUrl: urls.standard, Entries }));
    expect(await refusal(request)).toMatchObject({ name: 'TooManyEntriesInBatchRequest' });
    const reply = await client.send(
      new DeleteMessageBatchCommand({ QueueUrl: urls.standard, Entries: [{ Id: 'a', ReceiptHandle: 'x' }] }),
    );
    expect(reply.Failed).toMatchObject([{ Id: 'a', Code: 'ReceiptHandleIsInvalid', SenderFault: true }]);
  });
});
