import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SegueError } from '../../../main/engine/core/errors.ts';
import {
  appendMember,
  checkJson,
  findMember,
  membersOf,
  mergeObjectText,
  removeMembers,
  replaceMember,
  scanObject,
  scanStored,
  valueText,
} from '../../../main/engine/message/json-text.ts';

/** Writes a value as JSON with random white space. */
function spellings(value: unknown): fc.Arbitrary<string> {
  return fc.infiniteStream(fc.nat(9)).map((stream) => {
    const next = () => Number(stream.next().value);
    const space = () => [' ', '\n', '\t ', '\r\n'][next()] ?? '';
    const write = (v: unknown): string => {
      if (Array.isArray(v)) return `[${space()}${v.map((e) => write(e) + space()).join(`,${space()}`)}]`;
      if (typeof v !== 'object' || v === null) return JSON.stringify(v);
      const members = Object.entries(v).map(
        ([k, e]) => `${JSON.stringify(k)}${space()}:${space()}${write(e)}${space()}`,
      );
      return `{${space()}${members.join(`,${space()}`)}}`;
    };
    return `${space()}${write(value)}${space()}`;
  });
}

const KEYS = [
  'a',
  'user_id',
  '__proto__',
  'segment_events',
  '',
  '1',
  'ключ',
  'with"quote',
  'back\\slash',
  'trailing\\',
  '😀',
];
const keys = fc.constantFrom(...KEYS);
/** A list of pairs, so that a key can come twice. */
const pairs = fc.array(fc.tuple(keys, fc.jsonValue({ maxDepth: 3 })), { maxLength: 8 });

/** An object's text from pairs, each key spelled plainly or with its first character escaped. */
const objectTexts = pairs.chain((list) =>
  fc
    .tuple(
      ...list.map(([key, value]) =>
        fc
          .tuple(fc.boolean(), spellings(value))
          .map(([esc, text]) => `${quoted(key, esc)}${text.startsWith(' ') ? ' ' : ''}:${text}`),
      ),
    )
    .chain((members) =>
      fc.constantFrom('', ' ', '\n  ').map((s) => `${s}{${s}${members.join(`,${s}`)}${s}}${s}`),
    ),
);

function quoted(key: string, withEscape: boolean): string {
  const first = key.charCodeAt(0);
  if (!withEscape || key === '' || (first >= 0xd800 && first < 0xe000)) return JSON.stringify(key);
  return `"\\u${first.toString(16).padStart(4, '0')}${JSON.stringify(key.slice(1)).slice(1)}`;
}

/** JSON.parse with `__proto__` and order made visible. */
const meaning = (text: string) => new Map(Object.entries(JSON.parse(text) as Record<string, unknown>));

describe('scanning an object', () => {
  it('finds what JSON.parse finds, the last of duplicates, under unescaped keys', () => {
    fc.assert(
      fc.property(objectTexts, (text) => {
        const object = scanObject(text);
        const expected = meaning(text);
        expect(new Set(membersOf(object).map(({ key }) => key))).toEqual(new Set(expected.keys()));
        for (const [key, value] of expected) {
          expect(JSON.parse(valueText(object, key) ?? 'missing')).toEqual(value);
        }
      }),
    );
  });

  it('finds the same in a stored text without checking it, and survives one that is broken', () => {
    fc.assert(
      fc.property(objectTexts, (text) => {
        expect(scanStored(text)).toEqual(scanObject(text));
      }),
    );
    for (const broken of [
      '',
      '{',
      '{"a',
      '{"a\\"',
      '{"a":',
      '{"a":[',
      '{"a":"x',
      '{"a":1',
      '{"a":{"b"',
      'null',
      '[]',
    ]) {
      expect(() => scanStored(broken)).not.toThrow();
    }
  });

  it('takes and refuses exactly the texts that JSON.parse does', () => {
    const pieces = [
      '{',
      '}',
      '[',
      ']',
      ',',
      ':',
      '"',
      '"a"',
      '0',
      '-',
      '1.5e+3',
      '01',
      '.',
      'e',
      'true',
      'nul',
      'null',
      '\\',
      '\\u00',
      ' ',
      '\n',
      '\u0001',
      '\ud800',
      'é',
    ];
    const nearly = fc.oneof(
      fc.array(fc.constantFrom(...pieces), { maxLength: 12 }).map((list) => list.join('')),
      fc
        .tuple(objectTexts, fc.nat(200), fc.constantFrom(...pieces))
        .map(([text, at, piece]) => text.slice(0, at) + piece + text.slice(at + 1)),
    );
    fc.assert(
      fc.property(nearly, (text) => {
        let good = true;
        try {
          JSON.parse(text);
        } catch {
          good = false;
        }
        if (good) expect(() => checkJson(text)).not.toThrow();
        else expect(() => checkJson(text)).toThrow(SegueError);
      }),
      { numRuns: 2000 },
    );
  });

  it('says where a text is broken', () => {
    expect(() => scanObject('{"a": 1,\n  "b": tru}')).toThrowError(
      expect.objectContaining({
        code: 'INVALID_INPUT',
        detail: { offset: 16, line: 2, column: 8, expected: 'a value' },
      }),
    );
    expect(() => scanObject('[1]')).toThrowError(/line 1, column 1: expected "\{", found "\["/);
    expect(() => scanObject('{"a":1} x')).toThrowError(/column 9: expected the end/);
    expect(() => scanObject('{"a":"x')).toThrowError(
      /column 8: expected the end of a string, found the text ends/,
    );
  });

  it('survives nesting deeper than the call stack', () => {
    const deep = `{"a":${'['.repeat(200_000)}${']'.repeat(200_000)}}`;
    expect(membersOf(scanObject(deep))).toHaveLength(1);
    expect(() => scanObject(`{"a":${'['.repeat(200_000)}`)).toThrow(SegueError);
  });
});

describe('splicing', () => {
  it('merges as an object would, and leaves the rest of the bytes', () => {
    fc.assert(
      fc.property(objectTexts, objectTexts, (present, update) => {
        const merged = mergeObjectText(present, update);
        const expected = new Map([...meaning(present), ...meaning(update)]);
        expect(meaning(merged)).toEqual(expected);
        const before = scanObject(present);
        const after = scanObject(merged);
        const changed = new Set(meaning(update).keys());
        for (const [n, member] of membersOf(before).entries()) {
          if (changed.has(member.key)) continue;
          const same = membersOf(after)[n];
          expect(merged.slice(same?.keyStart, same?.valueEnd)).toBe(
            present.slice(member.keyStart, member.valueEnd),
          );
        }
      }),
    );
  });

  it('replaces, appends and removes as an object would', () => {
    fc.assert(
      fc.property(objectTexts, keys, fc.jsonValue(), (text, key, value) => {
        const object = scanObject(text);
        const written = JSON.stringify(value);
        expect(meaning(replaceMember(object, key, written))).toEqual(
          new Map([...meaning(text), [key, JSON.parse(written)]]),
        );
        expect(meaning(appendMember(object, key, written)).get(key)).toEqual(JSON.parse(written));
        const without = meaning(text);
        without.delete(key);
        const removed = removeMembers(object, new Set([key]));
        expect(meaning(removed)).toEqual(without);
        expect(findMember(scanObject(removed), key)).toBeUndefined();
      }),
    );
  });

  it('keeps big numbers, order and white space', () => {
    expect(
      mergeObjectText(
        '{\n  "n": 12345678901234567890.10,\n  "user\\u005fid": "x"\n}',
        '{"user_id":"y","z":1e400}',
      ),
    ).toBe('{\n  "n": 12345678901234567890.10,\n  "user\\u005fid": "y","z":1e400\n}');
    expect(mergeObjectText('{}', '{"a":1}')).toBe('{"a":1}');
    expect(mergeObjectText(' { } ', '{}')).toBe(' { } ');
    expect(removeMembers(scanObject('{ "a":1, "b":2 , "c":3 }'), new Set(['a', 'c']))).toBe('{ "b":2 }');
    expect(removeMembers(scanObject('{ "a":1 }'), new Set(['a']))).toBe('{}');
  });

  it('treats __proto__ as a plain key', () => {
    const merged = mergeObjectText('{"__proto__":1}', '{"__proto__":{"polluted":true}}');
    expect(merged).toBe('{"__proto__":{"polluted":true}}');
    expect(valueText(scanObject(merged), '__proto__')).toBe('{"polluted":true}');
  });
});
