import { prepareRows } from '../store/rows.ts';
import { type Db, inTransaction } from '../store/store.ts';
import type { Plan } from './plan.ts';

/** A user and when the next step of his plan is due, in epoch milliseconds. */
export interface Due {
  readonly userId: string;
  readonly dueMs: number;
}

/** The tables of plans and of what is due next, prepared once for many rows. Every function runs in the caller's transaction. */
export interface Timers {
  /** When a user is due, in epoch milliseconds. */
  dueOf(userId: string): number | undefined;
  /** The users who are due first, at or before an instant, in the order of time. */
  first(untilMs: number, limit: number): Due[];
  plansOf(userIds: Iterable<string>): Map<string, Plan>;
  /** Replaces users' plans; an empty one when time alone changes nothing any more. */
  planAll(plans: ReadonlyMap<string, Plan>): void;
  /** Takes fired timers away and puts in when the same users are due next; null when time changes nothing any more. */
  move(fired: readonly Due[], next: ReadonlyMap<string, number | null>): void;
  /** Writes plans whose next step {@link move} has put in. */
  savePlans(plans: ReadonlyMap<string, Plan>): void;
  count(untilMs: number): number;
  /** Drops what is due, in a workspace whose rules are gone; false, as nothing is left. */
  forget(untilMs: number): false;
}

interface StoredPlan {
  readonly userId: string;
  readonly steps: string;
  readonly dueMs: number | null;
}

/** Of the steps of a plan the one that is due next has a row: a look-up for each, mostly the first. CROSS JOIN keeps the order. */
const STORED = `SELECT p.user_id AS userId, p.steps,
    (SELECT d.due_ms FROM json_each(p.steps) AS s CROSS JOIN rule_due AS d
     ON d.due_ms = s.value ->> 0 AND d.user_id = p.user_id LIMIT 1) AS dueMs
  FROM rule_plan AS p`;

/**
 * Opens the tables.
 *
 * @param batch the import whose undoing takes these plans back; absent for rules and the clock, which are not undone
 */
export function openTimers(db: Db, batch?: number): Timers {
  const stored = db.prepare<[string], StoredPlan>(`${STORED} WHERE p.user_id = ?`);
  const first = db.prepare<[number, number], Due>(
    'SELECT user_id AS userId, due_ms AS dueMs FROM rule_due WHERE due_ms <= ? ORDER BY due_ms, user_id LIMIT ?',
  );
  const ofUsers = db.prepare<[string], StoredPlan>(
    `${STORED} WHERE p.user_id IN (SELECT value FROM json_each(?))`,
  );
  const plansOfUsers = db
    .prepare<[string], [userId: string, steps: string]>(
      'SELECT user_id, steps FROM rule_plan WHERE user_id IN (SELECT value FROM json_each(?))',
    )
    .raw();
  const count = db.prepare<[number], number>('SELECT count(*) FROM rule_due WHERE due_ms <= ?').pluck();
  const put = prepareRows(db, {
    into: 'rule_plan',
    columns: 2,
    onConflict: 'ON CONFLICT DO UPDATE SET steps = excluded.steps',
  });
  const remove = db.prepare('DELETE FROM rule_plan WHERE user_id = ?');
  const putDue = prepareRows(db, { into: 'rule_due', columns: 2 });
  const removeDue = db.prepare('DELETE FROM rule_due WHERE due_ms = ? AND user_id = ?');
  const forget = db.prepare('DELETE FROM rule_due WHERE due_ms <= ?');
  const keep = db.prepare('INSERT OR IGNORE INTO rule_timer_before VALUES (?, ?, ?)');
  function replaceAll(plans: ReadonlyMap<string, Plan>, present: ReadonlyMap<string, StoredPlan>): void {
    const rows: [string, string][] = [];
    const dues: [number, string][] = [];
    for (const [userId, plan] of plans) {
      const before = present.get(userId);
      const dueMs = plan[0]?.[0] ?? null;
      const dueBefore = before?.dueMs ?? null;
      const steps = plan.length === 0 ? undefined : JSON.stringify(plan);
      if (dueMs === dueBefore && steps === before?.steps) continue;
      if (batch !== undefined) keep.run(batch, userId, dueBefore);
      if (steps !== undefined) rows.push([userId, steps]);
      else remove.run(userId);
      if (dueMs === dueBefore) continue;
      if (dueBefore !== null) removeDue.run(dueBefore, userId);
      if (dueMs !== null) dues.push([dueMs, userId]);
    }
    // In the order of the tables, so that each of their pages is written once.
    put(rows.sort(([a], [b]) => (a < b ? -1 : 1)));
    putDue(dues.sort(([a], [b]) => a - b));
  }
  return {
    dueOf: (userId) => stored.get(userId)?.dueMs ?? undefined,
    first: (untilMs, limit) => first.all(untilMs, limit),
    plansOf(userIds) {
      const rows = plansOfUsers.all(JSON.stringify([...userIds]));
      return new Map(rows.map(([userId, steps]): [string, Plan] => [userId, JSON.parse(steps)]));
    },
    planAll(plans) {
      const rows = ofUsers.all(JSON.stringify([...plans.keys()]));
      replaceAll(plans, new Map(rows.map((row) => [row.userId, row])));
    },
    move(fired, next) {
      const dues: [number, string][] = [];
      for (const { userId, dueMs } of fired) {
        const nextMs = next.get(userId);
        // Who has not had his turn stays due.
        if (nextMs === undefined) continue;
        removeDue.run(dueMs, userId);
        if (nextMs !== null) dues.push([nextMs, userId]);
      }
      putDue(dues.sort(([a], [b]) => a - b));
    },
    savePlans: (plans) => put([...plans].map(([userId, plan]) => [userId, JSON.stringify(plan)])),
    count: (untilMs) => count.get(untilMs) ?? 0,
    forget(untilMs) {
      forget.run(untilMs);
      return false;
    },
  };
}

/** Forgets what earlier imports overwrote: only the last one can be undone. */
export function forgetOlderPlans(db: Db, batch: number): void {
  db.prepare('DELETE FROM rule_timer_before WHERE batch_id < ?').run(batch);
}

/**
 * Makes users due again when they were before an import, in one transaction. Their profiles are asked then: the clock may have
 * fired some of what their plans said.
 */
export function* undoTimers(db: Db, batch: number): Generator<void, void, void> {
  inTransaction(db, () => {
    const before = 'SELECT user_id FROM rule_timer_before WHERE batch_id = ?';
    db.prepare(
      `DELETE FROM rule_due WHERE (due_ms, user_id) IN
         (SELECT dueMs, userId FROM (${STORED} WHERE p.user_id IN (${before})))`,
    ).run(batch);
    db.prepare(`DELETE FROM rule_plan WHERE user_id IN (${before})`).run(batch);
    const planned = 'FROM rule_timer_before WHERE batch_id = ? AND due_ms IS NOT NULL';
    db.prepare(`INSERT INTO rule_plan SELECT user_id, json_array(json_array(due_ms)) ${planned}`).run(batch);
    db.prepare(`INSERT INTO rule_due SELECT due_ms, user_id ${planned}`).run(batch);
    db.prepare('DELETE FROM rule_timer_before WHERE batch_id = ?').run(batch);
  });
  yield;
}
