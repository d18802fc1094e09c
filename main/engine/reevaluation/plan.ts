import type { Instant } from '../core/instant.ts';

/**
 * What time alone will change for one user, in the order of time. It holds as long as his profile, his memberships of imported
 * audiences and the rules stay as they are; each change of these plans anew.
 */
export type Plan = readonly Step[];

/**
 * When, in epoch milliseconds (a whole second), and what is so from then on: whom he leaves, lowest row id first, and what
 * he enters, in the order of the rules. Without these two the profile has to be asked, and planned anew.
 */
export type Step = PlannedStep | readonly [dueMs: number];
export type PlannedStep = readonly [dueMs: number, leaves: readonly Leave[], enters: readonly number[]];

/** An audience's row id, and since when he is in it: an instant as the store keeps it. */
export type Leave = readonly [audienceId: number, enteredMs: number, enteredCode: number];

/** Moments that a plan looks at, most of them steps; a rule that changes more often is asked again after these. */
const MOST_MOMENTS = 8;

/** What a plan asks of the rules that time can change, for one profile. */
export interface TimedRules {
  readonly audienceIds: ReadonlySet<number>;
  /** Row ids of the audiences that match at an instant, in the order of the rules. */
  matching(at: Instant): ReadonlySet<number>;
  /** The first whole second after an instant at which time alone can change an answer, in epoch milliseconds. */
  nextMs(at: Instant): number | null;
}

/**
 * Plans what comes after an instant.
 *
 * @param present what he is in from that instant on, by row id
 */
export function planAfter(rules: TimedRules, at: Instant, present: ReadonlyMap<number, Instant>): Plan {
  const steps: Step[] = [];
  const inside = new Map([...present].filter(([id]) => rules.audienceIds.has(id)));
  let now = at;
  for (let looked = 0; ; looked += 1) {
    const nextMs = rules.nextMs(now);
    if (nextMs === null) return steps;
    if (looked === MOST_MOMENTS) return [...steps, [nextMs]];
    now = { ms: nextMs, code: 0 };
    const matching = rules.matching(now);
    const leaves = [...inside]
      .filter(([id]) => !matching.has(id))
      .map(([id, { ms, code }]): Leave => [id, ms, code])
      .sort(([a], [b]) => a - b);
    const enters = [...matching].filter((id) => !inside.has(id));
    if (leaves.length + enters.length === 0) continue;
    steps.push([nextMs, leaves, enters]);
    for (const [id] of leaves) inside.delete(id);
    for (const id of enters) inside.set(id, now);
  }
}

/** The first step after a time; undefined when nothing more comes. */
export function stepAfter(plan: Plan, ms: number): Step | undefined {
  return plan.find(([dueMs]) => dueMs > ms);
}
