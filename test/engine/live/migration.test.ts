import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { MIGRATIONS } from '../../../main/engine/store/migrations/index.ts';
import { openDatabase } from '../../../main/engine/store/store.ts';

it('migration 0006 adds live mode, off, to a store of the version before and keeps its workflows', () => {
  const before = MIGRATIONS.findIndex(({ name }) => name === '0006-live');
  const file = join(mkdtempSync(join(tmpdir(), 'segue-live-')), 'segue.db');
  const old = openDatabase(file, MIGRATIONS.slice(0, before));
  old.prepare("INSERT INTO workflow VALUES ('Triggers', '{}', 0)").run();
  old.close();
  const db = openDatabase(file, MIGRATIONS.slice(0, before + 1));
  expect(db.prepare('SELECT name FROM workflow').pluck().all()).toEqual(['Triggers']);
  expect(db.prepare('SELECT count(*) FROM live').pluck().get()).toBe(0);
  db.close();
});
