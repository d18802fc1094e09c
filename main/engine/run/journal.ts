import { open } from 'node:fs/promises';
import type { MessageState, RunKind, RunState } from '../../../preload/contract/run.ts';
import type { Instant } from '../core/instant.ts';
import type { JournalStep, Settlement } from '../dispatch/ports.ts';
import { type Db, inTransaction, openConnection } from '../store/store.ts';

/** Codes of `run_message.state`: part of the store's format. `in_flight` is not stored, it is a row of run_batch. */
export const STATE_CODES = { pending: 0, sent: 1, parked: 2, failed: 3, cancelled: 4 } as const;

/**
 * The messages of a run that are in one state, as what follows FROM. Parked, failed and cancelled ones have an index, which
 * SQLite's planner passes over for the primary key unless it is named: it would walk through a million sent messages to three
 * parked ones.
 *
 * @returns SQL with one parameter, the run's id
 */
export function messagesInState(state: keyof typeof STATE_CODES): string {
  const code = STATE_CODES[state];
  return code >= 2
    ? `run_message INDEXED BY run_message_problem WHERE run_id = ? AND state = ${code} AND state >= 2`
    : `run_message WHERE run_id = ? AND state = ${code}`;
}

/** The messages of a run that the queue may hold twice, as {@link messagesInState}. */
export const DOUBTFUL_MESSAGES = 'run_message INDEXED BY run_message_doubt WHERE run_id = ? AND doubt = 1';

export function messageStateOf(code: number): MessageState {
  return (['pending', 'sent', 'parked', 'failed', 'cancelled'] as const)[code] ?? 'pending';
}

/** A row of `run`. */
export interface RunRecord {
  id: number;
  key: string;
  kind: RunKind;
  workflow: string;
  environment: string;
  queue_url: string;
  state: RunState;
  dry_run: number;
  copy: string;
  selection: string;
  options: string;
  rate: number | null;
  concurrency: number;
  planned: number;
  sent: number;
  failed: number;
  parked: number;
  cancelled: number;
  retries: number;
  cursor: number;
  active_ms: number;
  created_ms: number;
  started_ms: number | null;
  ended_ms: number | null;
  reason: string | null;
}

/** A pending message as it is read for sending. */
export interface PendingMessage {
  readonly n: number;
  readonly userId: string;
  readonly at: Instant;
  readonly attempts: number;
  readonly doubt: boolean;
  readonly changes: string;
  readonly body: string | null;
  readonly attributes: string | null;
}

type PendingRow = [
  n: number,
  userId: string,
  atMs: number,
  atCode: number,
  attempts: number,
  doubt: number,
  changes: string,
  body: string | null,
  attributes: string | null,
];

/** The journal of one run while it is sent, on a connection of its own whose every commit reaches the disk. */
export interface RunJournal {
  readonly db: Db;
  pending(fromN: number, limit: number): PendingMessage[];
  /** Writes one step. Throws what SQLite throws (disk full, locked). */
  commit(step: JournalStep, activeMs: number): void;
  /** Resolves when every step committed so far is on the disk. */
  flush(): Promise<void>;
  /** Groups that parked messages hold (FIFO). */
  heldGroups(): string[];
  close(): Promise<void>;
}

/**
 * Opens the journal of a run for sending. A batch that leaves must be on the disk also if the power fails, otherwise it
 * could be sent again without being counted. What `synchronous = FULL` does after each commit, a sync of the write-ahead
 * log, is done here without blocking: on a busy disk it took longer than all other work of a batch. A checkpoint between
 * commit and sync does no harm, since SQLite syncs the log before it copies from it (`synchronous = NORMAL`).
 */
export async function openJournal(file: string, runId: number): Promise<RunJournal> {
  const db = openConnection(file, 'write');
  db.pragma('cache_size = -8000');
  // Opened for writing because Windows syncs no other handle. The log exists as long as a connection is open.
  const log = await open(`${file}-wal`, 'r+');
  const read = db
    .prepare<[number, number, number], PendingRow>(
      `SELECT n, user_id, at_ms, at_code, attempts, doubt, changes, body, attributes
       FROM ${messagesInState('pending')} AND n >= ? ORDER BY n LIMIT ?`,
    )
    .raw();
  const lease = db.prepare('INSERT INTO run_batch VALUES (?, ?, ?)');
  const endLease = db.prepare('DELETE FROM run_batch WHERE run_id = ? AND lease = ?');
  const sent = db.prepare(
    'UPDATE run_message SET state = 1, attempts = ?, doubt = ?, message_id = ? WHERE run_id = ? AND n = ?',
  );
  const settle = db.prepare(
    `UPDATE run_message SET state = ?, attempts = ?, doubt = ?, message_id = coalesce(?, message_id),
     error_code = ?, error_message = ?, group_id = ? WHERE run_id = ? AND n = ?`,
  );
  const count = db.prepare(
    `UPDATE run SET sent = sent + ?, parked = parked + ?, failed = failed + ?, retries = retries + ?, cursor = ?,
     active_ms = ? WHERE id = ?`,
  );
  const settleOne = (one: Settlement) => {
    const id = one.messageId === null ? null : encodeMessageId(one.messageId);
    // A message that needed a retry carries the error of its last failure, which success takes away.
    if (one.state === 'sent' && one.attempts === 1 && id !== null) {
      sent.run(1, one.doubt ? 1 : 0, id, runId, one.n);
    } else {
      settle.run(
        STATE_CODES[one.state],
        one.attempts,
        one.doubt ? 1 : 0,
        id,
        one.code,
        one.message?.slice(0, 1000) ?? null,
        one.groupId,
        runId,
        one.n,
      );
    }
  };
  return {
    db,
    pending: (fromN, limit) => read.all(runId, fromN, limit).map(toPending),
    commit(step, activeMs) {
      inTransaction(db, () => {
        const counts = { sent: 0, parked: 0, failed: 0, pending: 0 };
        for (const one of step.settled) {
          counts[one.state] += 1;
          settleOne(one);
        }
        for (const id of step.ended) endLease.run(runId, id);
        for (const { id, messages } of step.leased) {
          lease.run(runId, id, messages.map(({ n }) => n).join(','));
        }
        count.run(counts.sent, counts.parked, counts.failed, step.retries, step.cursor, activeMs, runId);
      });
    },
    flush: () => log.datasync(),
    heldGroups: () =>
      db
        .prepare<[number], string>(
          `SELECT DISTINCT group_id FROM ${messagesInState('parked')} AND group_id IS NOT NULL`,
        )
        .pluck()
        .all(runId),
    close() {
      db.close();
      return log.close();
    },
  };
}

function toPending([
  n,
  userId,
  ms,
  code,
  attempts,
  doubt,
  changes,
  body,
  attributes,
]: PendingRow): PendingMessage {
  return { n, userId, at: { ms, code }, attempts, doubt: doubt === 1, changes, body, attributes };
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const NO_ID = Buffer.alloc(16);

/** A message id as stored: 16 bytes for a UUID, as SQS gives, so that the row keeps its size; else the text. */
function encodeMessageId(text: string): Buffer | string {
  return UUID.test(text) ? Buffer.from(text.replaceAll('-', ''), 'hex') : text;
}

/** Reads a stored message id; null while there is none. */
export function decodeMessageId(stored: Buffer | string): string | null {
  if (typeof stored === 'string') return stored;
  if (stored.equals(NO_ID)) return null;
  const hex = stored.toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}
