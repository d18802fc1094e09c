import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRecordLines, type RecordPlace } from '../../../main/engine/input/records.ts';
import type { Reject } from '../../../main/engine/input/reject.ts';
import { createPackWriter } from '../../../main/engine/profile/body-pack.ts';
import { CheckedRecord, KnownProfiles } from '../../../main/engine/profile/checked-record.ts';
import type { KnownBodies } from '../../../main/engine/profile/known-bodies.ts';
import { PackedProfiles } from '../../../main/engine/profile/packed-profiles.ts';
import { readProfileRecord } from '../../../main/engine/profile/record.ts';
import {
  createSources,
  type LooseSource,
  namingAudiences,
  type Source,
} from '../../../main/engine/profile/sources.ts';
import { murmur } from './murmur.ts';

/** Reads NDJSON in pieces of the given sizes, each in memory that is used again. */
function read(
  text: string | Buffer,
  {
    sizes = [],
    maxBytes,
    known,
    areNew = false,
  }: { sizes?: readonly number[]; maxBytes?: number; known?: KnownBodies; areNew?: boolean } = {},
): { sources: Source[]; rejects: Reject[] } {
  const bytes = Buffer.from(text);
  const sources: Source[] = [];
  const rejects: Reject[] = [];
  const { taker, expect } = createSources('user_id');
  expect({ known, areNew: () => areNew });
  const scanner = createRecordLines(taker, {
    maxBytes,
    onReject: (reject) => rejects.push(reject),
    add: (source) => source !== undefined && sources.push(source),
  });
  for (let at = 0, turn = 0; at < bytes.length; turn += 1) {
    const size = sizes.length === 0 ? bytes.length : (sizes[turn % sizes.length] ?? 1);
    const piece = Buffer.from(bytes.subarray(at, at + size));
    scanner.push(piece);
    piece.fill(0x22);
    at += size;
  }
  scanner.end();
  return { sources, rejects };
}

/** What a source says, once the general reader has read it too where it has to; null for one that it rejects. */
function told(source: LooseSource): object | null {
  if (source instanceof KnownProfiles) return { known: source.count };
  const record = source instanceof CheckedRecord ? source : readProfileRecord(source, 'user_id');
  if ('reason' in record) return null;
  const { line, column } = source;
  const { userId, text, audiences } = record;
  // The hash of a record that is not checked yet has no bit for the audiences.
  const hash = audiences !== undefined && source !== record ? namingAudiences(source.hash) : source.hash;
  return { line, column, hash, userId, text, audiences };
}

/** The same of sources that may be packed. */
function toldOfAll(sources: readonly Source[]): (object | null)[] {
  return sources.flatMap((source) =>
    source instanceof PackedProfiles ? [...source.records()].map(told) : [told(source)],
  );
}

const place: RecordPlace = { line: 7, column: 3, onReject: () => undefined };
const isLine = (line: string) => /[^ \t\r]/.test(line);

/** The same of a text, by its lines. */
function toldOfLines(text: string): (object | null)[] {
  const told: (object | null)[] = [];
  for (const [n, whole] of text.split('\n').entries()) {
    const line = whole.endsWith('\r') ? whole.slice(0, -1) : whole;
    if (!isLine(line)) continue;
    const record = readProfileRecord({ line: n + 1, column: 1, text: line }, 'user_id');
    if ('reason' in record) {
      told.push(null);
      continue;
    }
    const { userId, text: own, audiences } = record;
    const isWhole = line.startsWith('{') && line.endsWith('}');
    const hash = isWhole ? murmur(Buffer.from(line), 'user_id') : undefined;
    told.push({
      line: n + 1,
      column: 1,
      hash: audiences === undefined ? hash : namingAudiences(hash),
      userId,
      text: own,
      audiences,
    });
  }
  return told;
}

interface PackTexts {
  places: string;
  bodies: string;
}

function packsOf(packed: PackedProfiles): PackTexts[] {
  return [...packed.packs()].map(({ places, bodies }) => ({ places, bodies: bodies.toString() }));
}

/** The packs of the same profiles, which a writer makes. */
function packsOneByOne(packed: PackedProfiles): PackTexts[] {
  const packs: PackTexts[] = [];
  const writer = createPackWriter(({ places, bodies }) => packs.push({ places, bodies: bodies.toString() }));
  let id = 1;
  for (const record of packed.records()) {
    writer.add(id, record);
    id += 1;
  }
  writer.finish();
  return packs;
}

const pieces = fc.array(fc.integer({ min: 1, max: 90 }), { maxLength: 4 });
const slug = fc.constantFrom(
  'a',
  'a',
  'b/c',
  'vip_customers',
  'ö',
  ' a',
  '',
  'x'.repeat(120),
  'y'.repeat(300),
);
const space = fc.constantFrom('', '', '', ' ', '\t', ' \t ');
const scalar = fc.oneof(
  fc.constantFrom(
    'true',
    'false',
    'null',
    '0',
    '-0',
    '-1.5e+3',
    '1E9',
    '""',
    '"\\""',
    '"\\\\"',
    '"\\u00e9"',
    '{}',
    '[]',
  ),
  fc.string({ maxLength: 40 }).map((text) => JSON.stringify(text)),
  fc.string({ unit: 'binary', maxLength: 20 }).map((text) => JSON.stringify(text)),
  fc.double({ noNaN: true }).map((number) => JSON.stringify(number)),
  fc.jsonValue().map((value) => JSON.stringify(value)),
  // What JSON is not.
  fc.constantFrom(
    '01',
    '1.',
    '.5',
    '-',
    '+1',
    '1e',
    'tru',
    'nul',
    'falsy',
    '"',
    '"\\x"',
    '"\\u12g4"',
    "'a'",
    ']',
    '}',
    '',
  ),
);
const names = fc.oneof(
  fc.array(slug, { maxLength: 4 }).map((list) => JSON.stringify(list)),
  fc.array(fc.nat(30).map(String), { minLength: 17, maxLength: 40 }).map((list) => JSON.stringify(list)),
  fc
    .dictionary(slug, fc.constantFrom(true, true, true, false, null), { maxKeys: 3 })
    .map((map) => JSON.stringify(map)),
  scalar,
);
const key = fc.oneof(
  fc.constantFrom(
    '"u1"',
    '"ü"',
    '""',
    '"u\\u0031"',
    '90071992547409931234',
    '-1',
    'null',
    `"${'k'.repeat(1030)}"`,
  ),
  fc.string({ minLength: 1, maxLength: 20 }).map((text) => JSON.stringify(text)),
);
const member = fc.oneof(
  { weight: 3, arbitrary: fc.tuple(fc.constant('"user_id"'), key) },
  {
    weight: 2,
    arbitrary: fc.tuple(fc.constantFrom('"segments"', '"segments_all"', '"segment\\u0073"'), names),
  },
  {
    weight: 3,
    arbitrary: fc.tuple(
      fc.string({ maxLength: 12 }).map((text) => JSON.stringify(text)),
      scalar,
    ),
  },
);
/** Objects that are mostly right, with white space anywhere. */
const line = fc
  .tuple(fc.array(fc.tuple(member, space, space, space), { minLength: 1, maxLength: 6 }), space, space)
  .map(([members, before, behind]) => {
    const texts = members.map(([[name, value], a, b, c]) => `${a}${name}${b}:${c}${value}${a}`);
    return `${before}{${texts.join(',')}}${behind}`;
  });

describe('records of profiles, read as bytes', () => {
  it('say what the general reader says of each line, however the file is cut', () => {
    const ends = fc.constantFrom('\n', '\n', '\r\n', '\n\n', '\n \t\r\n');
    fc.assert(
      fc.property(
        fc.array(fc.tuple(line, ends), { maxLength: 12 }),
        fc.boolean(),
        pieces,
        (lines, isWhole, sizes) => {
          const text = lines.map(([one, end]) => one + end).join('');
          const cut = isWhole ? text : text.trimEnd();
          const { sources, rejects } = read(cut, { sizes });
          expect(toldOfAll(sources)).toEqual(toldOfLines(cut));
          expect(rejects).toEqual([]);
        },
      ),
      { numRuns: 3000 },
    );
  });

  it('are taken by no fault that the general reader sees, at any byte', () => {
    fc.assert(
      fc.property(
        line,
        fc.nat(),
        fc.integer({ min: 0, max: 255 }),
        fc.boolean(),
        (good, place, byte, isCut) => {
          const bytes = Buffer.from(good);
          const at = place % bytes.length;
          const bad = isCut ? bytes.subarray(0, at) : Buffer.from(bytes);
          if (!isCut) bad[at] = byte;
          const text = bad.toString();
          const { sources, rejects } = read(bad);
          if (Buffer.from(text).equals(bad)) expect(toldOfAll(sources)).toEqual(toldOfLines(text));
          else expect(rejects.length).toBeGreaterThan(0);
        },
      ),
      { numRuns: 5000 },
    );
  });

  it('are taken when nothing is unusual, and keep their bytes', () => {
    const lines = Array.from({ length: 3000 }, (_, n) =>
      JSON.stringify({ user_id: `u${n}`, name: n % 3 ? 'Ann' : 'Zoë', segments: n % 2 ? ['a', 'ö'] : {} }),
    );
    const { sources } = read(lines.join('\n'), { sizes: [50_000] });
    expect(sources.every((source) => source instanceof CheckedRecord)).toBe(true);
    const records = sources as CheckedRecord[];
    expect(records.map(({ text }) => text)).toEqual(lines);
    expect(records.map(({ bytes, start, end }) => bytes.toString('utf8', start, end))).toEqual(lines);
  });

  it('say the same where they are packed, each pack as it would be made of them one by one', () => {
    const met = { packed: 0, loose: 0 };
    const plainKey = fc.constantFrom('u', 'ü-', 'k'.repeat(300), '😀');
    const text = fc.oneof(
      { weight: 20, arbitrary: fc.string({ unit: 'binary', maxLength: 400 }) },
      { weight: 1, arbitrary: fc.constant('y'.repeat(7900)) },
    );
    const users = fc.array(fc.tuple(plainKey, text), { minLength: 1, maxLength: 12 });
    const sizes = fc.array(fc.integer({ min: 30_000, max: 120_000 }), { minLength: 1, maxLength: 3 });
    fc.assert(
      fc.property(users, fc.option(line), sizes, (all, odd, pieceSizes) => {
        const lines: string[] = [];
        for (let bytes = 0; bytes < 150_000; bytes += Buffer.byteLength(lines.at(-1) ?? '')) {
          const [userKey, value] = all[lines.length % all.length] ?? ['', ''];
          lines.push(JSON.stringify({ user_id: userKey + lines.length, value }));
        }
        if (odd !== null) lines.splice(lines.length / 3, 0, odd);
        const file = `${lines.join('\n')}\n`;
        const { sources } = read(file, { sizes: pieceSizes, areNew: true });
        expect(toldOfAll(sources)).toEqual(toldOfLines(file));
        const packed = sources.filter((source) => source instanceof PackedProfiles);
        met.packed += packed.length;
        met.loose += sources.length - packed.length;
        for (const one of packed) expect(packsOf(one)).toEqual(packsOneByOne(one));
      }),
      { numRuns: 200 },
    );
    expect(Math.min(...Object.values(met)), JSON.stringify(met)).toBeGreaterThan(0);
  });

  it('are packed where they fill some packs, whatever else is in the file', () => {
    const blank = `${' '.repeat(100_000)}\n`;
    const lines = (count: number) => `{"user_id":"u1","x":"${'x'.repeat(476)}"}\n`.repeat(count);
    const kindsOf = (text: string) =>
      read(text, { areNew: true }).sources.map((source) => source.constructor);
    expect(new Set(kindsOf(blank + lines(80)))).toEqual(new Set([CheckedRecord]));
    expect(kindsOf(blank + lines(110))).toEqual([PackedProfiles]);
  });

  it('are taken or left by the grammar of JSON, each character and bracket', () => {
    const { taker } = createSources('user_id');
    const isTaken = (value: string) => {
      const bytes = Buffer.from(recordOf(value).text);
      return taker.record(bytes, 0, bytes.length, place) instanceof CheckedRecord;
    };
    const isJson = (value: string) => !('reason' in readProfileRecord(recordOf(value), 'user_id'));
    const recordOf = (value: string) => ({ line: 1, column: 1, text: `{"user_id":"u1","x":${value}}` });
    for (let code = 0; code < 0x180; code += 1) {
      const character = String.fromCharCode(code);
      if (character === '\n') continue;
      for (const value of [
        `"${character}"`,
        `"${'-'.repeat(14)}${character}"`,
        `"\\${character}"`,
        `"\\u000${character}"`,
        `1${character}`,
        `[0${character}1]`,
      ])
        expect([value, isTaken(value)]).toEqual([value, isJson(value)]);
    }
    const brackets = ['[', ']', '{', '}', '{"a":', ',', '1', '"b":'];
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...brackets), { maxLength: 7 }), (parts) => {
        expect(isTaken(parts.join(''))).toBe(isJson(parts.join('')));
      }),
      { numRuns: 5000, examples: [[['[', '1', '}']], [['{"a":', '1', ']']], [['{"a":', '[', ']', '}']]] },
    );
    const nested = (depth: number) => `${'{"a":['.repeat(depth / 2)}1${']}'.repeat(depth / 2)}`;
    expect([64, 66].map((depth) => isTaken(nested(depth)))).toEqual([true, false]);
  });

  it('that are known stand for their profiles, and the bytes of the others are their own', () => {
    const lines = Array.from(
      { length: 2000 },
      (_, n) => `{"user_id":"u${n}","text":"${'x'.repeat(n % 50)}"}`,
    );
    const ids = new Map(
      lines.flatMap((text, n) => (n % 10 === 3 ? [] : [[String(murmur(Buffer.from(text), 'user_id').b), n]])),
    );
    const { sources } = read(`${lines.join('\n')}\n`, {
      sizes: [10_000],
      known: { find: ({ b }) => ids.get(String(b)) },
    });
    let n = 0;
    for (const source of sources) {
      const isKnown = source instanceof KnownProfiles;
      if (isKnown) expect(source.first).toBe(n);
      else expect(source).toMatchObject({ userId: `u${n}`, line: n + 1, text: lines[n] });
      expect(isKnown).toBe(n % 10 !== 3);
      n += isKnown ? source.count : 1;
    }
    expect(n).toBe(lines.length);
    // In runs, which end where a piece of the file does.
    expect(sources.length).toBeLessThan(lines.length / 4);
  });

  it('over the cap are rejected, also in one piece with others', () => {
    const long = `{"user_id":"u2","text":"${'x'.repeat(100)}"}`;
    const { sources, rejects } = read(`{"user_id":"u1"}\n${long}\n\n{"user_id":"u3"}\n`, { maxBytes: 60 });
    expect(toldOfAll(sources)).toMatchObject([{ line: 1 }, { line: 4 }]);
    expect(rejects).toMatchObject([{ line: 2, column: 1, reason: 'The line is longer than 60 bytes' }]);
  });

  it('that are elements of an array end where they end', () => {
    const { taker } = createSources('user_id');
    const bytes = Buffer.from('[{"user_id":\n"u1"},"}]');
    const record = taker.record(bytes, 1, 18, place);
    expect(record).toBeInstanceOf(CheckedRecord);
    expect(record).toMatchObject({ line: 7, column: 3, userId: 'u1', text: '{"user_id":\n"u1"}' });
    for (let end = 2; end < 18; end += 1)
      expect(taker.record(bytes, 1, end, place)).not.toBeInstanceOf(CheckedRecord);
  });
});
