import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { insertChanges, type NewChange } from '../../../main/engine/history/insert.ts';
import { MIGRATIONS } from '../../../main/engine/store/migrations/index.ts';
import { type Db, openDatabase } from '../../../main/engine/store/store.ts';
import type { ChangeCause } from '../../../preload/contract/values.ts';

/** The migrations before one, and those up to and with it. */
function around(name: string) {
  const before = MIGRATIONS.findIndex((migration) => migration.name === name);
  return { before: MIGRATIONS.slice(0, before), with: MIGRATIONS.slice(0, before + 1) };
}
const SNAPSHOTS = around('0008-snapshot-user-index');
const CLOCK = around('0013-clock-user-index');
const BATCH = around('0017-batch-index');
const DAY_MS = 86_400_000;
const folders: string[] = [];

function folder(): string {
  const dir = mkdtempSync(join(tmpdir(), 'segue-history-'));
  folders.push(dir);
  return dir;
}

afterEach(() => {
  for (const dir of folders.splice(0)) rmSync(dir, { recursive: true });
});

const one = (userId: string, ms: number, cause: ChangeCause, batch: number): NewChange => ({
  at: { ms, code: 0 },
  userId,
  audienceId: 1,
  event: 'enter',
  enter: null,
  exit: null,
  cause,
  batch,
});

/** Two snapshots and a live change, of two users; user `b` has an exit later than its snapshot's other changes. */
function addChanges(db: Db): void {
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
    const old = openDatabase(file, SNAPSHOTS.before);
    addChanges(old);
    old.close();
    const db = openDatabase(file, SNAPSHOTS.with);
    expect(timesOf(db, 'change_of_user', `user_id = 'a'`)).toEqual([10, 20]);
    expect(timesOf(db, 'change_of_user', `user_id = 'b'`)).toEqual([10, 15, 25]);
    expect(timesOf(db, 'change_of_user', `user_id = 'c'`)).toEqual([]);
    expect(timesOf(db, 'change_of_user_at', `user_id = 'b' AND at_ms = 25`)).toEqual([25]);
    expect(timesOf(db, 'change_of_user_at', `user_id = 'b' AND at_ms = 15`)).toEqual([15]);
    db.close();
  });

  it('finds none in an empty history', () => {
    const db = openDatabase(join(folder(), 'segue.db'), SNAPSHOTS.with);
    expect(timesOf(db, 'change_of_user', `user_id = 'a'`)).toEqual([]);
    db.close();
  });
});

describe('migration 0013', () => {
  it('finds the changes of a user that were there before and those that come, whatever their cause', () => {
    const file = join(folder(), 'segue.db');
    const old = openDatabase(file, CLOCK.before);
    addChanges(old);
    const clock = [-DAY_MS / 2, 12, DAY_MS + 1, DAY_MS + 2, 9 * DAY_MS];
    insertChanges(old, [
      ...clock.map((ms) => one('b', ms, 'clock', 4)),
      one('a', 12, 'clock', 4),
      one('b', 30, 'rule', 5),
      one('b', 40, 'event', 6),
    ]);
    old.close();
    const db = openDatabase(file, CLOCK.with);
    insertChanges(db, [one('a', 9 * DAY_MS, 'clock', 7), one('c', 9 * DAY_MS, 'clock', 7)]);
    expect(timesOf(db, 'change_of_user', `user_id = 'a'`)).toEqual([10, 12, 20, 9 * DAY_MS]);
    expect(timesOf(db, 'change_of_user', `user_id = 'b'`)).toEqual(
      [10, 15, 25, 30, 40, ...clock].sort((a, b) => a - b),
    );
    expect(timesOf(db, 'change_of_user', `user_id = 'c'`)).toEqual([9 * DAY_MS]);
    for (const ms of [10, 12, 15, 30, 9 * DAY_MS])
      expect(timesOf(db, 'change_of_user_at', `user_id = 'b' AND at_ms = ${ms}`)).toEqual([ms]);
    expect(timesOf(db, 'change_of_user_at', `user_id = 'a' AND at_ms = 30`)).toEqual([]);
    db.close();
  });
});

describe('migration 0017', () => {
  it('finds the live changes of a batch in the order of their numbers, those before it too, by an index', () => {
    const file = join(folder(), 'segue.db');
    const old = openDatabase(file, BATCH.before);
    addChanges(old);
    old.close();
    const db = openDatabase(file, BATCH.with);
    insertChanges(db, [one('c', 12, 'rule', 3), one('a', 11, 'profile', 2)]);
    const live = 'batch_id = ? AND cause <> 1 AND seq > 0 ORDER BY seq DESC';
    const timesOfBatch = db.prepare<[number], number>(`SELECT at_ms FROM change WHERE ${live}`).pluck();
    expect([2, 3, 1].map((batch) => timesOfBatch.all(batch))).toEqual([[11, 15], [12], []]);
    const plan = db.prepare<[number], { detail: string }>(
      `EXPLAIN QUERY PLAN SELECT at_ms FROM change WHERE ${live}`,
    );
    expect(plan.all(2).map(({ detail }) => detail)).toEqual([
      'SEARCH change USING INDEX change_batch (batch_id=? AND rowid>?)',
    ]);
    db.close();
  });
});
