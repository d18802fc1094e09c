import { readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { createAudienceHandlers } from '../audience/handlers.ts';
import type { CallContext, EngineContext } from '../context.ts';
import { SegueError } from '../core/errors.ts';
import { requireInstant } from '../core/instant.ts';
import { countProfiles } from '../profile/all.ts';
import { createProfileHandlers } from '../profile/handlers.ts';
import { createSnapshotHandlers } from '../snapshot/handlers.ts';
import type { Db } from '../store/store.ts';
import { createWorkflowHandlers } from '../workflow/handlers.ts';
import { markSampleUnfinished, sampleUnfinished } from './sample-state.ts';

/** What one step of the sample's import did, for a caller that tells the story (the demo). */
export type SampleStep =
  | { kind: 'profiles'; created: number }
  | { kind: 'snapshot'; at: string; entered: number; exited: number };

/**
 * Imports the sample workspace of `assets/sample` by the same calls that a user's own files take: audiences, profiles,
 * two weeks of daily snapshots, and a workflow to the sandbox queue. Cut off half-way, it can be called again.
 *
 * @throws CONFLICT in a workspace that holds other profiles already
 */
export async function loadSample(
  engine: EngineContext,
  context: CallContext,
  onStep: (step: SampleStep) => void = () => undefined,
): Promise<{ profiles: number; audiences: number; changes: number }> {
  const { db } = engine.store;
  const present = countProfiles(db);
  if (present > 0 && !sampleUnfinished(db)) {
    throw new SegueError(
      'CONFLICT',
      `The workspace ${engine.store.dir} holds ${present} profiles already. The sample goes into an empty workspace.`,
    );
  }
  markSampleUnfinished(db, true);
  const folder = join(engine.assetsDir, 'sample');
  const firstDay = snapshotFiles(folder)[0];
  const before = `${basename(firstDay ?? '', '.csv')}T00:00:00Z`;
  const audiences = await createAudienceHandlers(engine).import(
    { path: join(folder, 'audiences.json') },
    context,
  );
  // What the sample holds is read in milliseconds, less than a thread of its own takes to start.
  const profiles = await createProfileHandlers(engine, false).import(
    { path: join(folder, 'profiles.ndjson'), replace: false, strict: true, at: before },
    context,
  );
  onStep({ kind: 'profiles', created: profiles.profiles.created });
  let changes = 0;
  const snapshots = createSnapshotHandlers(engine, false);
  for (const file of snapshotFiles(folder)) {
    const at = `${basename(file, '.csv')}T06:00:00Z`;
    if (requireInstant(at, file).ms <= lastSnapshotMs(db)) continue;
    const result = await snapshots.import(
      { path: join(folder, 'snapshots', file), at, partial: false, dryRun: false, strict: true },
      context,
    );
    changes += result.changes.entered + result.changes.exited;
    onStep({ kind: 'snapshot', at, entered: result.changes.entered, exited: result.changes.exited });
  }
  await createWorkflowHandlers(engine).import({ path: join(folder, 'workflow.json') }, context);
  markSampleUnfinished(db, false);
  return { profiles: profiles.profiles.created, audiences: audiences.created, changes };
}

function lastSnapshotMs(db: Db): number {
  const last = db.prepare<[], number | null>(
    `SELECT max(at_ms) FROM batch WHERE kind = 'snapshot' AND state = 'done'`,
  );
  return last.pluck().get() ?? Number.NEGATIVE_INFINITY;
}

function snapshotFiles(folder: string): string[] {
  return readdirSync(join(folder, 'snapshots')).sort();
}
