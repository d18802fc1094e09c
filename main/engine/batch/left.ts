import type { Db } from '../store/store.ts';
import { failBatch } from './batch.ts';

type Ending = Parameters<typeof failBatch>[2];

/** By connection, the batches that ended with an error and could not be taken back, as on a full disk. */
const left = new WeakMap<Db, Map<number, Ending>>();

/**
 * {@link failBatch} for an import that ends with an error of its own. A full disk may refuse the taking back too: the batch
 * then stays "running", until the next import of this process or the next opening takes it back.
 *
 * @returns true when it was left like that
 */
export async function failedBatchIsLeft(db: Db, id: number, ending: Ending): Promise<boolean> {
  const batches = left.get(db) ?? new Map<number, Ending>();
  left.set(db, batches);
  try {
    await failBatch(db, id, ending);
    batches.delete(id);
    return false;
  } catch {
    batches.set(id, ending);
    return true;
  }
}

/** Takes back what earlier imports of this connection have left, before another one begins. Where that still fails, it is refused. */
export async function takeBackLeft(db: Db): Promise<void> {
  for (const [id, ending] of left.get(db) ?? []) await failedBatchIsLeft(db, id, ending);
}

/**
 * Runs an import in a thread that is given `begun` (see `sayBegun`). However it ends, its batch does not stay "running": not
 * when the thread dies, which can take nothing back itself.
 *
 * @throws what the thread does
 */
export async function takenBackFor<T>(
  { db, nowMs }: { db: Db; nowMs: () => number },
  run: (begun: SharedArrayBuffer) => Promise<T>,
): Promise<T> {
  await takeBackLeft(db);
  const begun = new SharedArrayBuffer(4);
  try {
    return await run(begun);
  } catch (error) {
    const batch = Atomics.load(new Int32Array(begun), 0);
    if (batch !== 0) await failedBatchIsLeft(db, batch, { endedMs: nowMs(), state: 'failed' });
    throw error;
  }
}
