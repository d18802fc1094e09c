import { type MessageAttributeValue, ReceiveMessageCommand, SendMessageCommand } from '@aws-sdk/client-sqs';
import { describe, expect, it } from 'vitest';
import { clientOf, openSandbox, refusal, sharedSandbox } from './sandbox-client.ts';

const { sandbox, urls } = sharedSandbox();
const text = (value: string): MessageAttributeValue => ({ DataType: 'String', StringValue: value });
const number = (value: string): MessageAttributeValue => ({ DataType: 'Number', StringValue: value });
const many = (count: number) =>
  Object.fromEntries(Array.from({ length: count }, (_, i) => [`a${i}`, text('v')] as const));
const sendWith = (MessageAttributes: Record<string, MessageAttributeValue>, MessageBody = 'x') =>
  clientOf(sandbox()).send(
    new SendMessageCommand({ QueueUrl: urls.standard, MessageBody, MessageAttributes }),
  );

describe('attributes', () => {
  const accepted: Array<[rule: string, attributes: Record<string, MessageAttributeValue>]> = [
    ['ten of them', many(10)],
    ['a name of 256 characters', { ['n'.repeat(256)]: text('v') }],
    ['every kind of character in a name', { 'aZ0_-.b': text('v') }],
    ['the name __proto__', JSON.parse('{"__proto__":{"DataType":"String","StringValue":"v"}}')],
    ['a custom data type', { a: { DataType: 'String.json', StringValue: '{}' } }],
    ['a number with a label', { a: { DataType: 'Number.price', StringValue: '1' } }],
    ['a binary value', { a: { DataType: 'Binary.png', BinaryValue: Uint8Array.of(0, 255) } }],
    ['a number of 38 digits', { a: number('9'.repeat(38)) }],
    ['line breaks and emoji in a value', { a: text('\n\u{1F600}') }],
  ];
  it.each(accepted)('take %s', async (_rule, attributes) => {
    expect((await sendWith(attributes)).MD5OfMessageAttributes).toMatch(/^[0-9a-f]{32}$/);
  });

  const refused: Array<[rule: string, attributes: Record<string, MessageAttributeValue>]> = [
    ['eleven of them', many(11)],
    ['a name of 257 characters', { ['n'.repeat(257)]: text('v') }],
    ['an empty name', { '': text('v') }],
    ['a space in a name', { 'a b': text('v') }],
    ['the prefix AWS. in a name', { 'AWS.a': text('v') }],
    ['the prefix amazon. in any case', { 'aMaZoN.a': text('v') }],
    ['a leading period in a name', { '.a': text('v') }],
    ['a trailing period in a name', { 'a.': text('v') }],
    ['a double period in a name', { 'a..b': text('v') }],
    ['an unknown data type', { a: { DataType: 'Text', StringValue: 'v' } }],
    ['no data type', { a: { DataType: '', StringValue: 'v' } }],
    ['an empty label', { a: { DataType: 'String.', StringValue: 'v' } }],
    ['an empty value', { a: text('') }],
    ['an empty number', { a: number('') }],
    ['an empty binary value', { a: { DataType: 'Binary', BinaryValue: new Uint8Array() } }],
    ['a text value for Binary', { a: { DataType: 'Binary', StringValue: 'v' } }],
    ['a binary value for String', { a: { DataType: 'String', BinaryValue: Uint8Array.of(1) } }],
    ['a control character in a value', { a: text('\u0007') }],
    ['a lone surrogate in a value', { a: text('\udc00') }],
    ['a number that is none', { a: number('twelve') }],
    ['a number of 39 digits', { a: number('9'.repeat(39)) }],
  ];
  it.each(refused)('refuse %s with InvalidParameterValue', async (_rule, attributes) => {
    expect(await refusal(sendWith(attributes))).toMatchObject({
      name: 'InvalidParameterValue',
      code: 'InvalidParameterValue',
      status: 400,
    });
  });

  it('refuse lists with UnsupportedOperation', async () => {
    expect(await refusal(sendWith({ a: { DataType: 'String', StringListValues: ['v'] } }))).toMatchObject({
      class: 'UnsupportedOperation',
      code: 'AWS.SimpleQueueService.UnsupportedOperation',
    });
  });

  it('cost their name, data type and value in bytes', async () => {
    const client = clientOf(sandbox());
    const MessageAttributes = {
      ab: text('é'),
      c: { DataType: 'Binary', BinaryValue: Uint8Array.of(1, 2, 3) },
    };
    const attributeBytes = 2 + 6 + 2 + (1 + 6 + 3);
    const send = (MessageBody: string) =>
      client.send(new SendMessageCommand({ QueueUrl: urls.small, MessageBody, MessageAttributes }));
    await send('x'.repeat(1024 - attributeBytes));
    expect(await refusal(send('x'.repeat(1025 - attributeBytes)))).toMatchObject({
      name: 'InvalidParameterValue',
    });
  });
});

describe('numbers', () => {
  it.each([
    ['1.50', '1.5'],
    ['007', '7'],
    ['100', '100'],
    ['0.0', '0'],
    ['-0', '0'],
    ['-01.20', '-1.2'],
    ['1.0e5', '1E5'],
  ])('arrive without outer zeros: %s as %s', async (sent, arrives) => {
    const sandbox = await openSandbox();
    const client = clientOf(sandbox);
    const QueueUrl = await sandbox.createQueue('q');
    await client.send(
      new SendMessageCommand({ QueueUrl, MessageBody: 'x', MessageAttributes: { n: number(sent) } }),
    );
    const received = await client.send(new ReceiveMessageCommand({ QueueUrl, MessageAttributeNames: ['n'] }));
    expect(received.Messages?.[0]?.MessageAttributes?.n?.StringValue).toBe(arrives);
  });
});

describe('MD5 of attributes', () => {
  // The expected values are answers of AWS, as recorded by the LocalStack project.
  const attributes = { Hello: text('There'), 'Help.Me': text('Me'), General: text('Kenobi') };

  it('is the one that AWS answers', async () => {
    const reply = await sendWith(attributes, 'msg');
    expect(reply.MD5OfMessageAttributes).toBe('4c360f3fdafd970e05fae2f149d997f5');
  });

  it.each([
    ['all', ['All'], '4c360f3fdafd970e05fae2f149d997f5'],
    ['all by pattern', ['.*'], '4c360f3fdafd970e05fae2f149d997f5'],
    ['some', ['General', 'Hello'], 'fca026605781cb4126a1e9044df24232'],
    ['one, and one that is not there', ['Hello', 'Nope'], 'a311262e065454b75da111d535b8dacd'],
    ['by prefix', ['Hel.*'], '83fee93c1bcd8b9a5a923ffacdc636c7'],
    ['none', ['Nope'], undefined],
  ])('covers what the receiver asked for: %s', async (_what, MessageAttributeNames, md5) => {
    const sandbox = await openSandbox();
    const client = clientOf(sandbox);
    const QueueUrl = await sandbox.createQueue('q');
    await client.send(
      new SendMessageCommand({ QueueUrl, MessageBody: 'msg', MessageAttributes: attributes }),
    );
    const received = await client.send(new ReceiveMessageCommand({ QueueUrl, MessageAttributeNames }));
    expect(received.Messages?.[0]?.MD5OfMessageAttributes).toBe(md5);
  });

  it('covers binary values', async () => {
    const BinaryValue = Buffer.from('traceparent\x1e00-774062d6c37081a5a0b9b5b88e30627c-2d2482211f6489da-01');
    const MessageAttributes = { attr1: { DataType: 'Binary', BinaryValue } };
    const reply = await sendWith(MessageAttributes, 'test');
    expect(reply.MD5OfMessageAttributes).toBe('8cbe4db156db8a94db8b801b7addb984');
  });
});
