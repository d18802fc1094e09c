import type { DomainHandlers, EngineContext } from '../context.ts';
import { SegueError } from '../core/errors.ts';
import { SHARED_THREAD } from '../core/shared-thread.ts';
import { importInThread, isForThread } from '../import/in-thread.ts';
import { PACE_ALONE } from '../input/import-run.ts';
import type { Db } from '../store/store.ts';
import { changeByNumber } from './change-sql.ts';
import { exportHistory } from './export.ts';
import { ARCHIVE_TABLES, importArchive } from './import.ts';
import { pageOfHistory } from './page.ts';
import { countHistory, histogramOf } from './totals.ts';

/**
 * The calls about the history of changes.
 *
 * @param inThread whether a big import runs in a thread of its own; by default where other calls wait for this one
 */
export function createHistoryHandlers(
  engine: EngineContext,
  inThread = SHARED_THREAD,
): DomainHandlers<'history'> {
  const { db } = engine.store;
  return {
    import: (input, call) =>
      inThread && isForThread(input.path)
        ? importInThread(engine, { kind: 'archive', spec: input }, [...ARCHIVE_TABLES], call)
        : importArchive(engine, input, call, inThread ? undefined : PACE_ALONE),
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
    .prepare<[number, number, number], { body: string | null }>(
      `SELECT body FROM (${changeByNumber('recorded_id')}) LEFT JOIN recorded_message ON recorded_message.id = recorded_id`,
    )
    .get(seq, seq, seq);
  if (row === undefined) throw new SegueError('NOT_FOUND', `The history has no change ${seq}.`, { seq });
  return row.body;
}
