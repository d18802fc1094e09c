import { setImmediate } from 'node:timers/promises';
import { SegueError } from '../core/errors.ts';
import { SHARED_THREAD } from '../core/shared-thread.ts';
import { keepSpace } from './free-space.ts';
import { type Db, inTransaction } from './store.ts';

/**
 * About how long one slice holds the event loop and the write lock, in milliseconds. Where nobody waits it is long enough
 * that the pages of the indexes are written few times over.
 */
const SLICE_MS = SHARED_THREAD ? 10 : 250;

/**
 * One piece of long work; false when there is nothing left. `first` is true for the first step of a slice: since the one
 * before it anything may have been written.
 */
export type Step = (first: boolean) => boolean;

/**
 * Calls `step` until it says that there is nothing left, in short transactions with the event loop running in between.
 * What is done is done: a later cut leaves the slices before it.
 *
 * @throws CANCELLED between two slices when the signal is aborted
 */
export async function inSteps(db: Db, step: Step, signal: AbortSignal): Promise<void> {
  let more = true;
  while (more) {
    if (signal.aborted) throw new SegueError('CANCELLED', 'Cancelled. What was done so far is kept.');
    keepSpace(db);
    more = inTransaction(db, () => {
      const until = performance.now() + SLICE_MS;
      let going = step(true);
      while (going && performance.now() < until) going = step(false);
      return going;
    });
    await setImmediate();
  }
}
