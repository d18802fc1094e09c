import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
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
    expect(
      plan(
        db,
        'SELECT n FROM run_message WHERE run_id = 1 AND n > 5 AND state = 2 AND state >= 2 ORDER BY n LIMIT 100',
      ),
    ).toEqual([expect.stringContaining('run_message_problem')]);
    expect(plan(db, 'SELECT count(*) FROM run_message WHERE run_id = 1 AND doubt = 1')).toEqual([
      expect.stringContaining('run_message_doubt'),
    ]);
    expect(
      plan(
        db,
        `SELECT seq FROM change INDEXED BY change_at WHERE +audience_id IN (1,2) AND event IN (1,2)
         AND (at_ms, at_code) >= (5, 0) ORDER BY at_ms, at_code, seq`,
      ),
    ).toEqual([expect.stringContaining('change_at')]);
    db.close();
  });
});
