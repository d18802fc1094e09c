import { spawnSync } from 'node:child_process';
import { mkdtempSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openConnection, openStore, readSetting, writeSetting } from '../../../main/engine/store/store.ts';
import { withoutLog } from '../../../main/engine/store/without-log.ts';

const folder = () => mkdtempSync(join(tmpdir(), 'segue-log-'));
const modeOf = ({ db }: ReturnType<typeof openStore>) => [
  db.pragma('journal_mode', { simple: true }),
  db.pragma('synchronous', { simple: true }),
];
const WITH_LOG = ['wal', 1];

describe('a store without its log', () => {
  it('is written once, and has its log again afterwards', () => {
    const store = openStore(folder());
    const backToLog = withoutLog(store.db);
    expect(modeOf(store)).toEqual(['truncate', 2]);
    writeSetting(store.db, 'kept', 'yes');
    expect(statSync(`${store.file}-wal`, { throwIfNoEntry: false })?.size ?? 0).toBe(0);
    backToLog();
    expect(modeOf(store)).toEqual(WITH_LOG);
    writeSetting(store.db, 'kept', 'again');
    expect(statSync(`${store.file}-wal`).size).toBeGreaterThan(0);
    store.close();
  });

  it('keeps it where another connection is open, without waiting for that', () => {
    const store = openStore(folder());
    const other = openConnection(store.file, 'read');
    other.prepare('SELECT count(*) FROM setting').get();
    const startedAt = performance.now();
    const backToLog = withoutLog(store.db);
    expect(performance.now() - startedAt).toBeLessThan(5000);
    expect(modeOf(store)).toEqual(WITH_LOG);
    backToLog();
    expect(modeOf(store)).toEqual(WITH_LOG);
    other.close();
    store.close();
  });

  it('is what it was when it is opened after a kill in the middle of a transaction', () => {
    const dir = folder();
    const first = openStore(dir);
    writeSetting(first.db, 'kept', 'before'.repeat(100_000));
    first.close();
    const script = new URL('without-log-writer.ts', import.meta.url).pathname;
    const { stdout, signal } = spawnSync(process.execPath, [script, dir], { encoding: 'utf8' });
    expect({ stdout, signal }).toEqual({ stdout: 'truncate', signal: 'SIGKILL' });
    expect(statSync(join(dir, 'segue.db-journal')).size).toBeGreaterThan(0);
    const store = openStore(dir);
    expect(readSetting(store.db, 'kept')).toBe('before'.repeat(100_000));
    expect(store.db.pragma('integrity_check', { simple: true })).toBe('ok');
    expect(modeOf(store)).toEqual(WITH_LOG);
    store.close();
  });
});
