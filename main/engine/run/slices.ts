import { setImmediate } from 'node:timers/promises';
import { SegueError } from '../core/errors.ts';

/** Longest stretch of work before other work of the engine gets its turn. */
const SLICE_MS = 12;

/**
 * Works through items in chunks, letting the event loop run whenever a slice of time is used up, so that a long read never
 * holds up another call or a run that is sending. An item that is undefined is work that gave nothing.
 *
 * @throws CANCELLED when the signal fires
 */
export async function inSlices<T>(
  items: Iterable<T | undefined>,
  chunkSize: number,
  work: (chunk: readonly T[]) => void,
  signal?: AbortSignal,
): Promise<void> {
  let chunk: T[] = [];
  let sliceEndsMs = performance.now() + SLICE_MS;
  for (const item of items) {
    if (item !== undefined) chunk.push(item);
    // Reading the items takes time as well, so the clock is looked at for each and not for each chunk.
    const over = performance.now() >= sliceEndsMs;
    if (chunk.length < chunkSize && !over) continue;
    if (chunk.length > 0) work(chunk);
    chunk = [];
    if (!over) continue;
    await setImmediate();
    if (signal?.aborted === true) throw new SegueError('CANCELLED', 'Cancelled; nothing was sent.');
    sliceEndsMs = performance.now() + SLICE_MS;
  }
  if (chunk.length > 0) work(chunk);
}
