import type { BatchRow } from '../../../preload/contract/history.ts';
import type { DomainHandlers, EngineContext } from '../context.ts';
import { formatInstant, instantOfMs } from '../core/instant.ts';
import { rulesChanged } from '../reevaluation/pending.ts';
import type { Db } from '../store/store.ts';
import { type BatchKind, type BatchState, lastUndoable, undoBatch } from './batch.ts';

interface StoredBatch {
  id: number;
  kind: BatchKind;
  source: string;
  state: BatchState;
  at_ms: number | null;
  at_code: number | null;
  started_ms: number;
  entered: number;
  exited: number;
  rejected: number;
}

/** Answers the calls about imports that were made: the list, newest first, and undoing the last one. */
export function createBatchHandlers(engine: EngineContext): DomainHandlers<'batch'> {
  const { store, emit } = engine;
  return {
    list: ({ limit }) => ({ rows: listBatches(store.db, limit) }),
    undo: async ({ batch }, call) => {
      await undoBatch(store.db, batch);
      if (rulesChanged(store.db)) {
        const { reevaluateAll } = await import('../reevaluation/whole-store.ts');
        await reevaluateAll(engine, call);
      }
      emit('storeChanged', { tables: ['batch', 'history', 'profile', 'audience'] });
      return { batch };
    },
  };
}

function listBatches(db: Db, limit: number): BatchRow[] {
  const undoable = lastUndoable(db);
  return db
    .prepare<[number], StoredBatch>(
      `SELECT id, kind, source, state, at_ms, at_code, started_ms,
         coalesce(json_extract(result, '$.entered'), 0) AS entered,
         coalesce(json_extract(result, '$.exited'), 0) AS exited,
         coalesce(json_extract(result, '$.rejected'), 0) AS rejected
       FROM batch ORDER BY id DESC LIMIT ?`,
    )
    .all(limit)
    .map((row) => ({
      batch: row.id,
      kind: row.kind,
      source: row.source,
      at:
        row.at_ms === null || row.at_code === null
          ? null
          : formatInstant({ ms: row.at_ms, code: row.at_code }),
      state: row.state,
      startedAt: formatInstant(instantOfMs(row.started_ms)),
      entered: row.entered,
      exited: row.exited,
      rejected: row.rejected,
      undoable: row.id === undoable,
    }));
}
