import type { Instant } from '../core/instant.ts';
import type { UserMemberships } from '../membership/bucket.ts';
import type { ChangeCounts } from '../membership/live-rows.ts';
import { openMembershipWriter, readMembershipsOf } from '../membership/membership.ts';
import { currentTexts } from '../profile/read.ts';
import type { Db } from '../store/store.ts';
import { rulesChanged } from './pending.ts';
import { type Plan, type PlannedStep, planAfter, stepAfter } from './plan.ts';
import type { RuleSet } from './rule-set.ts';
import type { Due, Timers } from './timers.ts';

/** Users who are due. */
export interface DueUsers {
  /** Length of the profile texts that had to be read, in characters. */
  readonly textChars: number;
  /**
   * Lets what is due for one of the users happen: as planned, or as the rules say of his profile where that has to be asked.
   * Gives when something is due for him next, null for never; the timer is the caller's.
   */
  fire(userId: string, dueMs: number): number | null;
  /** Writes memberships, history and member counts, and the plans that were made. */
  finish(): ChangeCounts;
}

/**
 * Reads what is planned for users who are due. Only those who have to be asked are read themselves: all of them together, but
 * who comes to be asked again after more than that by himself.
 */
export function dueUsers(
  db: Db,
  { due, ruleSet, timers, batch }: { due: readonly Due[]; ruleSet: RuleSet; timers: Timers; batch: number },
): DueUsers {
  const writer = openMembershipWriter(db, { batch, cause: 'clock' });
  // Until an edit has been carried through to all profiles there are plans of the rules before it.
  const plans = rulesChanged(db)
    ? new Map<string, Plan>()
    : timers.plansOf(due.map(({ userId }) => userId).sort());
  const made = new Map<string, Plan>();
  const asked = new Map<string, { readonly text: string; readonly present: UserMemberships }>();
  let textChars = 0;

  function plannedStep({ userId, dueMs }: Due): PlannedStep | undefined {
    const step = plans.get(userId)?.find(([ms]) => ms === dueMs);
    return step?.length === 3 ? step : undefined;
  }

  function read(userIds: ReadonlySet<string>): void {
    if (userIds.size === 0) return;
    const memberships = readMembershipsOf(db, userIds);
    for (const [userId, text] of currentTexts(db, userIds)) {
      textChars += text.length;
      asked.set(userId, { text, present: memberships.get(userId) ?? new Map() });
    }
  }

  function ask(userId: string, at: Instant): Plan {
    if (!asked.has(userId)) {
      // What has fired since the beginning has to be in the store before it is read.
      writer.finish();
      read(new Set([userId]));
    }
    const user = asked.get(userId);
    if (user === undefined) return [];
    const { text, present } = user;
    const timed = ruleSet.timed(ruleSet.context(text, present.keys()));
    writer.replace({ userId, at, present }, { of: timed.audienceIds, wanted: timed.matching(at) });
    return planAfter(timed, at, present);
  }

  read(new Set(due.filter((one) => plannedStep(one) === undefined).map(({ userId }) => userId)));
  return {
    textChars,
    fire(userId, dueMs) {
      const at = { ms: dueMs, code: 0 };
      const step = plannedStep({ userId, dueMs });
      if (step === undefined) {
        const plan = ask(userId, at);
        plans.set(userId, plan);
        made.set(userId, plan);
      } else {
        const [, leaves, enters] = step;
        const left = leaves.map(([id, ms, code]): [number, Instant] => [id, { ms, code }]);
        const present = asked.get(userId)?.present ?? new Map(left);
        writer.move({ userId, at, present }, { leaves: left.map(([id]) => id), enters });
      }
      return stepAfter(plans.get(userId) ?? [], dueMs)?.[0] ?? null;
    },
    finish() {
      timers.savePlans(made);
      writer.finish();
      return writer.counts;
    },
  };
}
