import { type Db, inTransaction } from '../store/store.ts';
import { AS_IN_PACK, type Pack, unpackProfiles } from './body-pack.ts';
import { type HashPages, openHashPages } from './hash-pages.ts';

const ROWS_PER_TRANSACTION = 2000;
/** Packs of a dozen profiles or so. */
const PACKS_PER_TRANSACTION = 150;

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
  const restoreIn = (table: string) =>
    db.prepare(`UPDATE ${table} SET body = ?, from_ms = ?, from_code = ?, batch_id = ? WHERE id = ?`);
  const restoreBeside = restoreIn('changed_body');
  const restoreRow = restoreIn('profile_row');
  const removeBeside = db.prepare('DELETE FROM changed_body WHERE id = ?');
  const remove = db.prepare(
    'DELETE FROM profile_version WHERE profile_id = ? AND to_ms = ? AND to_code = ? AND replaced_by = ?',
  );
  const hashes = openHashPages(db);
  const restore = ({ body, from_ms, from_code, batch_id, profile_id }: Version) => {
    const values = [body, from_ms, from_code, batch_id, profile_id];
    if (body === AS_IN_PACK) removeBeside.run(profile_id);
    else if (restoreBeside.run(values).changes === 0) restoreRow.run(values);
  };
  yield* inPages(db, () => {
    const versions = page.all(batch, ROWS_PER_TRANSACTION);
    for (const version of versions) {
      const { hash_a, hash_b, profile_id } = version;
      restore(version);
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
  const hashes = openHashPages(db);
  // Packs go first: what is left of one whose profile has become a row would be taken for a profile.
  yield* removePacks(db, { batch, first, hashes });
  const remove = db
    .prepare<[number, number, number], number>(
      `DELETE FROM profile_row WHERE id IN
       (SELECT id FROM profile_row WHERE id >= ? AND batch_id = ? ORDER BY id DESC LIMIT ?) RETURNING id`,
    )
    .pluck();
  yield* inPages(db, () => {
    const removed = remove.all(first, batch, ROWS_PER_TRANSACTION);
    for (const id of removed) hashes.set(id, undefined);
    hashes.write();
    return removed.length;
  });
  db.prepare('DELETE FROM profile_batch WHERE batch_id = ?').run(batch);
}

function removePacks(
  db: Db,
  { batch, first, hashes }: { batch: number; first: number; hashes: HashPages },
): Generator<void, void, void> {
  const page = db.prepare<[number, number, number], Pack>(
    `SELECT first_id AS firstId, places, bodies FROM profile_pack WHERE first_id >= ? AND batch_id = ?
     ORDER BY first_id DESC LIMIT ?`,
  );
  const removeProfile = db.prepare('DELETE FROM packed_profile WHERE user_id = ? AND id = ?');
  const removeBeside = db.prepare(
    'DELETE FROM changed_body WHERE id BETWEEN ? AND (SELECT last_id FROM profile_pack WHERE first_id = ?)',
  );
  const removePack = db.prepare('DELETE FROM profile_pack WHERE first_id = ?');
  // Of an import that was cut off its users may not have been entered yet.
  const removeAll = (pack: Pack) => {
    removeBeside.run(pack.firstId, pack.firstId);
    for (const { id, userId } of unpackProfiles(pack)) {
      removeProfile.run(userId, id);
      hashes.set(id, undefined);
    }
    removePack.run(pack.firstId);
  };
  return inPages(
    db,
    () => {
      const packs = page.all(first, batch, PACKS_PER_TRANSACTION);
      packs.forEach(removeAll);
      hashes.write();
      return packs.length;
    },
    PACKS_PER_TRANSACTION,
  );
}

function* inPages(db: Db, work: () => number, limit = ROWS_PER_TRANSACTION): Generator<void, void, void> {
  while (inTransaction(db, work) === limit) yield;
  yield;
}
