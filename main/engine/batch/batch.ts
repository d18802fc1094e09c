import { setImmediate } from 'node:timers/promises';
import type { BatchRow } from '../../../preload/contract/history.ts';
import { SegueError } from '../core/errors.ts';
import { type Instant, instantOrNull } from '../core/instant.ts';
import { INSTANTS_OF_BATCH } from '../history/change-sql.ts';
import { foldLiveIfMany } from '../membership/fold.ts';
import { removeLooseSegments } from '../membership/loose-segments.ts';
import { type Db, inTransaction } from '../store/store.ts';
import { noteBegun } from './begun.ts';
import { cleanSpill } from './spill-folder.ts';
import { hideMemberships, takeBack } from './undo-steps.ts';

export type BatchKind = BatchRow['kind'];
export type BatchState = BatchRow['state'];

/** Kinds that a user starts: one at a time, and the last one can be undone. Rules and the clock run beside them. */
const IMPORT_KINDS = `('profiles', 'snapshot', 'archive', 'events', 'audiences')`;

/** The instant that a batch's changes are at, and its milliseconds of wall or simulated time. */
export interface BatchStart {
  readonly kind: BatchKind;
  /** What it was read from: a path, "standard input", a rule's slug. */
  readonly source: string;
  readonly at?: Instant | null;
  readonly startedMs: number;
}

/**
 * Begins an import or another unit of change, in state `running`, and gives its id. Commits on its own unless the caller
 * has a transaction open.
 *
 * @throws CONFLICT while another import is running: their effects on one user would depend on who is faster
 */
export function beginBatch(db: Db, { kind, source, at = null, startedMs }: BatchStart): number {
  return inTransaction(db, () => {
    if (kind !== 'rule' && kind !== 'clock') refuseWhileRunning(db);
    const { lastInsertRowid } = db
      .prepare(
        `INSERT INTO batch (kind, source, state, at_ms, at_code, started_ms) VALUES (?, ?, 'running', ?, ?, ?)`,
      )
      .run(kind, source, at?.ms ?? null, at?.code ?? null, startedMs);
    noteBegun(Number(lastInsertRowid));
    return Number(lastInsertRowid);
  });
}

function refuseWhileRunning(db: Db): void {
  const other = db
    .prepare<[], { id: number; kind: string; source: string }>(
      `SELECT id, kind, source FROM batch WHERE state = 'running' AND kind IN ${IMPORT_KINDS} LIMIT 1`,
    )
    .get();
  if (other === undefined) return;
  throw new SegueError(
    'CONFLICT',
    `Another import is running (${other.kind} from ${other.source}). Wait for its end, or cancel it.`,
    { batch: other.id, kind: other.kind },
  );
}

/** What a batch keeps of its result, for the list of batches. */
export interface BatchResult {
  readonly entered: number;
  readonly exited: number;
  readonly rejected: number;
}

/** Marks a batch as done, with its result as JSON. Inside the caller's transaction it commits with the last changes. */
export function finishBatch(
  db: Db,
  id: number,
  { endedMs, result }: { endedMs: number; result: BatchResult },
): void {
  db.prepare(
    `UPDATE batch SET state = 'done', ended_ms = ?, result = ? WHERE id = ? AND state = 'running'`,
  ).run(endedMs, JSON.stringify(result), id);
}

/**
 * Takes back everything a running batch has written and marks it as failed or cancelled. One that has taken effect stays:
 * only what came after it can have failed.
 */
export async function failBatch(
  db: Db,
  id: number,
  { endedMs, state }: { endedMs: number; state: 'failed' | 'cancelled' },
): Promise<void> {
  const running = db.prepare("SELECT 1 FROM batch WHERE id = ? AND state = 'running'").get(id);
  if (running === undefined) return;
  for (const _ of takeBack(db, id)) await setImmediate();
  db.prepare('UPDATE batch SET state = ?, ended_ms = ? WHERE id = ?').run(state, endedMs, id);
}

/**
 * Takes the last import back: memberships, history, profiles, recorded messages and the audiences that it created are as
 * before it.
 *
 * @throws NOT_FOUND for a batch that is not there, CONFLICT when it is not the last import, when it was not completed, or
 * when the clock or a rule has since changed one of its users in one of its audiences
 */
export async function undoBatch(db: Db, id: number): Promise<void> {
  inTransaction(db, () => {
    refuseUndo(db, id);
    hideMemberships(db, id);
    // A process killed from here on leaves a running batch, whose undoing goes on at the next opening.
    db.prepare(`UPDATE batch SET state = 'running' WHERE id = ?`).run(id);
  });
  for (const _ of takeBack(db, id)) await setImmediate();
  db.prepare(`UPDATE batch SET state = 'undone' WHERE id = ?`).run(id);
}

function refuseUndo(db: Db, id: number): void {
  refuseWhileRunning(db);
  const batch = db
    .prepare<[number], { state: string; kind: string }>('SELECT state, kind FROM batch WHERE id = ?')
    .get(id);
  if (batch === undefined) throw new SegueError('NOT_FOUND', `There is no batch ${id}.`, { batch: id });
  if (batch.state !== 'done') {
    throw new SegueError(
      'CONFLICT',
      `Batch ${id} is ${batch.state}; only a completed import can be undone.`,
      {
        batch: id,
        state: batch.state,
      },
    );
  }
  const last = lastUndoable(db);
  if (last !== id) {
    throw new SegueError(
      'CONFLICT',
      `Batch ${id} is not the last import${last === undefined ? '' : ` (that is ${last})`}. Only the last one can be undone.`,
      { batch: id, last: last ?? null },
    );
  }
  const later = db
    .prepare<[number, number, number, number], { user_id: string }>(
      `SELECT later.user_id FROM change AS later INDEXED BY change_batch_at
       WHERE later.batch_id > ? AND EXISTS (
         SELECT 1 FROM change_of_user_at AS own
         WHERE own.at_ms IN (${INSTANTS_OF_BATCH})
           AND own.user_id = later.user_id AND own.batch_id = ? AND own.audience_id = later.audience_id)
       LIMIT 1`,
    )
    .get(id, id, id, id);
  if (later !== undefined) {
    throw new SegueError(
      'CONFLICT',
      `Batch ${id} cannot be undone any more: a rule or the clock has since changed users that it changed.`,
      { batch: id },
    );
  }
}

/** The id of the import that can be undone, undefined when there is none: the last one, unless it is undone already. */
export function lastUndoable(db: Db): number | undefined {
  const last = db
    .prepare<[], { id: number; state: string }>(
      `SELECT id, state FROM batch WHERE kind IN ${IMPORT_KINDS} AND state IN ('done', 'undone') ORDER BY id DESC LIMIT 1`,
    )
    .get();
  return last?.state === 'done' ? last.id : undefined;
}

/** Whether a batch has taken effect and has not been taken back, nor is being taken back. */
export function isDone(db: Db, id: number): boolean {
  return db.prepare("SELECT 1 FROM batch WHERE id = ? AND state = 'done'").get(id) !== undefined;
}

/** A batch that a process left when it was killed, and that the next opening took back. */
export interface CutOffBatch {
  readonly id: number;
  readonly kind: BatchKind;
  readonly source: string;
  /** `undone` when it had been done and was being undone. */
  readonly state: 'failed' | 'undone';
}

/**
 * Called when a workspace is opened, before anything else runs: every batch that was cut off is taken back, and what a
 * killed process left in tables and in the spill folder is removed.
 *
 * @returns what was taken back, the oldest first
 */
export function recoverBatches(db: Db): CutOffBatch[] {
  const cutOff = db
    .prepare<[], CutOffBatch>(
      `SELECT id, kind, source, iif(ended_ms IS NULL, 'failed', 'undone') AS state FROM batch
       WHERE state = 'running' ORDER BY id DESC`,
    )
    .all();
  for (const { id, state } of cutOff) {
    for (const _ of takeBack(db, id));
    db.prepare('UPDATE batch SET state = ? WHERE id = ?').run(state, id);
  }
  removeLooseSegments(db);
  foldLiveIfMany(db);
  cleanSpill(db.name);
  return cutOff.reverse();
}

/** A range of history that no reader may see: the changes of an import that has not taken effect. Both ends inclusive. */
export interface HiddenRange {
  readonly first: number;
  readonly last: number;
  /** The import's own instant, at which all of its changes are but those with an enter time of their own. */
  readonly at: Instant | null;
}

/**
 * Ranges of `change.seq` to leave out of every answer, mostly none. A snapshot's changes are inserted in many short
 * transactions and appear all at once, when its batch ends; the same while it is being undone.
 */
export function hiddenChanges(db: Db): HiddenRange[] {
  return db
    .prepare<[], { first: number; last: number; ms: number | null; code: number | null }>(
      `SELECT first_seq AS first, last_seq AS last, at_ms AS ms, at_code AS code FROM batch_range JOIN batch ON id = batch_id
       WHERE state = 'running' ORDER BY first_seq`,
    )
    .all()
    .map(({ first, last, ms, code }) => ({
      first,
      last,
      at: instantOrNull(ms, code),
    }));
}
