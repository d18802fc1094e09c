import type { ImportResult } from '../../../preload/contract/profile.ts';
import { hasRules } from '../audience/store.ts';
import type { DomainHandlers, EngineContext } from '../context.ts';
import { requireInstant } from '../core/instant.ts';
import { SHARED_THREAD } from '../core/shared-thread.ts';
import { whileThreadWrites } from '../import/in-thread.ts';
import type { ChangeCounts } from '../membership/live-rows.ts';
import { readSetting } from '../store/store.ts';
import { turnsOf } from '../store/turns.ts';
import { runInThread, workerBeside } from '../thread/run-in-thread.ts';
import { importSnapshot, type SnapshotImport } from './import.ts';
import type { SnapshotJob } from './snapshot-worker.ts';

/** Who enters and leaves by rules that include audiences of the snapshot. Without rules their code is not even loaded. */
async function carriedToRules(
  engine: EngineContext,
  batch: number,
  signal: AbortSignal,
): Promise<ChangeCounts> {
  if (!hasRules(engine.store.db)) return { entered: 0, exited: 0 };
  const { reevaluateChanged } = await import('../reevaluation/whole-store.ts');
  return reevaluateChanged(engine, batch, { signal });
}

/**
 * Answers `snapshot.import`. In the app's engine process the import runs in a thread of its own, as other calls wait for
 * the event loop; on the command line, where nothing else does, in this one.
 *
 * @param inThread by default: whether this process was started by another that talks to it
 */
export function createSnapshotHandlers(
  engine: EngineContext,
  inThread = SHARED_THREAD,
): DomainHandlers<'snapshot'> {
  const { store, clock, emit } = engine;
  return {
    async import({ path, at, format, key, partial, dryRun, strict, out }, { signal, progress }) {
      const spec: SnapshotImport = {
        path,
        at: requireInstant(at, '--at'),
        format,
        key: key ?? readSetting(store.db, 'key_field') ?? 'user_id',
        partial,
        dryRun,
        strict,
        out,
      };
      // Standard input belongs to the main thread.
      const result =
        inThread && path !== '-'
          ? await whileThreadWrites(engine, (begun) =>
              runInThread<SnapshotJob, ImportResult>(
                workerBeside(import.meta.url, 'snapshot'),
                { file: store.file, turns: turnsOf(store.file), begun, spec, nowMs: clock() },
                { signal, progress },
              ),
            )
          : await importSnapshot(store.db, spec, {
              alone: !inThread,
              nowMs: clock,
              cancelled: () => signal.aborted,
              progress,
            });
      if (result.batch === null) return result;
      const byRules = await carriedToRules(engine, result.batch, signal);
      emit('storeChanged', { tables: ['audience', 'history', 'batch'] });
      const { entered, exited, changed } = result.changes;
      return {
        ...result,
        changes: { entered: entered + byRules.entered, exited: exited + byRules.exited, changed },
      };
    },
  };
}
