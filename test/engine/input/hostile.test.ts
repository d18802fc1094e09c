import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Engine, openEngine } from '../../../main/engine/engine.ts';
import type { ImportResult } from '../../../preload/contract/profile.ts';

/**
 * Hostile files through the calls that the window and the command line make. Each row says what the file is, and how the
 * import must end: refused with a code and a sentence, or taken with each bad line in the report. Afterwards the store is
 * whole, and what was in it before is still there.
 */

const MIB = 1024 * 1024;
const DEEP = 10_000;
type Kind = 'profiles' | 'snapshot' | 'archive' | 'audiences';
type Content = string | Uint8Array | (() => string | Uint8Array);

let dir: string;
let engine: Engine;
let day = 0;

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'segue-hostile-'));
  engine = await openEngine({ dir: join(dir, 'ws'), assetsDir: '', clock: () => Date.UTC(2026, 10, 23) });
  day = 0;
  await importFile(
    'profiles',
    'before.ndjson',
    '{"user_id":"before","n":9007199254740993,"segments":["kept"]}\n',
  );
});
afterEach(async () => {
  const { checks } = await engine.call('workspace.doctor', {});
  expect(checks.find(({ name }) => name === 'Integrity')).toMatchObject({ ok: true, value: 'ok' });
  expect((await engine.call('profile.show', { userId: 'before' })).text).toBe(
    '{"user_id":"before","n":9007199254740993,"segments":["kept"]}',
  );
  expect(Object.keys(Object.prototype)).toEqual([]);
  await engine.close();
  rmSync(dir, { recursive: true, force: true });
});

async function importFile(kind: Kind, name: string, content: Content): Promise<ImportResult> {
  const path = join(dir, name);
  writeFileSync(path, typeof content === 'function' ? content() : content);
  day += 1;
  const at = new Date(Date.UTC(2026, 9, day)).toISOString();
  switch (kind) {
    case 'profiles':
      return engine.call('profile.import', { path });
    case 'snapshot':
      return engine.call('snapshot.import', { path, at, partial: true });
    case 'archive':
      return engine.call('history.import', { path });
    case 'audiences':
      return engine.call('audience.import', { path }).then(() => {
        throw new Error('an audience file is refused as a whole or taken');
      });
  }
}

function rejectsOf({ rejectFile }: ImportResult): [number, number, string][] {
  if (rejectFile === null) return [];
  return readFileSync(rejectFile, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { line: number; column: number; reason: string })
    .map(({ line, column, reason }) => [line, column, reason]);
}

const profile = (members: string) => `{"user_id":"u1","segments":["vip"],${members}}\n`;
const GOOD = '{"user_id":"good","segments":["vip"]}\n';
const event = (slug: string) => `{"id":"a1","event":"enter","slug":"${slug}","enter":"2020-01-01T00:00:00Z"}`;
const message = (slug: string, more = '') =>
  `{"data":{"user_id":"u1","segment_events":[${event(slug)}]${more}},"meta":{"timestamp":"2020-01-01T00:00:00Z"}}\n`;
const latin1 = (text: string) => Buffer.from(text, 'latin1');
const million = () => Array.from({ length: 1_000_000 }, (_, i) => `c${i}`).join(',');
const whole = Array.from({ length: 2000 }, (_, i) => `{"user_id":"u${(i * 7919) % 2000}"}\n`).join('');

// biome-ignore format: one file a line
const REFUSED: [string, Kind, string, Content, string, RegExp][] = [
  ['gzip that is cut off', 'profiles', 'a.ndjson.gz', gzipSync(whole).subarray(0, 90), 'FILE_FORMAT', /cut off: its gzip data ends .* fetch the file again/],
  ['zstd that is cut off', 'profiles', 'a.ndjson.zst', zstdCompressSync(Buffer.from(whole)).subarray(0, -20), 'FILE_FORMAT', /zstd data ends .* fetch the file again/],
  ['gzip that is cut off', 'snapshot', 'a.ndjson.gz', gzipSync(whole).subarray(0, 90), 'FILE_FORMAT', /cut off/],
  ['gzip that is cut off', 'archive', 'a.ndjson.gz', gzipSync(message('vip').repeat(2000)).subarray(0, 90), 'FILE_FORMAT', /cut off/],
  ['a second zstd frame that is cut off', 'profiles', 'a.zst', () => { const b = zstdCompressSync(Buffer.from(whole)); return Buffer.concat([b, b.subarray(0, -20)]); }, 'FILE_FORMAT', /cut off/],
  ['text behind zstd', 'profiles', 'a.zst', () => Buffer.concat([zstdCompressSync(Buffer.from(whole)), Buffer.from(GOOD)]), 'FILE_FORMAT', /damaged/],
  ['gzip with a flipped bit', 'profiles', 'a.gz', () => { const b = gzipSync(whole); b[b.length - 6] = (b[b.length - 6] ?? 0) ^ 1; return b; }, 'FILE_FORMAT', /damaged/],
  ['a JSON array that is cut off', 'profiles', 'a.json', `[${GOOD},${GOOD}`, 'FILE_FORMAT', /the array is not closed, the file seems to be cut off/],
  ['a CSV header of a million columns', 'profiles', 'a.csv', () => `user_id,segment,${million()}\nu,v\n`, 'FILE_FORMAT', /line 1, column \d+: the CSV header cannot be read\. The row has more than 4096 columns/],
  ['a CSV header of a million columns', 'snapshot', 'a.csv', () => `user_id,segment,${million()}\nu,v\n`, 'FILE_FORMAT', /line 1, column \d+: the CSV header cannot be read/],
  ['a CSV header that is not UTF-8', 'profiles', 'a.csv', latin1('user_id,n\xe4me\nu,v\n'), 'FILE_FORMAT', /line 1, column \d+: the CSV header cannot be read\. The bytes are not valid UTF-8/],
  ['an object over many lines', 'profiles', 'a.json', JSON.stringify({ user_id: 'u1', name: 'Ann' }, null, 2), 'FILE_FORMAT', /a JSON object over many lines\. Write each object on a line of its own \(jq -c/],
  ['an object over many lines', 'snapshot', 'a.json', '\n{\r\n"user_id": "u1", "segments": []\r\n}', 'FILE_FORMAT', /a JSON object over many lines/],
  ['CSV whose lines end in CR alone', 'profiles', 'a.csv', 'user_id,name\ru1,Ann\ru2,Bo\r', 'FILE_FORMAT', /end in CR alone, expected LF or CR LF/],
  ['CSV whose lines end in CR alone', 'snapshot', 'a.csv', 'user_id,segment\ru1,vip\ru2,vip\r', 'FILE_FORMAT', /end in CR alone/],
  ['CSV with a column twice', 'profiles', 'a.csv', 'user_id,a,a\nu1,2,3\n', 'FILE_FORMAT', /the column "a" twice/],
  ['an empty file', 'snapshot', 'a.csv', '', 'FILE_FORMAT', /its first line is empty/],
  ['a byte order mark alone', 'profiles', 'a.csv', '\ufeff', 'FILE_FORMAT', /its first line is empty/],
  ['UTF-16', 'profiles', 'a.csv', Buffer.from('\ufeffuser_id,a\nu1,2\n', 'utf16le'), 'FILE_FORMAT', /UTF-16 text\. Save it as UTF-8/],
  ['more audiences than a workspace holds', 'snapshot', 'a.csv', () => `user_id,segment\n${Array.from({ length: 66_000 }, (_, i) => `u1,a${i}`).join('\n')}`, 'LIMIT_EXCEEDED', /65535/],
  ['definitions 10,000 levels deep', 'audiences', 'a.json', '['.repeat(DEEP) + ']'.repeat(DEEP), 'FILE_FORMAT', /line 1, column 2/],
  ['a definition that is not UTF-8', 'audiences', 'a.json', latin1('[{"slug":"a\xff"}]'), 'FILE_FORMAT', /line 1, column 12: The bytes are not valid UTF-8/],
  ['a definition whose slug is half a character', 'audiences', 'a.json', '[{"slug":"a\\ud800"}]', 'FILE_FORMAT', /line 1, column 2: "slug": The audience "a\\ud800" holds half a character/],
];

// biome-ignore format: one file a line
const REJECTED: [string, Kind, string, Content, number, [number, number, RegExp][]][] = [
  ['a line of 100 MB', 'profiles', 'a.ndjson', () => profile(`"x":"${'a'.repeat(100 * MIB)}"`) + GOOD, 1, [[1, 1, /longer than 67108864 bytes/]]],
  ['a line of 100 MB', 'snapshot', 'a.ndjson', () => profile(`"x":"${'a'.repeat(100 * MIB)}"`) + GOOD, 1, [[1, 1, /longer than 67108864 bytes/]]],
  ['a line of 100 MB', 'archive', 'a.ndjson', () => message('vip', `,"x":"${'a'.repeat(100 * MIB)}"`) + message('vip'), 1, [[1, 1, /longer than 67108864 bytes/]]],
  ['a cell of 100 MB', 'snapshot', 'a.csv', () => `user_id,segment\n${'a'.repeat(100 * MIB)},vip\ngood,vip\n`, 1, [[2, 1, /longer than 67108864 bytes/]]],
  ['a row of a million columns', 'profiles', 'a.csv', () => `user_id,segments\nu1,${million()}\ngood,vip\n`, 1, [[2, expect.any(Number), /more than 4096 columns/]]],
  ['a row of a million columns', 'snapshot', 'a.csv', () => `user_id,segment\nu1,${million()}\ngood,vip\n`, 1, [[2, expect.any(Number), /more than 4096 columns/]]],
  ['bytes that are not UTF-8', 'profiles', 'a.ndjson', latin1(`{"user_id":"a\xff"}\n${GOOD}`), 1, [[1, 14, /not valid UTF-8/]]],
  ['bytes that are not UTF-8', 'snapshot', 'a.ndjson', latin1(`{"user_id":"a\xff"}\n${GOOD}`), 1, [[1, 14, /not valid UTF-8/]]],
  ['bytes that are not UTF-8', 'archive', 'a.ndjson', latin1(`{"user_id":"a\xff"}\n${message('vip')}`), 1, [[1, 14, /not valid UTF-8/]]],
  ['NUL bytes', 'profiles', 'a.ndjson', `{"user_id":"n\0"}\n\0\0\0\n{"user_id":"n\\u0000"}\n${GOOD}`, 1, [[1, 14, /no raw control character/], [2, 1, /expected "{"/], [3, 12, /NUL/]]],
  ['NUL bytes', 'snapshot', 'a.csv', 'user_id,segment\nn\0,vip\nu1,v\0ip\ngood,vip\n', 1, [[2, 2, /NUL/], [3, 5, /NUL/]]],
  ['nesting that never closes', 'profiles', 'a.ndjson', `{"user_id":"d","x":${'['.repeat(DEEP)}\n${GOOD}`, 1, [[1, DEEP + 20, /expected a value/]]],
  ['nesting that never closes', 'archive', 'a.ndjson', `{"data":${'['.repeat(DEEP)}\n${message('vip')}`, 1, [[1, DEEP + 9, /expected a value/]]],
  ['half a character as the key', 'profiles', 'a.ndjson', `{"user_id":"\\ud800"}\n${GOOD}`, 1, [[1, 12, /half a character/]]],
  ['half a character as an audience', 'profiles', 'a.ndjson', `{"user_id":"u1","segments":["\\udc00"]}\n${GOOD}`, 1, [[1, 29, /The audience "\\udc00" holds half a character/]]],
  ['half a character as an audience', 'snapshot', 'a.ndjson', `{"user_id":"u1","segments":["\\udc00"]}\n{"user_id":"u2","segment":"\\ud800"}\n${GOOD}`, 1, [[1, 29, /half a character/], [2, 1, /half a character/]]],
  ['half a character as an audience', 'archive', 'a.ndjson', message('\\udc00') + message('vip'), 1, [[1, 43, /half a character/]]],
  ['an audience with a control character', 'profiles', 'a.ndjson', `{"user_id":"u1","segments":["v\\u0000"]}\n${GOOD}`, 1, [[1, 29, /control character/]]],
  ['a key only under __proto__', 'profiles', 'a.ndjson', `{"__proto__":{"user_id":"sneak"}}\n${GOOD}`, 1, [[1, 1, /"user_id" is missing/]]],
  ['an enter time behind the snapshot', 'snapshot', 'a.csv', 'user_id,segment,entered_at\nu1,vip,2030-01-01T00:00:00Z\ngood,vip,\n', 1, [[2, expect.any(Number), /later than the snapshot/]]],
  ['a quote that is never closed', 'profiles', 'a.csv', 'user_id,a\n"u1,2\ngood,3\n', 1, [[2, 1, /never closed/]]],
  ['text behind a document', 'profiles', 'a.ndjson', `{"user_id":"u1"} x\n${GOOD}`, 1, [[1, 18, /expected the end/]]],
  ['a comma at the end of an array', 'profiles', 'a.json', `[${GOOD.trim()},]`, 1, [[1, expect.any(Number), /element is missing/]]],
];

// biome-ignore format: one file a line
const TAKEN: [string, string, string, string][] = [
  ['numbers above 2^53 and beyond a double', 'a.ndjson', '{"user_id":"u1","n":12345678901234567890123,"m":1e400,"z":-0,"d":1.500}', '{"user_id":"u1","n":12345678901234567890123,"m":1e400,"z":-0,"d":1.500}'],
  ['prototype keys', 'a.ndjson', '{"user_id":"u1","__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}', '{"user_id":"u1","__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}'],
  ['prototype keys as columns', 'a.csv', 'user_id,__proto__,constructor\nu1,1,2\n', '{"user_id":"u1","__proto__":"1","constructor":"2"}'],
  ['a key that stands twice: the last one counts', 'a.ndjson', '{"user_id":"u0","user_id":"u1","a":1,"a":2}', '{"user_id":"u0","user_id":"u1","a":1,"a":2}'],
  ['half a character and NUL escaped in a value', 'a.ndjson', '{"user_id":"u1","x":"\\ud800","y":"a\\u0000b"}', '{"user_id":"u1","x":"\\ud800","y":"a\\u0000b"}'],
  ['nesting of 10,000 levels', 'a.ndjson', `{"user_id":"u1","x":${'['.repeat(DEEP)}${']'.repeat(DEEP)}}`, `{"user_id":"u1","x":${'['.repeat(DEEP)}${']'.repeat(DEEP)}}`],
  ['an audience with slashes', 'a.ndjson', '{"user_id":"u1","segments":["a/b","../../etc/passwd"]}', '{"user_id":"u1","segments":["a/b","../../etc/passwd"]}'],
  ['a mark, semicolons, CR LF and line ends in quotes', 'a.csv', '\ufeffuser_id;name\r\nu1;"a\r\nb;c ""q"""\r\n', '{"user_id":"u1","name":"a\\r\\nb;c \\"q\\""}'],
  ['tabs', 'a.tsv', 'user_id\tname\nu1\t"x\ty"\n', '{"user_id":"u1","name":"x\\ty"}'],
];

describe('is refused as a whole, with the place and what to do:', () => {
  it.each(REFUSED)('%s (%s)', async (_what, kind, name, content, code, sentence) => {
    const before = await engine.call('history.count', {});
    await expect(importFile(kind, name, content)).rejects.toMatchObject({
      code,
      message: expect.stringMatching(sentence),
    });
    expect(await engine.call('history.count', {})).toEqual(before);
    expect((await engine.call('profile.count', {})).count).toBe(1);
  });
});

describe('is rejected line by line, and the good lines are taken:', () => {
  it.each(REJECTED)(
    '%s (%s)',
    async (_what, kind, name, content, taken, rejects) => {
      const result = await importFile(kind, name, content);
      expect(rejectsOf(result)).toEqual(
        rejects.map(([line, column, reason]) => [line, column, expect.stringMatching(reason)]),
      );
      expect(result).toMatchObject({ rejected: rejects.length, profiles: { read: taken } });
    },
    60_000,
  );
});

describe('is taken as it is, byte for byte:', () => {
  const shown = async (userId: string) => (await engine.call('profile.show', { userId })).text;
  it.each(TAKEN)('%s', async (_what, name, content, text) => {
    expect(await importFile('profiles', name, content)).toMatchObject({
      rejected: 0,
      profiles: { created: 1 },
    });
    expect(await shown('u1')).toBe(text);
  });

  it('two profiles of 100,000 fields, merged', async () => {
    const fields = (value: number) => Array.from({ length: 100_000 }, (_, i) => `"c${i}":${value}`).join(',');
    await importFile('profiles', 'a.ndjson', `{"user_id":"u1",${fields(1)}}\n`);
    await importFile('profiles', 'a.ndjson', `{"user_id":"u1",${fields(2)},"new":3}\n`);
    const page = await engine.call('profile.show', { userId: 'u1' });
    expect(page.bytes).toBe(Buffer.byteLength(`{"user_id":"u1",${fields(2)},"new":3}`));
  });
});

it('keeps the last of a user’s lines, and the last of conflicting enter times, and counts the others', async () => {
  const twice = '{"user_id":"u1","a":1}\n{"user_id":"u1","a":2}\n';
  expect((await importFile('profiles', 'a.ndjson', twice)).profiles).toMatchObject({
    created: 1,
    duplicates: 1,
  });
  expect((await engine.call('profile.show', { userId: 'u1' })).text).toBe('{"user_id":"u1","a":2}');
  const conflicting =
    'user_id,segment,entered_at\nu1,vip,2020-01-01T00:00:00Z\nu1,vip,2019-01-01T00:00:00Z\n';
  const result = await importFile('snapshot', 'a.csv', conflicting);
  expect(result).toMatchObject({ profiles: { duplicates: 1 }, changes: { entered: 1 } });
  const page = await engine.call('history.page', { userId: 'u1', audiences: ['vip'] });
  expect(page.rows).toMatchObject([{ event: 'enter', enter: '2019-01-01T00:00:00Z' }]);
});
