import type { ChangeCause } from '../../../preload/contract/values.ts';
import type { Instant } from '../core/instant.ts';
import type { UserMemberships } from '../membership/bucket.ts';
import {
  type ChangeCounts,
  openMembershipWriter,
  readMemberships,
  readMembershipsOf,
} from '../membership/membership.ts';
import { currentTexts } from '../profile/read.ts';
import type { ProfileContext } from '../rules/rules.ts';
import type { Db } from '../store/store.ts';
import { rulesGeneration } from './pending.ts';
import { loadRuleSet, type RuleSet } from './rule-set.ts';
import { openTimers } from './timers.ts';

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
  /** Reads users who are due, so that they can be evaluated in the order of time. */
  due(userIds: ReadonlySet<string>): DueUsers;
}

/** Users who are due, with their profiles and memberships. */
export interface DueUsers {
  /** Length of all their profile texts together, in characters. */
  readonly textChars: number;
  /**
   * Evaluates the rules that time can change for one of the users; gives when the next of them can change, null for never.
   * The timer is the caller's.
   */
  evaluate(userId: string, at: Instant): number | null;
  /** Writes history and member counts of all that were evaluated. */
  finish(): ChangeCounts;
}

/** A reevaluator whose changes belong to a batch, or undefined in a workspace without rules, where there is nothing to do. */
export function openReevaluator(
  db: Db,
  { batch, undoable }: { batch: number; undoable: boolean },
): Reevaluator | undefined {
  let ruleSet = loadRuleSet(db);
  let generation = rulesGeneration(db);
  if (ruleSet.all.audienceIds.size === 0) return undefined;
  const timers = openTimers(db, undoable ? batch : undefined);

  /** The rules may be edited between two slices of long work, which must not go on deciding by the old ones. */
  function currentRules(): RuleSet {
    const latest = rulesGeneration(db);
    if (latest !== generation) ruleSet = loadRuleSet(db);
    generation = latest;
    return ruleSet;
  }

  function profile(userId: string, text: string, at: Instant, cause: ChangeCause): ChangeCounts {
    const rules = currentRules();
    const present = readMemberships(db, userId);
    const { matched, dueMs } = rules.all.answer(rules.context(text, present.keys()), at);
    timers.plan(userId, dueMs);
    const writer = openMembershipWriter(db, { batch, cause });
    writer.replace({ userId, at, present }, { of: rules.all.audienceIds, wanted: matched });
    writer.finish();
    return writer.counts;
  }

  function profiles(users: readonly UserText[], at: Instant, cause: ChangeCause): ChangeCounts {
    const rules = currentRules();
    const memberships = readMembershipsOf(db, new Set(users.map(({ userId }) => userId)));
    const writer = openMembershipWriter(db, { batch, cause });
    const plans = new Map<string, number | null>();
    for (const { userId, text } of users) {
      const present = memberships.get(userId) ?? new Map();
      const { matched, dueMs } = rules.all.answer(rules.context(text, present.keys()), at);
      plans.set(userId, dueMs);
      writer.replace({ userId, at, present }, { of: rules.all.audienceIds, wanted: matched });
    }
    timers.planAll(plans);
    writer.finish();
    return writer.counts;
  }

  function due(userIds: ReadonlySet<string>): DueUsers {
    const rules = currentRules();
    const texts = currentTexts(db, userIds);
    const memberships = readMembershipsOf(db, userIds);
    const writer = openMembershipWriter(db, { batch, cause: 'clock' });
    const users = new Map<string, { present: UserMemberships; context: ProfileContext }>();
    function read(userId: string) {
      const text = texts.get(userId);
      if (text === undefined) return undefined;
      const present = memberships.get(userId) ?? new Map();
      const user = { present, context: rules.context(text, present.keys()) };
      users.set(userId, user);
      return user;
    }
    return {
      textChars: texts.values().reduce((chars, text) => chars + text.length, 0),
      evaluate(userId, at) {
        const user = users.get(userId) ?? read(userId);
        if (user === undefined) return null;
        const { matched, dueMs } = rules.timed.answer(user.context, at);
        writer.replace(
          { userId, at, present: user.present },
          { of: rules.timed.audienceIds, wanted: matched },
        );
        return dueMs;
      },
      finish() {
        writer.finish();
        return writer.counts;
      },
    };
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
    due,
  };
}
