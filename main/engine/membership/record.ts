import type Database from 'better-sqlite3';
import { type ChangeCause, changeCause } from '../../../preload/contract/values.ts';
import type { Instant } from '../core/instant.ts';
import type { Db } from '../store/store.ts';

/** A membership change as history keeps it. `exit` is null for an enter. */
export interface RecordedChange {
  readonly at: Instant;
  readonly userId: string;
  readonly audienceId: number;
  readonly event: 'enter' | 'exit';
  readonly enter: Instant;
  readonly exit: Instant | null;
  readonly cause: ChangeCause;
  readonly batch: number;
}

const inserts = new WeakMap<Db, Database.Statement>();

/** Adds one membership change to history, in the caller's transaction. */
export function recordChange(db: Db, change: RecordedChange): void {
  let insert = inserts.get(db);
  if (insert === undefined) {
    insert = db.prepare(
      `INSERT INTO change (at_ms, at_code, user_id, audience_id, event, enter_ms, enter_code, exit_ms, exit_code,
       cause, batch_id) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    );
    inserts.set(db, insert);
  }
  const { at, enter, exit } = change;
  insert.run(
    at.ms,
    at.code,
    change.userId,
    change.audienceId,
    change.event === 'enter' ? 1 : 2,
    enter.ms,
    enter.code,
    exit?.ms ?? null,
    exit?.code ?? null,
    changeCause.options.indexOf(change.cause) + 1,
    change.batch,
  );
}
