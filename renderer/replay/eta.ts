import type { Plan, RunOptions } from '../../preload/contract/run.ts';
import { duration } from '../ui/format.ts';

/** How long a request to SQS takes, from a near region to a far or busy one (milliseconds). */
const REQUEST_MS = { from: 15, to: 120 } as const;

/**
 * How long a planned run takes, as a range in seconds: the requests at the concurrency chosen, at a quick and at a slow
 * answer of the queue, and never less than the rate allows. `planned` is the time at the rate, null without one.
 */
export function planSeconds(
  { requests, seconds: planned }: Pick<Plan, 'requests' | 'seconds'>,
  { concurrency }: Pick<RunOptions, 'concurrency'>,
): { from: number; to: number } {
  const rounds = Math.ceil(requests / concurrency);
  const at = (requestMs: number) => Math.max(planned ?? 0, (rounds * requestMs) / 1000);
  return { from: at(REQUEST_MS.from), to: at(REQUEST_MS.to) };
}

/** A range of seconds in words: `4 s`, `2 s to 5 s`. */
export function rangeWords({ from, to }: { from: number; to: number }): string {
  const [first, last] = [duration(from), duration(to)];
  return first === last ? first : `${first} to ${last}`;
}
