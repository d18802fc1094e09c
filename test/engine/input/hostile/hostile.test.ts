import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Engine, openEngine } from '../../../../main/engine/engine.ts';
import type { ImportResult } from '../../../../preload/contract/profile.ts';
import type { Content, Kind } from './parts.ts';
import { REFUSED } from './refused.ts';
import { REJECTED } from './rejected.ts';
import { TAKEN } from './taken.ts';

/**
 * Hostile files through the calls that the window and the command line make. Each row says what the file is, and how the
 * import must end: refused with a code and a sentence, or taken with each bad line in the report. Afterwards the store is
 * whole, and what was in it before is still there.
 */

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
