import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { insertChanges } from '../../../main/engine/history/insert.ts';
import { MIGRATIONS } from '../../../main/engine/store/migrations/index.ts';
import { type Db, openDatabase } from '../../../main/engine/store/store.ts';

const BEFORE = MIGRATIONS.findIndex(({ name }) => name === '0008-snapshot-user-index');
const folders: string[] = [];

function folder(): string {
  const dir = mkdtempSync(join(tmpdir(), 'segue-history-'));
  folders.push(dir);
  return dir;
}

afterEach(() => {
  for (const dir of folders.splice(0)) rmSync(dir, { recursive: true });
});

/** Two snapshots and a live change, of two users; user `b` has an exit later than its snapshot's other changes. */
function addChanges(db: Db): void {
  const one = (userId: string, ms: number, cause: 'snapshot' | 'profile', batch: number) => ({
    at: { ms, code: 0 },
    userId,
    audienceId: 1,
    event: 'enter' as const,
    enter: null,
    exit: null,
    cause,
    batch,
  });
  db.transaction(() =>
    insertChanges(db, [
      one('a', 10, 'snapshot', 1),
      one('b', 10, 'snapshot', 1),
      one('b', 15, 'profile', 2),
      one('a', 20, 'snapshot', 3),
      one('b', 25, 'snapshot', 3),
    ]),
  )();
}

const timesOf = (db: Db, source: string, where: string) =>
  db.prepare<[], number>(`SELECT at_ms FROM ${source} WHERE ${where} ORDER BY at_ms`).pluck().all();

describe('migration 0008', () => {
  it('finds the changes of a user that were there before, of snapshots and others', () => {
    const file = join(folder(), 'segue.db');
    const old = openDatabase(file, MIGRATIONS.slice(0, BEFORE));
    addChanges(old);
    old.close();
    const db = openDatabase(file, MIGRATIONS.slice(0, BEFORE + 1));
    expect(timesOf(db, 'change_of_user', `user_id = 'a'`)).toEqual([10, 20]);
    expect(timesOf(db, 'change_of_user', `user_id = 'b'`)).toEqual([10, 15, 25]);
    expect(timesOf(db, 'change_of_user', `user_id = 'c'`)).toEqual([]);
    expect(timesOf(db, 'change_of_user_at', `user_id = 'b' AND at_ms = 25`)).toEqual([25]);
    expect(timesOf(db, 'change_of_user_at', `user_id = 'b' AND at_ms = 15`)).toEqual([15]);
    db.close();
  });

  it('finds none in an empty history', () => {
    const db = openDatabase(join(folder(), 'segue.db'), MIGRATIONS.slice(0, BEFORE + 1));
    expect(timesOf(db, 'change_of_user', `user_id = 'a'`)).toEqual([]);
    db.close();
  });
});
