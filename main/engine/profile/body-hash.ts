import { SEGMENT_FIELDS } from '../input/segments.ts';
import { viewOf } from '../membership/segment.ts';
import { findMember, scanStored } from '../message/json-text.ts';

/**
 * 63 bits of hash of a profile's text, in two integers of 32 bits, and whether the text names audiences: the lowest bit of `a`.
 * Of two million changed profiles in a store of ten million one is taken for an unchanged one with a probability of 1 in 500,000.
 */
export interface BodyHash {
  readonly a: number;
  readonly b: number;
}

/** The bit of `a` that says that the text names audiences. */
export const NAMES_AUDIENCES = 1;

/**
 * Hashes the UTF-8 text of a profile: two lanes of MurmurHash3 (Austin Appleby, public domain), each over words of four bytes.
 *
 * @param keyField part of what is hashed, as the same text under another key field is another profile
 */
export function bodyHasher(keyField: string): (view: DataView, start: number, end: number) => BodyHash {
  const key = viewOf(Buffer.from(keyField));
  const seed = hashBytes(key, 0, key.byteLength, { a: 0x3c6ef372, b: 0x1b873593 });
  return (view, start, end) => hashBytes(view, start, end, seed);
}

function hashBytes(view: DataView, start: number, end: number, seed: BodyHash): BodyHash {
  let { a, b } = seed;
  const whole = end - ((end - start) & 3);
  for (let i = start; i < whole; i += 4) {
    const word = view.getInt32(i, true);
    a = mixA(a, word);
    b = mixB(b, word);
  }
  for (let i = whole; i < end; i += 1) {
    const last = 0x100 | view.getUint8(i);
    a = mixA(a, last);
    b = mixB(b, last);
  }
  return { a: finish(a ^ (end - start)) & ~NAMES_AUDIENCES, b: finish(b ^ (end - start)) };
}

function mixA(hash: number, word: number): number {
  const k = Math.imul(word, 0xcc9e2d51);
  const h = hash ^ Math.imul((k << 15) | (k >>> 17), 0x1b873593);
  return (Math.imul((h << 13) | (h >>> 19), 5) + 0xe6546b64) | 0;
}

function mixB(hash: number, word: number): number {
  const k = Math.imul(word, 0x38b34ae5);
  const h = hash ^ Math.imul((k << 17) | (k >>> 15), 0xa1e38b93);
  return (Math.imul((h << 15) | (h >>> 17), 5) + 0x96cd1c35) | 0;
}

function finish(hash: number): number {
  let h = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) | 0;
}

/** The hash with its bit for the audiences set as is true of a stored text. */
export function withAudiences(hash: BodyHash, text: string): BodyHash {
  const object = scanStored(text);
  const names = SEGMENT_FIELDS.some((field) => findMember(object, field) !== undefined);
  return names ? { a: hash.a | NAMES_AUDIENCES, b: hash.b } : hash;
}
