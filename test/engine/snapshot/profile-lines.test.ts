import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { segmentsOf } from '../../../main/engine/input/segments.ts';
import { scanObject } from '../../../main/engine/message/json-text.ts';
import { readProfileRecord } from '../../../main/engine/profile/record.ts';
import { loadAudiences } from '../../../main/engine/snapshot/audiences.ts';
import { createProfileLines } from '../../../main/engine/snapshot/profile-lines.ts';
import { openTestWorkspace } from './workspace.ts';

const { store, remove } = openTestWorkspace();
afterAll(remove);

/** What the reader of bytes makes of a line; undefined when it leaves it to the general one. */
function taken(line: string | Buffer): { userId: string; refs: string[] } | undefined {
  const audiences = loadAudiences(store.db);
  let found: { userId: string; refs: string[] } | undefined;
  const taker = createProfileLines('user_id', {
    audiences,
    sink: {
      profileBytes(bytes, keyStart, keyEnd, numbers) {
        const userId = bytes.toString('utf8', keyStart, keyEnd);
        found = { userId, refs: numbers.map((number) => audiences.all[number]?.slug ?? '') };
      },
    },
  });
  const bytes = Buffer.from(line);
  // Something always follows in a chunk, and something stands before.
  const chunk = Buffer.concat([Buffer.from('[1]\n'), bytes, Buffer.from('\n"}]')]);
  const place = { line: 1, column: 1, onReject: () => undefined };
  expect(taker.record(chunk, 4, 4 + bytes.length, place) === 'taken').toBe(found !== undefined);
  return found;
}

function general(line: string): { userId: string; refs: readonly string[] } | undefined {
  const record = readProfileRecord({ line: 1, column: 1, text: line }, 'user_id');
  if ('reason' in record || record.audiences === undefined) return undefined;
  return { userId: record.userId, refs: record.audiences };
}

const slug = fc.constantFrom('a', 'b/c', 'vip_customers', 'ö', 'at risk', '');
const profile = fc.record(
  {
    user_id: fc.oneof(fc.string(), fc.integer(), fc.constantFrom('u1', 'ü', 'a\\b', null)),
    segments: fc.oneof(
      fc.array(slug, { maxLength: 4 }),
      fc.dictionary(slug, fc.constantFrom(true, true, true, false, null)),
      fc.constantFrom(null, 'a', [1]),
    ),
    segments_all: fc.array(slug, { maxLength: 2 }),
    more: fc.jsonValue(),
    'a "quoted" name': fc.double(),
  },
  { requiredKeys: ['user_id', 'segments'] },
);

describe('lines of profiles, read as bytes', () => {
  it('are taken as the general reader takes them, or left to it', () => {
    fc.assert(
      fc.property(profile, fc.constantFrom(undefined, 1, '\t '), (value, space) => {
        const line = JSON.stringify(value, null, space).replaceAll('\n', ' ');
        const found = taken(line);
        if (found !== undefined) expect(found).toEqual(general(line));
      }),
      { numRuns: 3000 },
    );
  });

  it('are left to the general reader wherever it sees a fault', () => {
    fc.assert(
      fc.property(
        profile,
        fc.nat(),
        fc.integer({ min: 0, max: 255 }),
        fc.boolean(),
        (value, place, byte, cut) => {
          const bytes = Buffer.from(JSON.stringify(value));
          const at = place % bytes.length;
          const bad = cut ? bytes.subarray(0, at) : Buffer.from(bytes);
          if (!cut) bad[at] = byte;
          const found = taken(bad);
          if (found === undefined) return;
          expect(Buffer.from(bad.toString('utf8')).equals(bad)).toBe(true);
          expect(found).toEqual(general(bad.toString('utf8')));
        },
      ),
      { numRuns: 5000 },
    );
  });

  it.each([
    ['a list of audiences', '{"user_id":"u1","name":"Zoë","segments":["a","b/c"],"n":-1.5e+3}', ['a', 'b/c']],
    [
      'a map of audiences',
      '{"segments":{"a":true, "b/c" : true},"x":{"y":[[],{},null,false]},"user_id":"u1"}',
      ['a', 'b/c'],
    ],
    ['one twice', '{"user_id":"u1","segments":["a","b/c","a"]}', ['a', 'b/c']],
    ['none', '{ "user_id" : "u1" , "segments" : [ ] , "text" : "a \\"b\\" \\u00e9 \\n" }', []],
  ])('are taken with %s', (_, line, refs) => {
    expect(taken(line)).toEqual({ userId: 'u1', refs });
    expect(segmentsOf(scanObject(line))).toMatchObject({ refs });
  });

  it('with a number as key keep its digits', () => {
    expect(taken('{"user_id":90071992547409931234,"segments":["a"]}')?.userId).toBe('90071992547409931234');
  });

  it.each([
    ['the key twice', '{"user_id":"u1","user_id":"u2","segments":["a"]}'],
    ['an escaped key', '{"user_id":"u\\u0031","segments":["a"]}'],
    ['an escaped name of a field', '{"user_id":"u1","segments":["a"],"\\u0075ser_id":"u2"}'],
    ['no audiences', '{"user_id":"u1"}'],
    ['a comma too many', '{"user_id":"u1","segments":["a",]}'],
    ['a raw tab in a text', '{"user_id":"u1","segments":["a"],"x":"\t"}'],
    ['a number with a leading zero', '{"user_id":"u1","segments":["a"],"x":01}'],
    ['text behind it', '{"user_id":"u1","segments":["a"]} x'],
    ['very deep nesting', `{"user_id":"u1","segments":["a"],"x":${'['.repeat(100)}${']'.repeat(100)}}`],
  ])('are left alone with %s', (_, line) => {
    expect(taken(line)).toBeUndefined();
  });
});
