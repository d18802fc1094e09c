import type { Instant } from '../core/instant.ts';
import { BUCKETS, lastWord } from '../membership/key.ts';
import type { Spill } from './spill.ts';

/*
 * A row of a snapshot between reading and comparing, in words:
 *
 *   word 0   hash of the user's key
 *   word 1   key bytes (13 bits) | flags << 13 | audience << 16
 *   words    with INSTANT: milliseconds and code of the enter instant, as two doubles
 *   words    the key's UTF-8 bytes, padded with zeros
 */

/** The row has its own enter instant. */
export const INSTANT = 1;
/** First row of a line that states all of a user's audiences: what earlier lines said of the user is replaced. */
export const RESTART = 2;
/** The row names no audience: the user is in the file, that is all. */
export const NO_AUDIENCE = 4;

export const RECORD_HEADER_WORDS = 2;
export const INSTANT_WORDS = 4;

/** The top eight bits of a hash. The tables of one partition of a million users stay in a processor's cache. */
export const PARTITIONS = 256;
export const BUCKETS_PER_PARTITION = BUCKETS / PARTITIONS;

export function partitionOf(hash: number): number {
  return hash >>> 24;
}

const double = new Float64Array(2);
const doubleWords = new Int32Array(double.buffer);

/** Adds a row to the spill. `audience` is an index into the import's audiences, see audiences.ts. */
export function addRecord(
  spill: Spill,
  view: DataView,
  keyStart: number,
  keyLength: number,
  hash: number,
  audience: number,
  flags: number,
  enteredAt: Instant | undefined,
): void {
  const instantWords = enteredAt === undefined ? 0 : INSTANT_WORDS;
  const withInstant = enteredAt === undefined ? flags : flags | INSTANT;
  const at = spill.reserve(partitionOf(hash), RECORD_HEADER_WORDS + instantWords + ((keyLength + 3) >> 2));
  const { words } = spill;
  words[at] = hash;
  words[at + 1] = keyLength | (withInstant << 13) | (audience << 16);
  let to = at + RECORD_HEADER_WORDS;
  if (enteredAt !== undefined) {
    putInstant(words, to, enteredAt);
    to += INSTANT_WORDS;
  }
  const whole = keyStart + (keyLength & ~3);
  for (let from = keyStart; from < whole; from += 4) {
    words[to] = view.getInt32(from, true);
    to += 1;
  }
  const rest = keyLength & 3;
  if (rest > 0) words[to] = lastWord(view, whole, rest);
}

/** Writes an instant as four words. */
export function putInstant(words: Int32Array, at: number, { ms, code }: Instant): void {
  double[0] = ms;
  double[1] = code;
  words.set(doubleWords, at);
}

/** Reads an instant that {@link putInstant} wrote. */
export function instantAt(words: Int32Array, at: number): Instant {
  for (let i = 0; i < INSTANT_WORDS; i += 1) doubleWords[i] = words[at + i] ?? 0;
  return { ms: double[0] ?? 0, code: double[1] ?? 0 };
}
