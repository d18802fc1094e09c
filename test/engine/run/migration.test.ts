import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { carriedDoubt } from '../../../main/engine/run/told.ts';
import { MIGRATIONS } from '../../../main/engine/store/migrations/index.ts';
import { openDatabase } from '../../../main/engine/store/store.ts';
import { folder } from './workspace.ts';

const BEFORE = MIGRATIONS.findIndex(({ name }) => name === '0004-runs');
const plan = (db: ReturnType<typeof openDatabase>, sql: string) =>
  db
    .prepare<unknown[], { detail: string }>(`EXPLAIN QUERY PLAN ${sql}`)
    .all()
    .map(({ detail }) => detail);

describe('migration 0004', () => {
  it('adds the runs to a store of the version before and keeps what is there', () => {
    const file = join(folder(), 'segue.db');
    const old = openDatabase(file, MIGRATIONS.slice(0, BEFORE));
    old.prepare("INSERT INTO setting VALUES ('key_field', 'email')").run();
    old.close();
    const db = openDatabase(file, MIGRATIONS.slice(0, BEFORE + 1));
    expect(db.prepare('SELECT value FROM setting').pluck().get()).toBe('email');
    expect(db.prepare('SELECT count(*) FROM run').pluck().get()).toBe(0);
    db.close();
  });

  it('lets the hot queries use their indexes', () => {
    const db = openDatabase(join(folder(), 'segue.db'));
    expect(
      plan(db, 'SELECT n FROM run_message WHERE run_id = 1 AND n >= 5 AND state = 0 ORDER BY n LIMIT 100'),
    ).toEqual(['SEARCH run_message USING PRIMARY KEY (run_id=? AND n>?)']);
    db.close();
  });
});

describe('migration 0009', () => {
  const before = MIGRATIONS.findIndex(({ name }) => name === '0009-run-changes');

  it('finds by change the messages of runs that the version before has made', () => {
    const file = join(folder(), 'segue.db');
    const old = openDatabase(file, MIGRATIONS.slice(0, before));
    const insert = old.prepare(
      "INSERT INTO run_message (run_id, n, user_id, at_ms, at_code, changes) VALUES (1, ?, 'ann', 5, 0, ?)",
    );
    for (const [n, changes] of [
      [7, '30'],
      [8, '12,13'],
      [9, '#5:40,41'],
      [10, '[[1,5,0]]'],
      [11, ''],
    ]) {
      insert.run(n, changes);
    }
    old.close();
    const db = openDatabase(file, MIGRATIONS.slice(0, before + 1));
    expect(db.prepare('SELECT seq, n FROM run_change').raw().all()).toEqual([
      [12, 8],
      [13, 8],
      [30, 7],
      [40, 9],
      [41, 9],
    ]);
    db.close();
  });

  it('lets the messages that tell a change be looked up', () => {
    const db = openDatabase(join(folder(), 'segue.db'));
    expect(
      plan(
        db,
        `SELECT state FROM run_change AS told JOIN run_message AS message
         ON message.run_id = told.run_id AND message.n = told.n WHERE told.seq = 5`,
      ),
    ).toEqual([
      'SEARCH told USING PRIMARY KEY (seq=?)',
      'SEARCH message USING PRIMARY KEY (run_id=? AND n=?)',
    ]);
    db.close();
  });
});

describe('migration 0014', () => {
  it('adds to a store of the version before that nothing of it is in doubt by another workspace', () => {
    const file = join(folder(), 'segue.db');
    const before = MIGRATIONS.findIndex(({ name }) => name === '0014-doubtful-changes');
    const old = openDatabase(file, MIGRATIONS.slice(0, before));
    old.prepare("INSERT INTO setting VALUES ('key_field', 'email')").run();
    old.close();
    const db = openDatabase(file, MIGRATIONS.slice(0, before + 1));
    expect(db.prepare('SELECT value FROM setting').pluck().get()).toBe('email');
    expect(carriedDoubt(db)).toBeUndefined();
    db.prepare('INSERT INTO doubtful_change VALUES (7)').run();
    expect(plan(db, `SELECT seq FROM change WHERE seq = 1 AND ${carriedDoubt(db)}`).join()).toContain(
      'USING ROWID SEARCH ON TABLE doubtful_change',
    );
    db.close();
  });
});

describe('migration 0015', () => {
  it('counts the errors of runs that the version before has made', () => {
    const file = join(folder(), 'segue.db');
    const before = MIGRATIONS.findIndex(({ name }) => name === '0015-run-errors');
    const old = openDatabase(file, MIGRATIONS.slice(0, before));
    const insert = old.prepare(
      `INSERT INTO run_message (run_id, n, user_id, at_ms, at_code, changes, state, error_code)
       VALUES (1, ?, 'ann', 5, 0, '', ?, ?)`,
    );
    for (const [n, state, code] of [
      [1, 1, null],
      [2, 2, 'AccessDenied'],
      [3, 3, 'AccessDenied'],
      [4, 2, 'InvalidMessageContents'],
      [5, 4, 'InvalidMessageContents'],
    ]) {
      insert.run(n, state, code);
    }
    old.close();
    const db = openDatabase(file, MIGRATIONS.slice(0, before + 1));
    const counts = db.prepare(
      `SELECT error_code, count(*) FROM run_message INDEXED BY run_message_error
       WHERE run_id = 1 AND state IN (2, 3) GROUP BY error_code ORDER BY error_code`,
    );
    expect(counts.raw().all()).toEqual([
      ['AccessDenied', 2],
      ['InvalidMessageContents', 1],
    ]);
    db.close();
  });
});
