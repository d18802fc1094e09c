import type { RunRow } from '../../../preload/contract/run.ts';
import type { EngineContext } from '../context.ts';
import { SegueError } from '../core/errors.ts';
import { requireRun, toRunRow } from './run-store.ts';
import { findSession } from './sessions.ts';

/**
 * Waits until a run is no longer being sent in this process and gives it as it then stands; a run that is not being sent
 * is given at once. The signal ends the waiting, not the run.
 *
 * @throws RUN_NOT_FOUND, CANCELLED when the signal fires
 */
export async function waitForRun(
  engine: EngineContext,
  id: string,
  { onProgress, signal }: { onProgress?: (row: RunRow) => void; signal?: AbortSignal } = {},
): Promise<RunRow> {
  const session = findSession(engine, id);
  if (session === undefined) return toRunRow(engine.store.db, requireRun(engine.store.db, id));
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const onAbort = () => reject(new SegueError('CANCELLED', `No longer waiting for run ${id}; it goes on.`));
  if (onProgress !== undefined) session.listeners.add(onProgress);
  signal?.addEventListener('abort', onAbort);
  if (signal?.aborted === true) onAbort();
  try {
    return await Promise.race([session.ended, aborted]);
  } finally {
    signal?.removeEventListener('abort', onAbort);
    if (onProgress !== undefined) session.listeners.delete(onProgress);
  }
}
