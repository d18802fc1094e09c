import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { expect, it, onTestFinished } from 'vitest';
import { openEngine } from '../../../main/engine/engine.ts';
import { asStoreFault } from '../../../main/engine/store/fault.ts';

const dir = mkdtempSync(join(tmpdir(), 'segue-left-'));

function profiles(name: string, from: number, count: number): string {
  const path = join(dir, name);
  const lines = Array.from(
    { length: count },
    (_, n) => `{"user_id":"u${from + n}","pad":"${'x'.repeat(40)}"}`,
  );
  writeFileSync(path, lines.join('\n'));
  return path;
}

it('an import that could not be taken back is taken back by the next one, without opening the workspace again', async () => {
  const engine = await openEngine({
    dir: join(dir, 'ws'),
    assetsDir: '',
    clock: () => Date.UTC(2026, 10, 23),
  });
  onTestFinished(() => engine.close());
  const { db } = engine.context.store;
  const states = () => db.prepare('SELECT state FROM batch ORDER BY id').pluck().all();
  // From the first progress on nothing can be written, as on a disk that another program has filled.
  const refuseWrites = () => db.pragma('query_only = ON');
  // Small enough to be imported by this connection, see isForThread.
  const path = profiles('a.ndjson', 0, 1500);
  await expect(engine.call('profile.import', { path }, { progress: refuseWrites })).rejects.toThrow();
  expect(states()).toEqual(['running']);
  db.pragma('query_only = OFF');
  const next = profiles('b.ndjson', 9000, 1);
  expect(await engine.call('profile.import', { path: next })).toMatchObject({ profiles: { created: 1 } });
  expect(states()).toEqual(['failed', 'done']);
  expect(await engine.call('profile.count', {})).toMatchObject({ count: 1 });
});

it('what a full disk left behind is said, and what to do about it', () => {
  const full = new Database.SqliteError('database or disk is full', 'SQLITE_FULL');
  expect(asStoreFault(full, 'The import of a.ndjson', true)).toMatchObject({
    code: 'DISK_FULL',
    message: expect.stringMatching(/^The import of a\.ndjson stopped: .* taken back first\.$/),
  });
});
