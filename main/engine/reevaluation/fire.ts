import { SHARED_THREAD } from '../core/shared-thread.ts';
import type { ChangeCounts } from '../membership/membership.ts';
import type { Reevaluator } from './reevaluator.ts';
import type { Due, Timers } from './timers.ts';

/**
 * Users whose timers are read and written together. Thousands share the pages of the store that they stand on, a fifth of the
 * work at a million profiles; where others wait for this thread a group has to be short.
 */
export const FEWEST_USERS = 256;
const MOST_USERS = SHARED_THREAD ? FEWEST_USERS : 8192;
/** About how much profile text one group holds, in characters. */
const GROUP_CHARS = 4_000_000;
/** Evaluations of one group, a user on average, where users are due again and again within it. */
const EVALUATIONS_PER_USER = 4;

/** What one group of due users came to. */
export interface Fired extends ChangeCounts {
  /** Evaluations that were due; a user who is due again counts again. */
  readonly timers: number;
  /** False when nothing is due any more. */
  readonly more: boolean;
  /** How many users to take next, by the size of these profiles. */
  readonly nextUsers: number;
}

/**
 * Evaluates the users who are due first, each at the instant at which he is due, in the order of time over all users, in
 * the caller's transaction. A user who is due again before the last of the group is takes his turn among the others.
 *
 * @param maxUsers size of the group: {@link FEWEST_USERS} at first, then what the one before says
 */
export function fireFirst(
  { reevaluator, timers }: { reevaluator: Reevaluator; timers: Timers },
  untilMs: number,
  maxUsers: number,
): Fired {
  const first = timers.first(untilMs, maxUsers);
  const horizonMs = first.length < maxUsers ? untilMs : (first.at(-1)?.dueMs ?? untilMs);
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
    if (evaluated === maxUsers * EVALUATIONS_PER_USER) break;
  }
  timers.planAll(plans, first);
  const { entered, exited } = users.finish();
  const fitting = Math.floor((GROUP_CHARS * first.length) / Math.max(1, users.textChars));
  const nextUsers = Math.max(FEWEST_USERS, Math.min(MOST_USERS, fitting));
  return { entered, exited, timers: evaluated, more: first.length > 0, nextUsers };
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
