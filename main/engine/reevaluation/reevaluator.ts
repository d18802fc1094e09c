import type { ChangeCause } from '../../../preload/contract/values.ts';
import type { Instant } from '../core/instant.ts';
import type { UserMemberships } from '../membership/bucket.ts';
import type { ChangeCounts } from '../membership/live-rows.ts';
import {
  type MembershipWriter,
  openMembershipWriter,
  readMemberships,
  readMembershipsOf,
} from '../membership/membership.ts';
import type { Db } from '../store/store.ts';
import { type DueUsers, dueUsers } from './due-users.ts';
import { rulesGeneration } from './pending.ts';
import { type Plan, planAfter } from './plan.ts';
import { loadRuleSet } from './rule-set.ts';
import { type Due, openTimers } from './timers.ts';

/** A user's profile text. */
export interface UserText {
  readonly userId: string;
  readonly text: string;
}

/**
 * Brings rule audiences up to date in the caller's transaction. Each call compares what the rules say with the memberships
 * in the store, records the difference as changes at the given instant and plans the next time at which the clock alone
 * can change an answer.
 */
export interface Reevaluator {
  /** Imported audiences that a rule includes, as the rules were when this was opened. */
  readonly includedIds: ReadonlySet<number>;
  /** The rules on a profile as it is from `at` on. */
  profile(userId: string, text: string, at: Instant, cause: ChangeCause): ChangeCounts;
  /** As `profile` for many users at one instant, read and written together. */
  profiles(users: readonly UserText[], at: Instant, cause: ChangeCause): ChangeCounts;
  /**
   * What the clock alone has changed for a user until just before `until`, each change at its own instant: what was due
   * is decided on the profile as it was, before new data replaces it.
   */
  catchUp(userId: string, text: string, until: Instant): ChangeCounts;
  /** Reads what is planned for users who are due, so that it can fire in the order of time. */
  due(users: readonly Due[]): DueUsers;
}

/** A reevaluator whose changes belong to a batch, or undefined in a workspace without rules, where there is nothing to do. */
export function openReevaluator(
  db: Db,
  { batch, undoable }: { batch: number; undoable: boolean },
): Reevaluator | undefined {
  let ruleSet = loadRuleSet(db);
  let generation = rulesGeneration(db);
  if (ruleSet.audienceIds.size === 0) return undefined;
  const timers = openTimers(db, undoable ? batch : undefined);

  /** The rules may be edited between two slices of long work, which must not go on deciding by the old ones. */
  function followRules(): void {
    const latest = rulesGeneration(db);
    if (latest !== generation) ruleSet = loadRuleSet(db);
    generation = latest;
  }

  /** Brings one user up to date and plans what comes next; `present` is kept up to date. */
  function bring(
    writer: MembershipWriter,
    { userId, text, present }: UserText & { present: UserMemberships },
    at: Instant,
  ): Plan {
    const context = ruleSet.context(text, present.keys());
    const wanted = ruleSet.matching(context, at);
    writer.replace({ userId, at, present }, { of: ruleSet.audienceIds, wanted });
    return planAfter(ruleSet.timed(context), at, present);
  }

  function profile(userId: string, text: string, at: Instant, cause: ChangeCause): ChangeCounts {
    followRules();
    const writer = openMembershipWriter(db, { batch, cause });
    const plan = bring(writer, { userId, text, present: readMemberships(db, userId) }, at);
    timers.planAll(new Map([[userId, plan]]));
    writer.finish();
    return writer.counts;
  }

  function profiles(users: readonly UserText[], at: Instant, cause: ChangeCause): ChangeCounts {
    followRules();
    const memberships = readMembershipsOf(db, new Set(users.map(({ userId }) => userId)));
    const writer = openMembershipWriter(db, { batch, cause });
    const plans = new Map<string, Plan>();
    for (const user of users) {
      const present = memberships.get(user.userId) ?? new Map();
      plans.set(user.userId, bring(writer, { ...user, present }, at));
    }
    timers.planAll(plans);
    writer.finish();
    return writer.counts;
  }

  return {
    includedIds: ruleSet.includedIds,
    profile,
    profiles,
    catchUp(userId, text, until) {
      const counts = { entered: 0, exited: 0 };
      for (let due = timers.dueOf(userId); due !== undefined && due < until.ms; due = timers.dueOf(userId)) {
        const { entered, exited } = profile(userId, text, { ms: due, code: 0 }, 'clock');
        counts.entered += entered;
        counts.exited += exited;
      }
      return counts;
    },
    due(due) {
      followRules();
      return dueUsers(db, { due, ruleSet, timers, batch });
    },
  };
}
