import type { ChangeCounts } from '../membership/membership.ts';
import type { Reevaluator } from './reevaluator.ts';
import type { Due, Timers } from './timers.ts';

/** Users whose timers are read and written together; larger groups were no faster, also at a million profiles. */
const USERS_PER_GROUP = 256;
/** Evaluations of one group, where users are due again and again within it. */
const MAX_EVALUATIONS = 4 * USERS_PER_GROUP;

/** What one group of due users came to. */
export interface Fired extends ChangeCounts {
  /** Evaluations that were due; a user who is due again counts again. */
  readonly timers: number;
  /** False when nothing is due any more. */
  readonly more: boolean;
}

/**
 * Evaluates the users who are due first, each at the instant at which he is due, in the order of time over all users, in
 * the caller's transaction. A user who is due again before the last of the group is takes his turn among the others.
 */
export function fireFirst(
  { reevaluator, timers }: { reevaluator: Reevaluator; timers: Timers },
  untilMs: number,
): Fired {
  const first = timers.first(untilMs, USERS_PER_GROUP);
  const horizonMs = first.length < USERS_PER_GROUP ? untilMs : (first.at(-1)?.dueMs ?? untilMs);
  const users = reevaluator.due(new Set(first.map(({ userId }) => userId).sort()));
  const agenda = createAgenda(first);
  const plans = new Map<string, number | null>();
  let evaluated = 0;
  for (let next = agenda.take(); next !== undefined; next = agenda.take()) {
    const { userId, dueMs } = next;
    const againMs = users.evaluate(userId, { ms: dueMs, code: 0 });
    plans.set(userId, againMs);
    if (againMs !== null && againMs <= horizonMs) agenda.add({ userId, dueMs: againMs });
    evaluated += 1;
    // Who has not had his turn stays due.
    if (evaluated === MAX_EVALUATIONS) break;
  }
  timers.planAll(plans, first);
  const { entered, exited } = users.finish();
  return { entered, exited, timers: evaluated, more: first.length > 0 };
}

/** Who is due when, the earliest first, starting from a list in this order. */
function createAgenda(first: readonly Due[]) {
  let next = 0;
  const again: Due[] = [];
  return {
    take(): Due | undefined {
      const [due, repeated] = [first[next], again[0]];
      if (repeated !== undefined && (due === undefined || repeated.dueMs < due.dueMs)) return again.shift();
      next += 1;
      return due;
    },
    /** Few are due again within one group, so a list in order is enough. */
    add(due: Due): void {
      let at = again.length;
      while (at > 0 && (again[at - 1]?.dueMs ?? 0) > due.dueMs) at -= 1;
      again.splice(at, 0, due);
    },
  };
}
