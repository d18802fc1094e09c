import { z } from 'zod';
import { bundleManifest } from '../../../preload/contract/bundle.ts';
import { runOptions, runState } from '../../../preload/contract/run.ts';
import type { RunRecord } from '../run/journal.ts';
import type { Db } from '../store/store.ts';
import { readManifest } from './manifest.ts';

/** The first line of the exported journal of a share: which share of which bundle it is, and how many lines follow. */
export const shareHeader = z.object({
  version: z.literal(1),
  kind: z.literal('segue-share'),
  bundle: bundleManifest,
  shard: z.object({ index: z.int().min(0), of: z.int().min(1) }),
  run: z.string(),
  state: runState,
  dryRun: z.boolean(),
  planned: z.int(),
});
export type ShareHeader = z.infer<typeof shareHeader>;

/** The share that a run in a bundle's workspace is; undefined in any other workspace. A run without a shard is all of it. */
export function shareOf(db: Db, run: RunRecord): ShareHeader | undefined {
  const bundle = readManifest(db);
  if (bundle === undefined || run.kind !== bundle.kind) return undefined;
  const { shard } = runOptions.parse(JSON.parse(run.options));
  return {
    version: 1,
    kind: 'segue-share',
    bundle,
    shard: shard ?? { index: 0, of: 1 },
    run: run.key,
    state: run.state,
    dryRun: run.dry_run === 1,
    planned: run.planned,
  };
}
