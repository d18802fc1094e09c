import { undoDefinitions } from '../audience/undo-definitions.ts';
import { CAUSE_CODES, EVENT_CODES } from '../history/codes.ts';
import { changesOf } from '../history/pack.ts';
import { addToCount, putLive } from '../membership/live-rows.ts';
import { noteLooseSegments } from '../membership/loose-segments.ts';
import { undoProfiles } from '../profile/undo.ts';
import { undoTimers } from '../reevaluation/timers.ts';
import { spareSpace } from '../store/free-space.ts';
import { type Db, inTransaction } from '../store/store.ts';

/** Rows that one transaction deletes or inverts: some 15 ms of holding the write lock and the event loop. */
const ROWS_PER_TRANSACTION = 1000;
/** Packs of the history, each of some hundred changes, that take as long. */
const PACKS_PER_TRANSACTION = 32;

/**
 * What it takes to take a batch back, one step a domain, each in transactions of its own and each harmless when repeated:
 * a process killed between two of them goes on at the next opening. Audiences go last, as the others refer to them.
 */
const STEPS: readonly ((db: Db, batch: number) => Iterable<void>)[] = [
  hideSegments,
  invertLiveChanges,
  invertPackedChanges,
  removeChanges,
  removeRecordedMessages,
  undoProfiles,
  undoTimers,
  undoDefinitions,
  removeAudiences,
];

/**
 * Takes back what a batch has written, whatever its kind and however far it came. Yields after each short transaction, so
 * that a caller with an event loop to keep free can let it run in between.
 */
export function* takeBack(db: Db, batch: number): Generator<void, void, void> {
  const done = spareSpace(db);
  try {
    for (const step of STEPS) yield* step(db, batch);
  } finally {
    done();
  }
}

function* hideSegments(db: Db, batch: number): Generator<void, void, void> {
  hideMemberships(db, batch);
  yield;
}

/** Takes a batch's segments out of the state, and its counts with them. */
export function hideMemberships(db: Db, batch: number): void {
  inTransaction(db, () => {
    const { changes } = db.prepare('DELETE FROM membership_stack WHERE batch_id = ?').run(batch);
    if (changes === 0) return;
    noteLooseSegments(db);
    const counts = db
      .prepare<[number], { audience_id: number; members: number }>(
        'SELECT audience_id, entered - exited AS members FROM batch_audience WHERE batch_id = ?',
      )
      .all(batch);
    for (const { audience_id, members } of counts) addToCount(db, audience_id, -members);
  });
}

function kindOf(db: Db, batch: number): string | undefined {
  return db.prepare<[number], string>('SELECT kind FROM batch WHERE id = ?').pluck().get(batch);
}

interface InvertibleRow {
  seq: number;
  batch_id: number;
  user_id: string;
  audience_id: number;
  event: number;
  enter_ms: number | null;
  enter_code: number | null;
}

/**
 * Turns a batch's live changes round, last first, deleting each from history. A snapshot has segments for its own changes,
 * and live ones, behind their range, only of rules that include its audiences; archived changes never were memberships.
 * Neither is searched for what it cannot have.
 */
function* invertLiveChanges(db: Db, batch: number): Generator<void, void, void> {
  const kind = kindOf(db, batch);
  const range = db
    .prepare<[number], number>('SELECT last_seq FROM batch_range WHERE batch_id = ?')
    .pluck()
    .get(batch);
  if (kind === 'archive' || (kind === 'snapshot' && range === undefined)) return;
  // What stands behind a snapshot's range has its cause too, so that it is in no index by batch and number.
  const found = range === undefined ? `batch_id = ? AND cause <> ${CAUSE_CODES.snapshot}` : 'seq > ?';
  const page = db.prepare<[number, number, number], InvertibleRow>(
    `SELECT seq, batch_id, user_id, audience_id, event, enter_ms, enter_code FROM change
     WHERE ${found} AND seq < ? ORDER BY seq DESC LIMIT ?`,
  );
  let before = Number.MAX_SAFE_INTEGER;
  const remove = db.prepare('DELETE FROM change WHERE seq = ?');
  yield* repeat(db, () => {
    const rows = page.all(range ?? batch, before, ROWS_PER_TRANSACTION);
    for (const { seq, batch_id, user_id, audience_id, event, enter_ms, enter_code } of rows) {
      before = seq;
      if (batch_id !== batch || event === EVENT_CODES.change) continue;
      const member = event === EVENT_CODES.exit && enter_ms !== null && enter_code !== null;
      putLive(db, user_id, audience_id, member ? { ms: enter_ms, code: enter_code } : null);
      addToCount(db, audience_id, member ? 1 : -1);
      remove.run(seq);
    }
    return rows.length;
  });
}

/**
 * Turns the packed changes of an import of profiles round, the last sweep's first. What it has as rows came later wherever both
 * are of one user, and is turned round before.
 */
function* invertPackedChanges(db: Db, batch: number): Generator<void, void, void> {
  if (kindOf(db, batch) === 'snapshot') return;
  const next = db.prepare<[number], { first: number; body: Buffer }>(
    `SELECT first_seq AS first, body FROM change_pack INDEXED BY change_pack_user WHERE batch_id = ?
     ORDER BY sweep DESC, last_bucket DESC, first_bucket DESC LIMIT 1`,
  );
  const remove = db.prepare('DELETE FROM change_pack WHERE first_seq = ?');
  yield* repeat(
    db,
    () => {
      const pack = next.get(batch);
      if (pack === undefined) return 0;
      for (const { userId, audienceId, event, enter } of [...changesOf(pack)].reverse()) {
        putLive(db, userId, audienceId, event === 'exit' ? enter : null);
        addToCount(db, audienceId, event === 'exit' ? 1 : -1);
      }
      remove.run(pack.first);
      return 1;
    },
    1,
  );
}

function* removeChanges(db: Db, batch: number): Generator<void, void, void> {
  yield* deletePages(
    db,
    batch,
    `DELETE FROM change WHERE seq IN (SELECT seq FROM batch_range CROSS JOIN change ON seq BETWEEN first_seq AND last_seq
       WHERE batch_range.batch_id = ? LIMIT ?)`,
  );
  yield* deletePages(
    db,
    batch,
    'DELETE FROM change WHERE seq IN (SELECT seq FROM change INDEXED BY change_batch_at WHERE batch_id = ? LIMIT ?)',
  );
  yield* deletePages(
    db,
    batch,
    `DELETE FROM change_pack WHERE first_seq IN (SELECT first_seq FROM change_pack INDEXED BY change_pack_user WHERE batch_id = ? LIMIT ?)`,
    PACKS_PER_TRANSACTION,
  );
  inTransaction(db, () => {
    db.prepare('DELETE FROM batch_range WHERE batch_id = ?').run(batch);
    db.prepare('DELETE FROM change_sweep WHERE batch_id = ?').run(batch);
    db.prepare('DELETE FROM batch_audience WHERE batch_id = ?').run(batch);
  });
}

function removeRecordedMessages(db: Db, batch: number): Generator<void, void, void> {
  return deletePages(
    db,
    batch,
    'DELETE FROM recorded_message WHERE id IN (SELECT id FROM recorded_message WHERE batch_id = ? LIMIT ?)',
  );
}

/** Audiences that the batch created, unless something else has come to use them. */
function* removeAudiences(db: Db, batch: number): Generator<void, void, void> {
  inTransaction(db, () => {
    const created = db
      .prepare<[number], number>('SELECT id FROM audience WHERE batch_id = ?')
      .pluck()
      .all(batch);
    const used = db.prepare<[number, number, number], number>(
      `SELECT EXISTS (SELECT 1 FROM change WHERE audience_id = ?)
        OR EXISTS (SELECT 1 FROM change_pack_list WHERE list = ?)
        OR EXISTS (SELECT 1 FROM membership_count WHERE audience_id = ? AND members <> 0)`,
    );
    for (const id of created) {
      if (used.pluck().get(id, id, id) === 1) continue;
      db.prepare('DELETE FROM audience WHERE id = ?').run(id);
      db.prepare('DELETE FROM membership_count WHERE audience_id = ?').run(id);
    }
  });
  yield;
}

function deletePages(
  db: Db,
  batch: number,
  sql: string,
  limit = ROWS_PER_TRANSACTION,
): Generator<void, void, void> {
  const remove = db.prepare<[number, number]>(sql);
  return repeat(db, () => remove.run(batch, limit).changes, limit);
}

function* repeat(db: Db, work: () => number, limit = ROWS_PER_TRANSACTION): Generator<void, void, void> {
  while (inTransaction(db, work) === limit) yield;
  yield;
}
