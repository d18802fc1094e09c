import { z } from 'zod';
import { call } from './call.ts';
import { instantText, jobId } from './values.ts';

/** How long an older version of a profile is kept once it has been replaced, in days; null = forever. */
export const retentionDays = z.int().min(1).max(36_500).nullable();

/** What is kept and what is past its time. `cutOff` and `keptFrom` are null while versions are kept forever. */
export const retentionState = z.object({
  days: retentionDays,
  /** Now minus `days`. */
  cutOff: instantText.nullable(),
  /** From when on as-of answers are exact after a pruning: `cutOff`, or earlier while a run has messages of an earlier time. */
  keptFrom: instantText.nullable(),
  /** That run's id. */
  heldByRun: z.string().nullable(),
  versions: z.int(),
  /** When the version that was replaced first was replaced; null without older versions. */
  oldestReplacedAt: instantText.nullable(),
  /** Versions that pruning would remove now, and about how much text they hold. */
  prunable: z.int(),
  prunableBytes: z.int(),
  /** As-of answers before this instant are no longer exact, since a pruning; null when nothing was ever pruned. */
  prunedUntil: instantText.nullable(),
});
export type RetentionState = z.infer<typeof retentionState>;

/** What a pruning did, or would do. */
export const pruneResult = z.object({
  dryRun: z.boolean(),
  keptFrom: instantText,
  heldByRun: z.string().nullable(),
  removed: z.int(),
  /** Text of the removed versions. */
  removedBytes: z.int(),
  /** Size of the store's file afterwards, and how much of it is free for what comes next. */
  storeBytes: z.int(),
  freeBytes: z.int(),
});
export type PruneResult = z.infer<typeof pruneResult>;

export const retentionCalls = {
  show: call(z.object({}), retentionState),
  /** Sets how long older versions are kept. Removes nothing by itself. */
  set: call(z.object({ days: retentionDays }), retentionState),
  /** Removes versions that are past the retention and gives their space back; progress in rows, can be cancelled. */
  prune: call(z.object({ dryRun: z.boolean().default(false), jobId }), pruneResult),
};
