import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Instant, requireInstant } from '../../../main/engine/core/instant.ts';
import { buildMessage, type MessageInput, stableMessageId } from '../../../main/engine/message/build.ts';
import { createEventWriter, type MessageChange, notLeftYet } from '../../../main/engine/message/events.ts';

interface Sample {
  id: string;
  message: {
    id?: string;
    data: Record<string, unknown> & {
      segment_events: { id: string; slug: string; event: 'enter'; enter?: string; exit?: string }[];
    };
    meta: { subscription_id: string; timestamp: string };
  };
}

const samples: Sample[] = JSON.parse(
  readFileSync(new URL('../../fixtures/conformance/messages.json', import.meta.url), 'utf8'),
);

const AT = '2017-03-18T06:12:36.829070108Z';
const ENTERED = '2017-03-02T06:12:36.829070108Z';

const instant = (text: string): Instant => requireInstant(text, 'the test');
const instantOrNull = (text: string | null): Instant | null => (text === null ? null : instant(text));

function input(over: Partial<MessageInput> = {}): MessageInput {
  return {
    profileText: '{"email":"a@example.com","user_id":"u1"}',
    changes: [],
    at: instant(AT),
    options: { subscriptionId: '7e2b8804bbe162cd3f9c0c5991bf3078', timestyle: 'classic', exportFields: null },
    userKeyField: 'user_id',
    userId: 'u1',
    ...over,
  };
}

const change = (over: Partial<MessageChange> = {}): MessageChange => ({
  audienceHexId: 'd3d8f15855b6b067709577342fe72db9',
  slug: 'demo_segment',
  event: 'enter',
  enter: instant(ENTERED),
  exit: null,
  ...over,
});

const dataOf = (body: string): string => body.slice('{"data":'.length, body.indexOf(',"meta":'));

describe('the samples of the source system', () => {
  it.each(samples.map((sample) => [sample.id, sample] as const))('%s comes out', (id, sample) => {
    const { segment_events, ...profile } = sample.message.data;
    const classic = id === 'sqs-seed';
    const built = buildMessage({
      profileText: JSON.stringify(profile),
      changes: segment_events.map(({ id: audienceHexId, slug, event, enter = null, exit = null }) => ({
        audienceHexId,
        slug,
        event,
        enter: instantOrNull(enter),
        // The classic sample's "not left yet" must come from the rule, not from what is passed in.
        exit: exit?.startsWith('2099') ? null : instantOrNull(exit),
      })),
      at: instant(sample.message.meta.timestamp),
      options: {
        subscriptionId: sample.message.meta.subscription_id,
        timestyle: classic ? 'classic' : 'modern',
        exportFields: id.endsWith('-fields') ? Object.keys(profile).reverse() : null,
      },
      userKeyField: 'user_id',
      userId: 'user123',
      messageId: sample.message.id,
    });
    expect(JSON.parse(built)).toEqual(sample.message);
    // The full webhook sample sorts its data's members; DESIGN §6 has segment_events last, as the SQS sample.
    const data = { ...profile, segment_events };
    expect(built).toBe(JSON.stringify({ ...sample.message, data }));
    expect(built === JSON.stringify(sample.message)).toBe(id !== 'webhook-full');
  });

  it('come out with the same members in the same order from a pretty-printed profile', () => {
    const [sample] = samples;
    const { segment_events: _, ...profile } = sample?.message.data ?? { segment_events: [] };
    const text = JSON.stringify(profile, null, 2);
    const built = buildMessage(input({ profileText: text, changes: [change()] }));
    expect(JSON.stringify(JSON.parse(built))).toBe(
      buildMessage(input({ profileText: JSON.stringify(profile), changes: [change()] })),
    );
    expect(built).toContain(text.slice(2, -2).trim());
  });
});

describe('the profile in a message', () => {
  it('keeps big numbers, duplicates, order and white space byte for byte', () => {
    const inside =
      '"n":12345678901234567890.10, "user_id" : "u1",\n"t":"2020-01-01T00:00:00.000000001Z","n":1E400';
    expect(dataOf(buildMessage(input({ profileText: ` { ${inside} }\n` })))).toBe(
      `{${inside},"segment_events":[]}`,
    );
  });

  it('may be empty or missing', () => {
    expect(dataOf(buildMessage(input({ profileText: '{}' })))).toBe('{"segment_events":[]}');
    expect(dataOf(buildMessage(input({ profileText: ' { \n } ' })))).toBe('{"segment_events":[]}');
    expect(dataOf(buildMessage(input({ profileText: null, userId: 'u"1' })))).toBe(
      '{"user_id":"u\\"1","segment_events":[]}',
    );
  });

  it('loses its own segment_events and segments_all, however they are spelled, and keeps segments', () => {
    const profileText =
      '{"segment_events":[{"a":"}"}],"a":1,"segments":["x"],"segments_all":["old"],"segment\\u005fevents":2,"note":"segment_events"}';
    expect(dataOf(buildMessage(input({ profileText })))).toBe(
      '{"a":1,"segments":["x"],"note":"segment_events","segment_events":[]}',
    );
    expect(dataOf(buildMessage(input({ profileText, segmentsAll: ['b', 'c'] })))).toBe(
      '{"a":1,"segments":["x"],"note":"segment_events","segments_all":["b","c"],"segment_events":[]}',
    );
  });

  it('finds its own members where every one of them is spelled with escapes', () => {
    const profileText = '{"segments\\u005fall":["old"],"a":1,"segment\\u005fevents":2}';
    expect(dataOf(buildMessage(input({ profileText })))).toBe('{"a":1,"segment_events":[]}');
  });

  it('may be cut down to some fields, in its own order', () => {
    const options = { ...input().options, exportFields: ['user_id', 'missing', 'n', 'segment_events', 'n'] };
    const profileText = '{ "n" : 1, "x": {"n":3}, "n": 12345678901234567890, "user_id": "u1" }';
    expect(dataOf(buildMessage(input({ profileText, options })))).toBe(
      '{"n": 12345678901234567890,"user_id": "u1","segment_events":[]}',
    );
    expect(dataOf(buildMessage(input({ options: { ...options, exportFields: [] } })))).toBe(
      '{"segment_events":[]}',
    );
  });

  it('means what parse, change and stringify would give', () => {
    const names: fc.Arbitrary<string> = fc.constantFrom(
      'a',
      'b',
      'user_id',
      'segments_all',
      'segment_events',
      '__proto__',
      'é"\\',
    );
    const profiles = fc.array(fc.tuple(names, fc.jsonValue({ maxDepth: 2 })), { maxLength: 6 });
    fc.assert(
      fc.property(
        profiles,
        fc.option(fc.array(names, { maxLength: 4 })),
        fc.boolean(),
        (pairs, exportFields, all) => {
          const profileText = `{${pairs.map(([k, v]) => `${JSON.stringify(k)}: ${JSON.stringify(v)}`).join(', ')}}`;
          const segmentsAll = all ? ['s'] : undefined;
          const body = buildMessage(
            input({
              profileText,
              segmentsAll,
              options: { ...input().options, exportFields },
              changes: [change()],
            }),
          );
          const expected = new Map(Object.entries(JSON.parse(profileText) as Record<string, unknown>));
          for (const key of expected.keys())
            if (exportFields !== null && !exportFields.includes(key)) expected.delete(key);
          expected.delete('segment_events');
          expected.delete('segments_all');
          if (all) expected.set('segments_all', ['s']);
          expected.set('segment_events', JSON.parse(body).data.segment_events);
          const data = new Map(Object.entries(JSON.parse(body).data as Record<string, unknown>));
          expect(data).toEqual(expected);
          expect([...data.keys()].at(-1)).toBe('segment_events');
        },
      ),
    );
  });
});

describe('the events of a message', () => {
  const eventsOf = (changes: MessageChange[], timestyle: 'classic' | 'modern', at = AT) => {
    const body = buildMessage(
      input({ changes, at: instant(at), options: { ...input().options, timestyle } }),
    );
    return dataOf(body).slice(dataOf(body).indexOf('[') + 1, -2);
  };

  it('carry both times in the classic style, in the order of the sample', () => {
    expect(eventsOf([change({ event: 'exit', exit: instant(AT) })], 'classic')).toBe(
      `{"id":"d3d8f15855b6b067709577342fe72db9","event":"exit","enter":"${ENTERED}","exit":"${AT}","slug":"demo_segment"}`,
    );
    expect(eventsOf([change()], 'classic')).toContain('"exit":"2099-03-18T06:12:36.829070108Z"');
  });

  it('carry the time that applies in the modern style, and none for a field change', () => {
    expect(eventsOf([change()], 'modern')).toBe(
      `{"id":"d3d8f15855b6b067709577342fe72db9","event":"enter","slug":"demo_segment","enter":"${ENTERED}"}`,
    );
    expect(eventsOf([change({ event: 'exit' })], 'modern')).toMatch(
      /"slug":"demo_segment","exit":"2017-03-18T06[^"]*"}$/,
    );
    for (const style of ['classic', 'modern'] as const) {
      expect(eventsOf([change({ event: 'change' })], style)).toBe(
        '{"id":"d3d8f15855b6b067709577342fe72db9","event":"change","slug":"demo_segment"}',
      );
    }
  });

  it('leave out an enter that nobody knows', () => {
    expect(eventsOf([change({ event: 'exit', enter: null })], 'classic')).toBe(
      `{"id":"d3d8f15855b6b067709577342fe72db9","event":"exit","exit":"${AT}","slug":"demo_segment"}`,
    );
  });

  it('write "not left yet" as the same day in 2099, rolled over where 2099 has no such day', () => {
    expect(notLeftYet('2017-03-18T06:12:36.5-07:00')).toBe('2099-03-18T06:12:36.5-07:00');
    expect(notLeftYet('2020-02-29T23:59:59Z')).toBe('2099-03-01T23:59:59Z');
    expect(notLeftYet('2020-02-28T23:59:59Z')).toBe('2099-02-28T23:59:59Z');
  });

  it('are what a message of its own would have, whatever a writer wrote before', () => {
    const times = [AT, ENTERED, '2017-03-02T06:12:36.82907010Z', '2017-03-01T23:12:36.829070108-07:00'].map(
      instant,
    );
    const changes = fc.record({
      audienceHexId: fc.constantFrom('a1', 'b2'),
      // Mostly one name: another makes the writer begin anew.
      slug: fc.constantFrom('a', 'a', 'a', 'b'),
      event: fc.constantFrom('enter' as const, 'exit' as const, 'change' as const),
      enter: fc.constantFrom(null, ...times),
      exit: fc.constantFrom(null, null, null, ...times),
    });
    const message = fc.record({
      at: fc.constantFrom(...times),
      changes: fc.array(changes, { maxLength: 4 }),
    });
    fc.assert(
      fc.property(
        fc.constantFrom('classic' as const, 'modern' as const),
        fc.array(message, { maxLength: 20 }),
        (timestyle, messages) => {
          const writer = createEventWriter(timestyle);
          const options = { ...input().options, timestyle };
          for (const one of messages)
            expect(buildMessage(input({ ...one, options, writer }))).toBe(
              buildMessage(input({ ...one, options })),
            );
        },
      ),
      { numRuns: 1000 },
    );
  });

  it('stand in the order given', () => {
    const slugs = ['b', 'a', 'b'].map((slug) => change({ slug }));
    const body = buildMessage(input({ changes: slugs }));
    expect(JSON.parse(body).data.segment_events.map((e: { slug: string }) => e.slug)).toEqual([
      'b',
      'a',
      'b',
    ]);
  });
});

describe('the top-level id', () => {
  it('stands first, is an unsigned 64-bit decimal and the same for the same user', () => {
    const id = stableMessageId('u1');
    expect(buildMessage(input({ messageId: id }))).toMatch(new RegExp(`^\\{"id":"${id}","data":`));
    // The beginning of what `printf u1 | sha256sum` prints.
    expect(id).toBe(BigInt('0xbb82030dbc2bcaba').toString());
    expect(stableMessageId('u2')).not.toBe(id);
  });
});
