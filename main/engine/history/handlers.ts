import type { DomainHandlers, EngineContext } from '../context.ts';
import { SegueError } from '../core/errors.ts';
import type { Db } from '../store/store.ts';
import { exportHistory } from './export.ts';
import { importArchive } from './import.ts';
import { pageOfHistory } from './page.ts';
import { countHistory, histogramOf } from './totals.ts';

/** The calls about the history of changes. */
export function createHistoryHandlers(engine: EngineContext): DomainHandlers<'history'> {
  const { db } = engine.store;
  return {
    import: (input, call) => importArchive(engine, input, call),
    page: ({ order, cursor, limit, ...filter }) => pageOfHistory(db, filter, { order, cursor, limit }),
    recorded: ({ seq }) => ({ body: recordedBody(db, seq) }),
    count: async (filter, { signal }) => ({ count: await countHistory(db, filter, signal) }),
    export: (input, call) => exportHistory(db, input, call),
    histogram: async ({ bucket, ...filter }, { signal }) => ({
      buckets: await histogramOf(db, filter, bucket, signal),
    }),
  };
}

/**
 * The message that an archived change came with, byte for byte; null for a change that came without one.
 *
 * @throws NOT_FOUND when there is no such change
 */
export function recordedBody(db: Db, seq: number): string | null {
  const row = db
    .prepare<[number], { body: string | null }>(
      'SELECT body FROM change LEFT JOIN recorded_message ON recorded_message.id = recorded_id WHERE seq = ?',
    )
    .get(seq);
  if (row === undefined) throw new SegueError('NOT_FOUND', `The history has no change ${seq}.`, { seq });
  return row.body;
}
