import type Database from 'better-sqlite3';
import type { ChangeCause, EventKind } from '../../../preload/contract/values.ts';
import type { Instant } from '../core/instant.ts';
import type { Db } from '../store/store.ts';
import { CAUSE_CODES, EVENT_CODES } from './codes.ts';

/** One change for the history. */
export interface NewChange {
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

interface Statements {
  readonly one: Database.Statement;
  readonly many: Database.Statement;
}

const statements = new WeakMap<Db, Statements>();

/** Rows of one statement, where there are as many: half the calls' cost for a first import. */
const ROWS_PER_STATEMENT = 32;
const ROW = '(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)';

function prepared(db: Db): Statements {
  let found = statements.get(db);
  if (found === undefined) {
    const insert = `INSERT INTO change (at_ms, at_code, user_id, audience_id, event, enter_ms, enter_code, exit_ms, exit_code,
       cause, batch_id, recorded_id) VALUES `;
    found = {
      one: db.prepare(insert + ROW),
      many: db.prepare(insert + Array(ROWS_PER_STATEMENT).fill(ROW).join()),
    };
    statements.set(db, found);
  }
  return found;
}

/**
 * Adds changes to the history in the order given, which becomes the order of their sequence numbers. Runs in the caller's
 * transaction; without one each row would be its own. Sequence numbers are never given twice, also not after an undo, so a
 * run that kept one never means another change.
 */
export function insertChanges(db: Db, changes: Iterable<NewChange>): void {
  const { one, many } = prepared(db);
  let rows: (string | number | null)[][] = [];
  for (const change of changes) {
    rows.push(rowOf(change));
    if (rows.length < ROWS_PER_STATEMENT) continue;
    many.run(rows.flat());
    rows = [];
  }
  for (const row of rows) one.run(row);
}

function rowOf(change: NewChange): (string | number | null)[] {
  const { at, userId, audienceId, event, enter, exit, cause, batch, recordedId } = change;
  return [
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
