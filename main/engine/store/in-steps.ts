import { setImmediate } from 'node:timers/promises';
import { SegueError } from '../core/errors.ts';
import { type Db, inTransaction } from './store.ts';

/** Longest that one slice holds the event loop and the write lock, in milliseconds. */
const SLICE_MS = 10;

/**
 * Calls `step` until it says that there is nothing left, in transactions of about ten milliseconds with the event loop
 * running in between; `step` is told which call is the first of its slice. What is done is done: a later cut leaves the slices before it.
 *
 * @throws CANCELLED between two slices when the signal is aborted
 */
export async function inSteps(db: Db, step: (first: boolean) => boolean, signal: AbortSignal): Promise<void> {
  let more = true;
  while (more) {
    if (signal.aborted) throw new SegueError('CANCELLED', 'Cancelled. What was done so far is kept.');
    more = inTransaction(db, () => {
      const until = performance.now() + SLICE_MS;
      let going = step(true);
      while (going && performance.now() < until) going = step(false);
      return going;
    });
    await setImmediate();
  }
}
