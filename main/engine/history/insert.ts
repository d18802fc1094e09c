import type { ChangeCause, EventKind } from '../../../preload/contract/values.ts';
import type { Instant } from '../core/instant.ts';
import { prepareRows, type Row, type RowsInsert } from '../store/rows.ts';
import type { Db } from '../store/store.ts';
import { CAUSE_CODES, EVENT_CODES } from './codes.ts';
import { prepareQuery } from './prepared.ts';

/** One change for the history. */
export interface NewChange {
  /** Its number, where one was set aside for it; otherwise the next one. */
  readonly seq?: number;
  readonly at: Instant;
  readonly userId: string;
  /** The audience's row id. */
  readonly audienceId: number;
  readonly event: EventKind;
  /** When the user entered and left, as far as known and as far as it applies. */
  readonly enter: Instant | null;
  readonly exit: Instant | null;
  readonly cause: ChangeCause;
  readonly batch: number;
  /** Row id of the recorded message that carried it. */
  readonly recordedId?: number;
}

const COLUMNS =
  'seq, at_ms, at_code, user_id, audience_id, event, enter_ms, enter_code, exit_ms, exit_code, cause, batch_id, recorded_id';

const inserts = new WeakMap<Db, RowsInsert>();

function prepared(db: Db): RowsInsert {
  let found = inserts.get(db);
  if (found === undefined) {
    found = prepareRows(db, { into: `change (${COLUMNS})`, columns: 13 });
    inserts.set(db, found);
  }
  return found;
}

/** Sets aside so many numbers for changes, one after the other, in the caller's transaction; gives the first. */
export function takeNumbers(db: Db, count: number): number {
  const taken = prepareQuery(
    db,
    `UPDATE sqlite_sequence SET seq = seq + ? WHERE name = 'change' RETURNING seq`,
  ).get(count);
  if (taken !== undefined) return (taken as { seq: number }).seq - count + 1;
  db.prepare(`INSERT INTO sqlite_sequence (name, seq) VALUES ('change', ?)`).run(count);
  return 1;
}

/**
 * Adds changes to the history in the order given, which becomes the order of their sequence numbers. Runs in the caller's
 * transaction; without one each row would be its own. Sequence numbers are never given twice, also not after an undo, so a
 * run that kept one never means another change.
 */
export function insertChanges(db: Db, changes: Iterable<NewChange>): void {
  prepared(db)(Array.from(changes, rowOf));
}

function rowOf(change: NewChange): Row {
  const { seq, at, userId, audienceId, event, enter, exit, cause, batch, recordedId } = change;
  return [
    seq ?? null,
    at.ms,
    at.code,
    userId,
    audienceId,
    EVENT_CODES[event],
    enter === null ? null : enter.ms,
    enter === null ? null : enter.code,
    exit === null ? null : exit.ms,
    exit === null ? null : exit.code,
    CAUSE_CODES[cause],
    batch,
    recordedId ?? null,
  ];
}
