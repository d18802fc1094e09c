import type { ChangeCause } from '../../../preload/contract/values.ts';
import type { Instant } from '../core/instant.ts';
import { type ChangeCounts, readMemberships, replaceMemberships } from '../membership/membership.ts';
import type { Db } from '../store/store.ts';
import { rulesGeneration } from './pending.ts';
import { loadRuleSet, type RuleSet } from './rule-set.ts';
import { openTimers } from './timers.ts';

/**
 * Brings rule audiences up to date, one profile at a time, in the caller's transaction. Each call compares what the rules
 * say with the memberships in the store, records the difference as changes at the given instant and plans the next time
 * at which the clock alone can change an answer.
 */
export interface Reevaluator {
  /** Imported audiences that a rule includes, as the rules were when this was opened. */
  readonly includedIds: ReadonlySet<number>;
  /** The rules on a profile as it is from `at` on. */
  profile(userId: string, text: string, at: Instant, cause: ChangeCause): ChangeCounts;
  /**
   * What the clock alone has changed for a user until just before `until`, each change at its own instant: what was due
   * is decided on the profile as it was, before new data replaces it.
   */
  catchUp(userId: string, text: string, until: Instant): ChangeCounts;
}

/** A reevaluator whose changes belong to a batch, or undefined in a workspace without rules, where there is nothing to do. */
export function openReevaluator(
  db: Db,
  { batch, undoable }: { batch: number; undoable: boolean },
): Reevaluator | undefined {
  let ruleSet = loadRuleSet(db);
  let generation = rulesGeneration(db);
  if (ruleSet.rules.length === 0) return undefined;
  const timers = openTimers(db, undoable ? batch : undefined);

  /** The rules may be edited between two slices of long work, which must not go on deciding by the old ones. */
  function currentRules(): RuleSet {
    const latest = rulesGeneration(db);
    if (latest !== generation) ruleSet = loadRuleSet(db);
    generation = latest;
    return ruleSet;
  }

  function profile(userId: string, text: string, at: Instant, cause: ChangeCause): ChangeCounts {
    const ruleSet = currentRules();
    const present = readMemberships(db, userId);
    const { matched, dueMs } = ruleSet.answer(text, present.keys(), at);
    timers.plan(userId, dueMs);
    return replaceMemberships(
      db,
      { userId, at, present },
      { of: ruleSet.audienceIds, wanted: matched },
      { batch, cause },
    );
  }

  return {
    includedIds: ruleSet.includedIds,
    profile,
    catchUp(userId, text, until) {
      const counts = { entered: 0, exited: 0 };
      for (let due = timers.dueOf(userId); due !== undefined && due < until.ms; due = timers.dueOf(userId)) {
        const { entered, exited } = profile(userId, text, { ms: due, code: 0 }, 'clock');
        counts.entered += entered;
        counts.exited += exited;
      }
      return counts;
    },
  };
}
