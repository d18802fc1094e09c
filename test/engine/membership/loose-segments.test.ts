import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import {
  forgetLooseSegments,
  noteLooseSegments,
  removeLooseSegments,
} from '../../../main/engine/membership/loose-segments.ts';
import { MIGRATIONS } from '../../../main/engine/store/migrations/index.ts';
import { type Db, openDatabase } from '../../../main/engine/store/store.ts';

function folder(): string {
  const dir = mkdtempSync(join(tmpdir(), 'segue-loose-'));
  onTestFinished(() => rmSync(dir, { recursive: true }));
  return dir;
}

const addLoose = (db: Db) =>
  db.prepare('INSERT INTO membership_segment (body) VALUES (?)').run(Buffer.alloc(16));
const segments = (db: Db) => db.prepare('SELECT count(*) FROM membership_segment').pluck().get();

it('segments that no stack names are looked for where somebody noted that there may be some', () => {
  const db = openDatabase(join(folder(), 'segue.db'));
  removeLooseSegments(db);
  expect(noteLooseSegments(db)).toBe(true);
  addLoose(db);
  // Cut off here; the next import comes and goes, and must not forget what was left behind.
  expect(noteLooseSegments(db)).toBe(false);
  removeLooseSegments(db);
  expect(segments(db)).toBe(0);
  expect(noteLooseSegments(db)).toBe(true);
  forgetLooseSegments(db);
  addLoose(db);
  removeLooseSegments(db);
  expect(segments(db)).toBe(1);
  db.close();
});

it('migration 0011 has those looked for that a store of the version before may have', () => {
  const file = join(folder(), 'segue.db');
  const before = MIGRATIONS.findIndex(({ name }) => name === '0011-loose-segments');
  const old = openDatabase(file, MIGRATIONS.slice(0, before));
  addLoose(old);
  old.close();
  const db = openDatabase(file, MIGRATIONS.slice(0, before + 1));
  removeLooseSegments(db);
  expect(segments(db)).toBe(0);
  db.close();
});
