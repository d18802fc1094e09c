import { describe, expect, it } from 'vitest';
import { type Instant, parseInstant } from '../../../main/engine/core/instant.ts';
import { dedupIdOf, groupIdOf } from '../../../main/engine/message/dedup.ts';
import type { MessageChange } from '../../../main/engine/message/events.ts';
import { type PrepareInput, prepareMessage, sendsEvent } from '../../../main/engine/message/prepare.ts';
import { shapeChanges } from '../../../main/engine/message/shapes.ts';
import { type Workflow, workflow } from '../../../preload/contract/workflow.ts';

function instant(text: string): Instant {
  const parsed = parseInstant(text);
  if (parsed === undefined) throw new Error(`not a time: ${text}`);
  return parsed;
}

const AT = instant('2017-03-18T06:12:36.829070108Z');
const ENTERED = instant('2017-03-02T06:12:36.829070108Z');
const exit: MessageChange = { audienceHexId: 'd3', slug: 'demo', event: 'exit', enter: ENTERED, exit: AT };

const made = (over: Partial<Workflow> = {}): Workflow =>
  workflow.parse({
    name: 'W',
    subscriptionId: '7e2b8804bbe162cd3f9c0c5991bf3078',
    queueUrl: 'sandbox:q',
    ...over,
  });

const prepare = (over: Partial<Workflow> = {}, input: Partial<PrepareInput> = {}) =>
  prepareMessage({
    workflow: made(over),
    profileText:
      '{"email":"é@example.com","score":1.50,"big":12345678901234567890,"vip":true,"tags":["a", 1],"map":{},"no":null,"empty":"","esc":"a\\u0041\\n"}',
    changes: [exit],
    at: AT,
    keyField: 'user_id',
    userId: 'u1',
    ...input,
  });

describe('attributes', () => {
  it('carry fields by their type, numbers with their own digits, and leave out what is missing, null or empty', () => {
    const fields = ['email', 'score', 'big', 'vip', 'tags', 'map', 'no', 'empty', 'missing', 'esc'];
    const { attributes, problems } = prepare({ attributes: fields.map((field) => ({ field })) });
    expect(attributes).toEqual([
      { name: 'email', type: 'String', value: 'é@example.com' },
      { name: 'score', type: 'Number', value: '1.50' },
      { name: 'big', type: 'Number', value: '12345678901234567890' },
      { name: 'vip', type: 'String', value: 'true' },
      { name: 'tags', type: 'String.json', value: '["a", 1]' },
      { name: 'map', type: 'String.json', value: '{}' },
      { name: 'esc', type: 'String', value: 'aA\n' },
    ]);
    expect(problems.map(({ code, field, path }) => [code, field, path])).toEqual([
      ['ATTRIBUTE_LEFT_OUT', 'attributes.7', '/data/empty'],
      ['ATTRIBUTE_NUMBER_ZEROS', 'attributes.1', '/data/score'],
    ]);
  });

  it('take the name and type chosen for them', () => {
    const { attributes, problems } = prepare({
      attributes: [
        { field: 'score', name: 'points', type: 'String' },
        { field: 'tags', type: 'String' },
        { field: 'email', type: 'Number' },
      ],
    });
    expect(attributes.map(({ name, type, value }) => `${name} ${type} ${value}`)).toEqual([
      'points String 1.50',
      'tags String ["a", 1]',
      'email Number é@example.com',
    ]);
    expect(problems).toEqual([
      expect.objectContaining({
        severity: 'error',
        code: 'ATTRIBUTE_NUMBER',
        field: 'attributes.2',
        path: '/data/email',
      }),
    ]);
  });

  it('count to the size of the message', () => {
    const { body, bytes } = prepare({ attributes: [{ field: 'email' }] });
    expect(bytes).toBe(
      Buffer.byteLength(body) + 'email'.length + 'String'.length + 'é@example.com'.length + 1,
    );
    expect(prepare({}, { limitBytes: bytes - 30 }).problems.map(({ code }) => code)).toEqual([
      'MESSAGE_TOO_LARGE',
    ]);
  });

  it('may carry the dedup id on a standard queue', () => {
    const { dedupId } = prepare({ queueUrl: 'sandbox:q.fifo' });
    expect(dedupId).toMatch(/^[0-9a-f]{64}$/);
    const { attributes } = prepare({ dedupAttribute: true });
    expect(attributes).toEqual([{ name: 'dedup_id', type: 'String', value: dedupId }]);
    expect(prepare({ dedupAttribute: true, queueUrl: 'sandbox:q.fifo' }).attributes).toEqual([]);
  });
});

describe('dedup and group ids', () => {
  it('are the same for the same workflow, profile, instant and changes, however they are written', () => {
    const [first, second] = [
      { audienceHexId: 'a'.repeat(32), event: 'enter' as const },
      { audienceHexId: 'b'.repeat(32), event: 'exit' as const },
    ];
    const key = { subscriptionId: 's', userId: 'u', at: AT, changes: [first, second] };
    const id = dedupIdOf(key);
    expect(id).toMatch(/^[0-9a-f]{64}$/);
    expect(
      dedupIdOf({
        ...key,
        at: instant('2017-03-18T08:12:36.829070108+02:00'),
        changes: [second, first],
      }),
    ).toBe(id);
    const others = [
      dedupIdOf({ ...key, subscriptionId: 't' }),
      dedupIdOf({ ...key, userId: 'v' }),
      dedupIdOf({ ...key, at: instant('2017-03-18T06:12:36.829070109Z') }),
      dedupIdOf({ ...key, at: instant('2017-03-18T06:12:36.830070108Z') }),
      dedupIdOf({ ...key, changes: [first] }),
      dedupIdOf({ ...key, changes: [second] }),
      dedupIdOf({ ...key, changes: [first, { ...second, event: 'enter' }] }),
    ];
    expect(new Set([id, ...others]).size).toBe(8);
  });

  it('group by user on FIFO queues, by the chosen field where there is one, hashed where SQS does not take the text', () => {
    expect(prepare().groupId).toBeUndefined();
    expect(prepare({ queueUrl: 'sandbox:q.fifo' }).groupId).toBe('u1');
    expect(prepare({ groupIdField: 'score' }).groupId).toBe('1.50');
    expect(prepare({ groupIdField: 'esc' }).groupId).toMatch(/^[0-9a-f]{64}$/);
    expect(groupIdOf('a b')).not.toBe(groupIdOf('a  b'));
    const missing = prepare({ groupIdField: 'no', queueUrl: 'sandbox:q.fifo' });
    expect(missing.groupId).toBe('u1');
    expect(missing.problems.map(({ code }) => code)).toEqual(['GROUP_FIELD_MISSING']);
  });
});

describe('a prepared message', () => {
  it('follows the options of the workflow', () => {
    const { body } = prepare(
      { timestyle: 'modern', exportFields: ['vip'], messageId: true, segmentsAll: true },
      { segmentsAll: ['demo'] },
    );
    expect(body).toMatch(
      /^\{"id":"\d+","data":\{"vip":true,"segments_all":\["demo"\],"segment_events":\[\{"id":"d3","event":"exit","slug":"demo","exit":"2017-03-18T06:12:36.829070108Z"\}\]\},"meta":/,
    );
  });

  it('carries the key alone for a user without a profile', () => {
    const { body, attributes } = prepare({ attributes: [{ field: 'user_id' }] }, { profileText: null });
    expect(body).toContain('"data":{"user_id":"u1","segment_events":[');
    expect(attributes).toEqual([{ name: 'user_id', type: 'String', value: 'u1' }]);
  });

  it('warns of a classic exit whose enter is not known', () => {
    const changes = [{ ...exit, enter: null }];
    expect(prepare({}, { changes }).problems).toEqual([
      expect.objectContaining({ severity: 'warning', code: 'ENTER_UNKNOWN', path: '/data/segment_events/0' }),
    ]);
    expect(prepare({ timestyle: 'modern' }, { changes }).problems).toEqual([]);
  });

  it('is not fit to be sent when the profile holds a character that SQS does not take', () => {
    for (const character of ['\ud800', '\udc00', '\uffff', '\ufffe']) {
      expect(prepare({}, { profileText: `{"a":"x","b":["${character}"]}` }).problems).toEqual([
        expect.objectContaining({ severity: 'error', code: 'BODY_CHARACTER', path: '/data/b/0' }),
      ]);
    }
    expect(prepare({}, { profileText: '{"a":"\ufffd😀é\u007f"}' }).problems).toEqual([]);
  });

  it('keeps apart times within one millisecond, and the zone that each is written in', () => {
    const enter = instant('2017-03-18T08:12:36.829070107+02:00');
    expect(prepare({}, { changes: [{ ...exit, enter }] }).body).toContain(
      '"enter":"2017-03-18T08:12:36.829070107+02:00","exit":"2017-03-18T06:12:36.829070108Z"',
    );
  });

  it('may be an edited body, checked like a built one', () => {
    const { body, problems } = prepare({}, { body: '{"x":"\u0000"}' });
    expect(body).toBe('{"x":"\u0000"}');
    expect(problems.map(({ code }) => code)).toEqual(['BODY_CHARACTER']);
  });

  it('is sent by runs only where the workflow selects its event', () => {
    expect(
      (['enter', 'exit', 'change'] as const).map((event) => sendsEvent(made({ events: 'exit' }), event)),
    ).toEqual([false, true, false]);
    expect(sendsEvent(made({ changeFields: ['email'] }), 'change')).toBe(true);
  });
});

describe('the shapes of a test', () => {
  const audiences = [
    { audienceHexId: 'a1', slug: 'in', enteredAt: ENTERED },
    { audienceHexId: 'b2', slug: 'out', enteredAt: null },
  ];
  const eventsOf = (shape: Parameters<typeof shapeChanges>[0]) =>
    JSON.parse(prepare({}, { changes: shapeChanges(shape, audiences, AT) }).body).data.segment_events.map(
      (e: { slug: string; event: string; enter?: string; exit?: string }) =>
        [e.slug, e.event, e.enter?.slice(0, 10), e.exit?.slice(0, 10)].join(' '),
    );

  it('put their events in one message, in their order, for each audience', () => {
    expect(eventsOf('exit-enter')).toEqual([
      'in exit 2017-03-02 2017-03-18',
      'in enter 2017-03-02 2099-03-18',
      'out exit 2017-03-18 2017-03-18',
      'out enter 2017-03-18 2099-03-18',
    ]);
    expect(eventsOf('enter-exit').map((e: string) => e.slice(0, 9))).toEqual([
      'in enter ',
      'in exit 2',
      'out enter',
      'out exit ',
    ]);
    expect(eventsOf('enter')).toEqual(['in enter 2017-03-02 2099-03-18', 'out enter 2017-03-18 2099-03-18']);
    expect(eventsOf('exit')).toHaveLength(2);
    expect(eventsOf('change')).toEqual(['in change  ', 'out change  ']);
  });
});
