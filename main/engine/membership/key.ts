/** How many buckets users are spread over. Part of the store's format: a store's bucket numbers mean nothing otherwise. */
export const BUCKETS = 4096;

/** Room for any key: 1024 characters (see core/user-key.ts), of up to four bytes each. Part of the store's format. */
export const MAX_KEY_BYTES = 4096;

/**
 * A hash of a user key's UTF-8 bytes, 32 bits, signed. Part of the store's format.
 *
 * Four bytes a step: a multiply per byte was the larger half of reading a CSV row.
 */
export function hashKey(view: DataView, start: number, length: number): number {
  let hash = Math.imul(length, 0x9e3779b1);
  const whole = start + (length & ~3);
  for (let at = start; at < whole; at += 4) {
    hash = Math.imul(hash ^ view.getInt32(at, true), 0x85ebca6b);
    hash ^= hash >>> 15;
  }
  const rest = length & 3;
  if (rest > 0) {
    hash = Math.imul(hash ^ lastWord(view, whole, rest), 0x85ebca6b);
    hash ^= hash >>> 15;
  }
  hash = Math.imul(hash, 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}

/** The one to three bytes that are left of a key, as a word padded with zeros. */
export function lastWord(view: DataView, at: number, bytes: number): number {
  let word = view.getUint8(at);
  if (bytes > 1) word |= view.getUint8(at + 1) << 8;
  if (bytes > 2) word |= view.getUint8(at + 2) << 16;
  return word;
}

/** The bucket of a hash: its top bits, so that a range of buckets is a range of hashes. */
export function bucketOfHash(hash: number): number {
  return hash >>> 20;
}

const scratch = Buffer.alloc(MAX_KEY_BYTES);
const scratchView = new DataView(scratch.buffer, scratch.byteOffset, scratch.length);

const scratchWords = new Int32Array(scratch.buffer, scratch.byteOffset, MAX_KEY_BYTES / 4);

/** A user's key as words, padded with zeros, with its length in bytes and its hash; `words` is valid until the next call. */
export function wordsOfKey(userId: string): { words: Int32Array; length: number; hash: number } {
  const length = scratch.write(userId);
  scratch.fill(0, length, (length + 3) & ~3);
  return { words: scratchWords, length, hash: hashKey(scratchView, 0, length) };
}

/** The hash of a user's key. Of what is too long to be a key only the beginning counts. */
export function hashOf(userId: string): number {
  return hashKey(scratchView, 0, scratch.write(userId));
}

/** The bucket that holds a user's memberships. */
export function bucketOf(userId: string): number {
  return bucketOfHash(hashOf(userId));
}
