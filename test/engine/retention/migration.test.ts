import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { MIGRATIONS } from '../../../main/engine/store/migrations/index.ts';
import { openDatabase } from '../../../main/engine/store/store.ts';

it('migration 0007 lets the oldest versions be found by an index, in a store of the version before', () => {
  const before = MIGRATIONS.findIndex(({ name }) => name === '0007-version-age');
  const file = join(mkdtempSync(join(tmpdir(), 'segue-retention-')), 'segue.db');
  const old = openDatabase(file, MIGRATIONS.slice(0, before));
  const insert = old.prepare('INSERT INTO profile_version VALUES (?, ?, 0, NULL, NULL, ?, 1, 2)');
  insert.run(1, 2000, '{}');
  insert.run(2, 1000, '{}');
  old.close();
  const db = openDatabase(file, MIGRATIONS.slice(0, before + 1));
  const oldest =
    'SELECT profile_id, to_ms, to_code, replaced_by FROM profile_version INDEXED BY profile_version_ended ORDER BY to_ms';
  expect(db.prepare(oldest).pluck().all()).toEqual([2, 1]);
  const plan = (sql: string) =>
    db
      .prepare<unknown[], { detail: string }>(`EXPLAIN QUERY PLAN ${sql}`)
      .all()
      .map(({ detail }) => detail);
  expect(plan(oldest)).toEqual([expect.stringContaining('USING COVERING INDEX profile_version_ended')]);
  expect(
    plan(
      `SELECT octet_length(body) FROM profile_version INDEXED BY profile_version_ended WHERE to_ms < 5
       AND (to_ms, profile_id, to_code, replaced_by) > (1, 2, 3, 4) ORDER BY to_ms, profile_id, to_code, replaced_by LIMIT 9`,
    ),
  ).toEqual([
    expect.stringMatching(
      /^SEARCH profile_version USING INDEX profile_version_ended \((\(to_ms,profile_id.*>|to_ms>)/,
    ),
  ]);
  db.close();
});
