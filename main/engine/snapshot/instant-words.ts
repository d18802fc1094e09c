import type { Instant } from '../core/instant.ts';
import { INSTANT_WORDS } from './kernel/layout.ts';

const double = new Float64Array(2);
const doubleWords = new Int32Array(double.buffer);

/** Reads an instant that the kernel or a segment has as two doubles. */
export function instantAt(words: Int32Array, at: number): Instant {
  for (let i = 0; i < INSTANT_WORDS; i += 1) doubleWords[i] = words[at + i] ?? 0;
  return { ms: double[0] ?? 0, code: double[1] ?? 0 };
}
