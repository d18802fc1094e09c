import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  attributeCost,
  type CheckedMessage,
  checkMessage,
  DEFAULT_LIMIT_BYTES,
  messageBytes,
  type SourcedAttribute,
} from '../../../main/engine/message/limits.ts';

const codes = (message: Partial<CheckedMessage>) =>
  checkMessage({ body: '{}', attributes: [], ...message }).map(({ severity, code }) => `${severity} ${code}`);
const attribute = (over: Partial<SourcedAttribute> = {}): SourcedAttribute => ({
  name: 'email',
  type: 'String',
  value: 'a@example.com',
  ...over,
});
const attributeCodes = (over: Partial<SourcedAttribute>) => codes({ attributes: [attribute(over)] });

/** UTF-8 length by the definition of the encoding. */
function naiveBytes(text: string): number {
  let bytes = 0;
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0;
    bytes += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
  }
  return bytes;
}

const anyText = fc.string({ unit: 'binary', maxLength: 40 });
const halves = fc.array(fc.nat(0xffff), { maxLength: 12 }).map((units) => String.fromCharCode(...units));

describe('sizes', () => {
  it('are counted in UTF-8 to the byte: body, and name, type and value of each attribute', () => {
    fc.assert(
      fc.property(
        anyText,
        fc.array(
          fc.record({ name: anyText, type: fc.constantFrom('String', 'Number', 'String.é'), value: anyText }),
        ),
        (body, attributes) => {
          const costs = attributes.map((a) => naiveBytes(a.name) + naiveBytes(a.type) + naiveBytes(a.value));
          expect(attributes.map(attributeCost)).toEqual(costs);
          expect(messageBytes(body, attributes)).toBe(
            costs.reduce((sum, cost) => sum + cost, naiveBytes(body)),
          );
        },
      ),
    );
    expect(attributeCost({ name: 'b', type: 'Binary', value: 'AAEC' })).toBe(1 + 6 + 3);
  });

  it('may reach the limit and not pass it', () => {
    const body = 'é'.repeat((DEFAULT_LIMIT_BYTES - 8) / 2);
    const eight = attribute({ name: 'a', type: 'String', value: 'v' });
    expect(codes({ body, attributes: [eight] })).toEqual([]);
    expect(codes({ body: `${body}x`, attributes: [eight] })).toEqual(['error MESSAGE_TOO_LARGE']);
    expect(codes({ body: 'x'.repeat(1025), limitBytes: 1024 })).toEqual(['error MESSAGE_TOO_LARGE']);
    expect(codes({ body: '' })).toEqual(['error BODY_EMPTY']);
  });
});

describe('characters', () => {
  const allowed = /^[\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]*$/u;

  it('of a body and of a String are exactly those of SQS', () => {
    fc.assert(
      fc.property(fc.oneof(anyText, halves), (text) => {
        const body = `x${text}`;
        const good = allowed.test(body);
        expect(codes({ body })).toEqual(good ? [] : ['error BODY_CHARACTER']);
        expect(attributeCodes({ value: body })).toEqual(good ? [] : ['error ATTRIBUTE_CHARACTER']);
      }),
    );
  });

  it('are pointed at, inside the body', () => {
    const [problem] = checkMessage({
      body: '{"data":{"a/b":[1,{"c":"x\ud800"}]},"meta":{}}',
      attributes: [],
    });
    expect(problem).toMatchObject({ code: 'BODY_CHARACTER', path: '/data/a~1b/1/c' });
    expect(problem?.message).toContain('half of a surrogate pair (U+D800) at character 26');
    const [other] = checkMessage({ body: 'no JSON \u0001', attributes: [] });
    expect(other).toMatchObject({ code: 'BODY_CHARACTER', path: '' });
  });
});

describe('attributes', () => {
  it('are ten at most, under different names', () => {
    const many = (n: number) => Array.from({ length: n }, (_, i) => attribute({ name: `a${i}` }));
    expect(codes({ attributes: many(10) })).toEqual([]);
    expect(codes({ attributes: many(11) })).toEqual(['error ATTRIBUTE_COUNT']);
    expect(codes({ attributes: [attribute(), attribute()] })).toEqual(['error ATTRIBUTE_DUPLICATE']);
  });

  it.each(['a', 'A.b-c_9', 'x'.repeat(256), 'awsome', 'my.aws.name', 'Amazonas'])(
    'may be named %s',
    (name) => {
      expect(attributeCodes({ name })).toEqual([]);
    },
  );

  it.each([
    '',
    '.a',
    'a.',
    'a..b',
    'a b',
    'é',
    'AWS.x',
    'aws.x',
    'Amazon.x',
    'AMAZON.x',
    'x'.repeat(257),
    'a/b',
  ])('may not be named "%s"', (name) => {
    expect(attributeCodes({ name })).toEqual(['error ATTRIBUTE_NAME']);
  });

  it.each([
    ['String', []],
    ['String.json', []],
    ['Binary.gif', []],
    ['Text', ['error ATTRIBUTE_TYPE']],
    ['String.', ['error ATTRIBUTE_TYPE']],
    ['string', ['error ATTRIBUTE_TYPE']],
    [`String.${'x'.repeat(250)}`, ['error ATTRIBUTE_TYPE']],
  ])('of type %s: %j', (type, expected) => {
    expect(attributeCodes({ type, value: 'AAEC' })).toEqual(expected);
  });

  it('may not be empty', () => {
    expect(attributeCodes({ value: '' })).toEqual(['error ATTRIBUTE_EMPTY']);
  });

  it.each([
    ['0', []],
    ['-12.5', []],
    ['100', []],
    ['1e3', []],
    ['12345678901234567890123456789012345678', []],
    [`0.${'0'.repeat(100)}1`, []],
    ['123456789012345678901234567890123456789', ['error ATTRIBUTE_NUMBER']],
    ['1e126', []],
    ['1e127', ['error ATTRIBUTE_NUMBER']],
    ['1e-128', []],
    ['0.1e-128', ['error ATTRIBUTE_NUMBER']],
    ['0e999', []],
    ['abc', ['error ATTRIBUTE_NUMBER']],
    ['1,5', ['error ATTRIBUTE_NUMBER']],
    ['NaN', ['error ATTRIBUTE_NUMBER']],
    ['1.50', ['warning ATTRIBUTE_NUMBER_ZEROS']],
    ['007', ['warning ATTRIBUTE_NUMBER_ZEROS']],
    ['1.0e5', ['warning ATTRIBUTE_NUMBER_ZEROS']],
  ])('as Number %s: %j', (value, expected) => {
    expect(attributeCodes({ type: 'Number', value })).toEqual(expected);
  });

  it('say which form field and which profile field they come from', () => {
    const problems = checkMessage({
      body: '{}',
      attributes: [attribute({ name: 'a b', field: 'attributes.3', path: '/data/x' })],
    });
    expect(problems).toEqual([expect.objectContaining({ field: 'attributes.3', path: '/data/x' })]);
  });
});

describe('group and dedup ids', () => {
  it('are asked for by FIFO queues', () => {
    expect(codes({ fifo: true })).toEqual(['error GROUP_ID_MISSING', 'error DEDUP_ID_MISSING']);
    expect(codes({ fifo: true, contentBasedDedup: true, groupId: 'g' })).toEqual([]);
    expect(codes({ fifo: true, groupId: 'g', dedupId: 'd' })).toEqual([]);
  });

  it('have 1 to 128 alphanumerics and ASCII punctuation', () => {
    for (const id of ['a b', '', 'é', 'x'.repeat(129)]) {
      expect(codes({ groupId: id })).toEqual(['error GROUP_ID']);
      expect(codes({ dedupId: id })).toEqual(['error DEDUP_ID']);
    }
    expect(codes({ groupId: '!"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~aZ9', dedupId: 'x'.repeat(128) })).toEqual([]);
  });
});
