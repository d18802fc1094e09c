import { z } from 'zod';
import { call } from './call.ts';
import { historyFilter } from './history.ts';
import { runOptions, runRequest, runState } from './run.ts';
import { filePath, instantText, jobId, workflowName } from './values.ts';

const shares = runOptions.pick({ profile: true, requireValid: true });

/** What a bundle says of itself. Every share of it builds the same messages, so its runs can be added up. */
export const bundleManifest = z.object({
  version: z.literal(1),
  id: z.string().regex(/^[0-9a-f]{32}$/),
  /** When it was made; the instant of a backfill's messages on every machine. */
  createdAt: instantText,
  workflow: workflowName,
  kind: runRequest.shape.kind,
  /** Of the bundle's own changes: what earlier runs made of them was taken into account when it was made. */
  selection: historyFilter,
  ...shares.shape,
  /** All messages of the bundle, and a checksum over them that does not depend on their order. */
  messages: z.int().min(0),
  digest: z.string().regex(/^[0-9a-f]{16}$/),
});
export type BundleManifest = z.infer<typeof bundleManifest>;

/** One share's run as the first line of its export tells it; `pending` includes what is in flight. */
export const shareRow = z.object({
  index: z.int().min(0),
  run: z.string(),
  state: runState,
  planned: z.int(),
  sent: z.int(),
  failed: z.int(),
  parked: z.int(),
  pending: z.int(),
  cancelled: z.int(),
  possibleDuplicates: z.int(),
});
export type ShareRow = z.infer<typeof shareRow>;

const counts = shareRow.omit({ index: true, run: true, state: true });

/** All shares as one run. `missing` names the shares without a file; a run with one is `incomplete`. */
export const mergeReport = counts.extend({
  bundle: z.string(),
  workflow: z.string(),
  kind: runRequest.shape.kind,
  of: z.int(),
  state: z.enum(['completed', 'completed_with_errors', 'incomplete']),
  missing: z.array(z.int()),
  shares: z.array(shareRow),
  /** Messages that the bundle has and that are in none of the files. */
  unaccounted: z.int(),
  file: z.string(),
});
export type MergeReport = z.infer<typeof mergeReport>;

export const bundleCalls = {
  /** Writes what a machine without the workspace needs for a share of a run, as one file without secrets. */
  export: call(
    runRequest
      .pick({ workflow: true, kind: true, selection: true })
      .extend({ options: shares.prefault({}), out: filePath, jobId }),
    z.object({
      id: z.string(),
      file: z.string(),
      bytes: z.int(),
      messages: z.int(),
      users: z.int(),
    }),
  ),
  /** The bundle that this workspace was opened from, null for any other workspace. */
  show: call(z.object({}), z.object({ bundle: bundleManifest.nullable() })),
  /** Joins the exported journals of a bundle's shares into one, and adds them up. */
  merge: call(
    z.object({
      files: z.array(filePath).min(1).max(10_000),
      out: filePath,
      allowMissing: z.boolean().default(false),
      jobId,
    }),
    mergeReport,
  ),
};
