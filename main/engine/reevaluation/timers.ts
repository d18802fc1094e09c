import { type Db, inTransaction } from '../store/store.ts';

/** A user and when time can next change what a rule says of them, in epoch milliseconds. */
export interface Due {
  readonly userId: string;
  readonly dueMs: number;
}

/** The timer table, prepared once for many rows. Every function runs in the caller's transaction. */
export interface Timers {
  /** When a user is due, in epoch milliseconds. */
  dueOf(userId: string): number | undefined;
  /** The users who are due first, at or before an instant, in the order of time. */
  first(untilMs: number, limit: number): Due[];
  /** Plans a user's next evaluation; null when time alone changes nothing any more. */
  plan(userId: string, dueMs: number | null): void;
  /** As `plan` for many users. `present` says when they are due now; it is read, for all together, where it is not given. */
  planAll(plans: ReadonlyMap<string, number | null>, present?: readonly Due[]): void;
  count(untilMs: number): number;
  /** Drops what is due, in a workspace whose rules are gone; false, as nothing is left. */
  forget(untilMs: number): false;
}

/**
 * Opens the timer table.
 *
 * @param batch the import whose undoing takes these plans back; absent for rules and the clock, which are not undone
 */
export function openTimers(db: Db, batch?: number): Timers {
  const due = db.prepare<[string], number>('SELECT due_ms FROM rule_timer WHERE user_id = ?').pluck();
  const first = db.prepare<[number, number], Due>(
    'SELECT user_id AS userId, due_ms AS dueMs FROM rule_timer WHERE due_ms <= ? ORDER BY due_ms, user_id LIMIT ?',
  );
  const ofUsers = db.prepare<[string], Due>(
    'SELECT user_id AS userId, due_ms AS dueMs FROM rule_timer WHERE user_id IN (SELECT value FROM json_each(?))',
  );
  const count = db.prepare<[number], number>('SELECT count(*) FROM rule_timer WHERE due_ms <= ?').pluck();
  const put = db.prepare(
    'INSERT INTO rule_timer VALUES (?, ?) ON CONFLICT DO UPDATE SET due_ms = excluded.due_ms',
  );
  const remove = db.prepare('DELETE FROM rule_timer WHERE user_id = ?');
  const forget = db.prepare('DELETE FROM rule_timer WHERE due_ms <= ?');
  const keep = db.prepare('INSERT OR IGNORE INTO rule_timer_before VALUES (?, ?, ?)');
  function replace(userId: string, present: number | undefined, dueMs: number | null): void {
    if (present === (dueMs ?? undefined)) return;
    if (batch !== undefined) keep.run(batch, userId, present ?? null);
    if (dueMs === null) remove.run(userId);
    else put.run(userId, dueMs);
  }
  return {
    dueOf: (userId) => due.get(userId),
    first: (untilMs, limit) => first.all(untilMs, limit),
    count: (untilMs) => count.get(untilMs) ?? 0,
    forget(untilMs) {
      forget.run(untilMs);
      return false;
    },
    plan: (userId, dueMs) => replace(userId, due.get(userId), dueMs),
    planAll(plans, present = ofUsers.all(JSON.stringify([...plans.keys()]))) {
      const dueNow = new Map(present.map(({ userId, dueMs }) => [userId, dueMs]));
      // In the order of the table, so that each of its pages is written once.
      for (const [userId, dueMs] of [...plans].sort(([a], [b]) => (a < b ? -1 : 1)))
        replace(userId, dueNow.get(userId), dueMs);
    },
  };
}

/** Forgets what earlier imports overwrote: only the last one can be undone. */
export function forgetOlderPlans(db: Db, batch: number): void {
  db.prepare('DELETE FROM rule_timer_before WHERE batch_id < ?').run(batch);
}

/** Gives the plans back that an import overwrote, in one transaction. */
export function* undoTimers(db: Db, batch: number): Generator<void, void, void> {
  inTransaction(db, () => {
    db.prepare(
      `DELETE FROM rule_timer WHERE user_id IN
         (SELECT user_id FROM rule_timer_before WHERE batch_id = ? AND due_ms IS NULL)`,
    ).run(batch);
    db.prepare(
      `INSERT INTO rule_timer SELECT user_id, due_ms FROM rule_timer_before WHERE batch_id = ? AND due_ms IS NOT NULL
       ON CONFLICT DO UPDATE SET due_ms = excluded.due_ms`,
    ).run(batch);
    db.prepare('DELETE FROM rule_timer_before WHERE batch_id = ?').run(batch);
  });
  yield;
}
