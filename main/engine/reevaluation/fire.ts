import type { ChangeCounts } from '../membership/live-rows.ts';
import { nextGroup } from './group.ts';
import type { Reevaluator } from './reevaluator.ts';
import type { Due, Timers } from './timers.ts';

/** Steps of one group, a user on average, where users are due again and again within it. */
const STEPS_PER_USER = 4;

/** What one group of due users came to. */
export interface Fired extends ChangeCounts {
  /** Steps that were due; a user who is due again counts again. */
  readonly timers: number;
  /** False when nothing is due any more. */
  readonly more: boolean;
  /** How many users to take next, by the size of these profiles. */
  readonly nextUsers: number;
}

/**
 * Fires what is due first, each step at its instant, in the order of time over all users, in the caller's transaction. A user
 * who is due again before the last of the group is takes his turn among the others.
 *
 * @param maxUsers size of the group: {@link FIRST_GROUP} at first, then what the one before says
 */
export function fireFirst(
  { reevaluator, timers }: { reevaluator: Reevaluator; timers: Timers },
  untilMs: number,
  maxUsers: number,
): Fired {
  const first = timers.first(untilMs, maxUsers);
  const horizonMs = first.length < maxUsers ? untilMs : (first.at(-1)?.dueMs ?? untilMs);
  const users = reevaluator.due(first);
  const agenda = createAgenda(first);
  const dues = new Map<string, number | null>();
  let fired = 0;
  for (let due = agenda.take(); due !== undefined; due = agenda.take()) {
    const nextMs = users.fire(due.userId, due.dueMs);
    dues.set(due.userId, nextMs);
    if (nextMs !== null && nextMs <= horizonMs) agenda.add({ userId: due.userId, dueMs: nextMs });
    fired += 1;
    // Who has not had his turn stays due.
    if (fired === maxUsers * STEPS_PER_USER) break;
  }
  timers.move(first, dues);
  const { entered, exited } = users.finish();
  const nextUsers = nextGroup(first.length, users.textChars);
  return { entered, exited, timers: fired, more: first.length > 0, nextUsers };
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
