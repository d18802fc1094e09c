import { createHash } from 'node:crypto';
import {
  type MessageAttributeValue,
  SendMessageCommand,
  type SendMessageCommandInput,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import { describe, expect, it } from 'vitest';
import { clientOf, refusal, type SharedQueue, sharedSandbox } from './sandbox-client.ts';

const MIB = 1_048_576;
const text = (value: string): MessageAttributeValue => ({ DataType: 'String', StringValue: value });
const { sandbox, urls } = sharedSandbox();

type Send = Omit<SendMessageCommandInput, 'QueueUrl'>;
const send = (client: SQSClient, queue: SharedQueue, input: Send) =>
  client.send(new SendMessageCommand({ QueueUrl: urls[queue], ...input }));

describe('one message', () => {
  const accepted: Array<[rule: string, queue: SharedQueue, input: Send]> = [
    ['a body of exactly 1 MiB', 'standard', { MessageBody: 'x'.repeat(MIB) }],
    [
      'a body of 1 MiB in three-byte characters',
      'standard',
      { MessageBody: `${'€'.repeat((MIB - 1) / 3)}x` },
    ],
    ['tab, line feed and carriage return', 'standard', { MessageBody: '\t\n\r' }],
    [
      'the last permitted characters of each range',
      'standard',
      { MessageBody: '\uD7FF\uE000\uFFFD\u{10000}\u{10FFFF}' },
    ],
    ['the first permitted character that is printed', 'standard', { MessageBody: ' ' }],
    ['a body of exactly the queue’s own limit', 'small', { MessageBody: 'x'.repeat(1024) }],
    ['a delay of 0', 'standard', { MessageBody: 'x', DelaySeconds: 0 }],
    ['a delay of 900 s', 'standard', { MessageBody: 'x', DelaySeconds: 900 }],
    [
      'a group on a standard queue (fair queues)',
      'standard',
      { MessageBody: 'x', MessageGroupId: 'tenant-1' },
    ],
    [
      'ids of 128 characters of punctuation on FIFO',
      'fifo',
      { MessageBody: 'x', MessageGroupId: '~'.repeat(128), MessageDeduplicationId: '!'.repeat(128) },
    ],
    ['no dedup id on a content-based FIFO queue', 'content', { MessageBody: 'unique', MessageGroupId: 'g' }],
    [
      'a delay of 0 on FIFO',
      'fifo',
      { MessageBody: 'x', MessageGroupId: 'g', MessageDeduplicationId: 'delay-0', DelaySeconds: 0 },
    ],
    [
      'the trace header as system attribute',
      'standard',
      { MessageBody: 'x', MessageSystemAttributes: { AWSTraceHeader: text('Root=1-2-3') } },
    ],
  ];
  it.each(accepted)('takes %s', async (_rule, queue, input) => {
    const reply = await send(clientOf(sandbox()), queue, input);
    expect(reply.MessageId).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$/);
    expect(reply.MD5OfMessageBody).toBe(createHash('md5').update(String(input.MessageBody)).digest('hex'));
  });

  const invalid = 'InvalidParameterValue';
  const refused: Array<[rule: string, error: string, queue: SharedQueue, input: Send]> = [
    ['a body of 1 MiB + 1', invalid, 'standard', { MessageBody: 'x'.repeat(MIB + 1) }],
    ['1 MiB + 2 in three-byte characters', invalid, 'standard', { MessageBody: '€'.repeat((MIB + 2) / 3) }],
    [
      'a body that fits but for its attributes',
      invalid,
      'standard',
      { MessageBody: 'x'.repeat(MIB - 7), MessageAttributes: { a: text('v') } },
    ],
    ['a body above the queue’s own limit', invalid, 'small', { MessageBody: 'x'.repeat(1025) }],
    ['an empty body', 'MissingParameter', 'standard', { MessageBody: '' }],
    ['a missing body', 'MissingParameter', 'standard', { MessageBody: undefined }],
    ['a NUL', 'InvalidMessageContents', 'standard', { MessageBody: 'a\u0000b' }],
    ['an escape character', 'InvalidMessageContents', 'standard', { MessageBody: '\u001b[31m' }],
    ['the last control character', 'InvalidMessageContents', 'standard', { MessageBody: '\u001f' }],
    ['U+FFFE', 'InvalidMessageContents', 'standard', { MessageBody: '\uFFFE' }],
    ['U+FFFF', 'InvalidMessageContents', 'standard', { MessageBody: '\uFFFF' }],
    ['a lone high surrogate', 'InvalidMessageContents', 'standard', { MessageBody: 'a\ud800b' }],
    ['a lone low surrogate', 'InvalidMessageContents', 'standard', { MessageBody: 'a\udc00b' }],
    ['a delay of 901 s', invalid, 'standard', { MessageBody: 'x', DelaySeconds: 901 }],
    ['a negative delay', invalid, 'standard', { MessageBody: 'x', DelaySeconds: -1 }],
    [
      'a dedup id on a standard queue',
      invalid,
      'standard',
      { MessageBody: 'x', MessageDeduplicationId: 'd' },
    ],
    ['no group on FIFO', 'MissingParameter', 'fifo', { MessageBody: 'x', MessageDeduplicationId: 'd' }],
    [
      'no dedup id on FIFO without content-based dedup',
      invalid,
      'fifo',
      { MessageBody: 'x', MessageGroupId: 'g' },
    ],
    [
      'a space in a group id',
      invalid,
      'fifo',
      { MessageBody: 'x', MessageGroupId: 'a b', MessageDeduplicationId: 'd' },
    ],
    [
      'a group id of 129 characters',
      invalid,
      'fifo',
      { MessageBody: 'x', MessageGroupId: 'g'.repeat(129), MessageDeduplicationId: 'd' },
    ],
    [
      'a dedup id of 129 characters',
      invalid,
      'fifo',
      { MessageBody: 'x', MessageGroupId: 'g', MessageDeduplicationId: 'd'.repeat(129) },
    ],
    [
      'a space in a dedup id',
      invalid,
      'fifo',
      { MessageBody: 'x', MessageGroupId: 'g', MessageDeduplicationId: 'a b' },
    ],
    [
      'a space in the group of a standard queue',
      invalid,
      'standard',
      { MessageBody: 'x', MessageGroupId: 'a b' },
    ],
    [
      'a dedup id beyond ASCII',
      invalid,
      'fifo',
      { MessageBody: 'x', MessageGroupId: 'g', MessageDeduplicationId: 'é' },
    ],
    [
      'a per-message delay on FIFO',
      invalid,
      'fifo',
      { MessageBody: 'x', MessageGroupId: 'g', MessageDeduplicationId: 'd', DelaySeconds: 1 },
    ],
    [
      'a system attribute other than the trace header',
      invalid,
      'standard',
      {
        MessageBody: 'x',
        MessageSystemAttributes: { Other: text('v') } as SendMessageCommandInput['MessageSystemAttributes'],
      },
    ],
  ];
  it.each(refused)('refuses %s with %s', async (_rule, name, queue, input) => {
    expect(await refusal(send(clientOf(sandbox()), queue, input))).toMatchObject({
      name,
      code: name,
      status: 400,
    });
  });
});
