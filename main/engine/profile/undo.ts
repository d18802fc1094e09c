import { type Db, inTransaction } from '../store/store.ts';
import { openHashPages } from './hash-pages.ts';

const ROWS_PER_TRANSACTION = 2000;

interface Version {
  profile_id: number;
  to_ms: number;
  to_code: number;
  from_ms: number | null;
  from_code: number | null;
  body: string;
  batch_id: number;
  hash_a: number | null;
  hash_b: number | null;
}

/**
 * Takes back what a batch wrote to profiles: versions that it replaced come back, last first, and profiles that it created
 * go. Yields after each short transaction; harmless when repeated or cut off. Only for the last batch that wrote profiles.
 */
export function* undoProfiles(db: Db, batch: number): Generator<void, void, void> {
  yield* restoreVersions(db, batch);
  yield* removeCreated(db, batch);
}

function* restoreVersions(db: Db, batch: number): Generator<void, void, void> {
  const page = db.prepare<[number, number], Version>(
    `SELECT profile_id, to_ms, to_code, from_ms, from_code, body, batch_id, hash_a, hash_b FROM profile_version WHERE replaced_by = ?
     ORDER BY profile_id DESC, to_ms DESC, to_code DESC LIMIT ?`,
  );
  const restore = db.prepare(
    'UPDATE profile SET body = ?, from_ms = ?, from_code = ?, batch_id = ?, hash_a = ?, hash_b = ? WHERE id = ?',
  );
  const remove = db.prepare(
    'DELETE FROM profile_version WHERE profile_id = ? AND to_ms = ? AND to_code = ? AND replaced_by = ?',
  );
  const hashes = openHashPages(db);
  yield* inPages(db, () => {
    const versions = page.all(batch, ROWS_PER_TRANSACTION);
    for (const version of versions) {
      const { body, from_ms, from_code, batch_id, hash_a, hash_b, profile_id } = version;
      restore.run(body, from_ms, from_code, batch_id, hash_a, hash_b, profile_id);
      hashes.set(profile_id, hash_a === null || hash_b === null ? undefined : { a: hash_a, b: hash_b });
      remove.run(version.profile_id, version.to_ms, version.to_code, batch);
    }
    hashes.write();
    return versions.length;
  });
}

function* removeCreated(db: Db, batch: number): Generator<void, void, void> {
  const first = db
    .prepare<[number], number>('SELECT first_id FROM profile_batch WHERE batch_id = ?')
    .pluck()
    .get(batch);
  if (first === undefined) return;
  const remove = db
    .prepare<[number, number, number], number>(
      `DELETE FROM profile WHERE id IN
       (SELECT id FROM profile WHERE id >= ? AND batch_id = ? ORDER BY id DESC LIMIT ?) RETURNING id`,
    )
    .pluck();
  const hashes = openHashPages(db);
  yield* inPages(db, () => {
    const removed = remove.all(first, batch, ROWS_PER_TRANSACTION);
    for (const id of removed) hashes.set(id, undefined);
    hashes.write();
    return removed.length;
  });
  db.prepare('DELETE FROM profile_batch WHERE batch_id = ?').run(batch);
}

function* inPages(db: Db, work: () => number): Generator<void, void, void> {
  while (inTransaction(db, work) === ROWS_PER_TRANSACTION) yield;
  yield;
}
