const BASE_MS = 50;
const CAP_MS = 5_000;

/**
 * How long to wait before a retry: full jitter, a random part of an exponentially growing time with a cap. Source:
 * "Exponential Backoff and Jitter", AWS Architecture Blog.
 *
 * @param failures how often it has failed in a row, from 1
 * @param random a number in [0, 1)
 */
export function backoffMs(failures: number, random: number): number {
  return Math.min(CAP_MS, BASE_MS * 2 ** Math.min(failures, 20)) * random;
}
