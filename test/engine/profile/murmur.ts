import type { BodyHash } from '../../../main/engine/profile/body-hash.ts';

/** The hash of a profile's text as it was defined first: hashes that stand in stores have to stay what they are. */
export function murmur(bytes: Uint8Array, keyField: string): BodyHash {
  return hashBytes(bytes, hashBytes(Buffer.from(keyField), { a: 0x3c6ef372, b: 0x1b873593 }));
}

function hashBytes(bytes: Uint8Array, seed: BodyHash): BodyHash {
  const { length } = bytes;
  const view = new DataView(bytes.buffer, bytes.byteOffset, length);
  let { a, b } = seed;
  const add = (word: number) => {
    a = mix(a, word, { first: 0xcc9e2d51, turn: 15, second: 0x1b873593, turnHash: 13, plus: 0xe6546b64 });
    b = mix(b, word, { first: 0x38b34ae5, turn: 17, second: 0xa1e38b93, turnHash: 15, plus: 0x96cd1c35 });
  };
  let at = 0;
  for (; at + 4 <= length; at += 4) add(view.getInt32(at, true));
  for (; at < length; at += 1) add(0x100 | view.getUint8(at));
  return { a: finish(a ^ length) & ~1, b: finish(b ^ length) };
}

function mix(
  hash: number,
  word: number,
  { first, turn, second, turnHash, plus }: Record<'first' | 'turn' | 'second' | 'turnHash' | 'plus', number>,
): number {
  const mixed = hash ^ Math.imul(rotated(Math.imul(word, first), turn), second);
  return (Math.imul(rotated(mixed, turnHash), 5) + plus) | 0;
}

function rotated(word: number, bits: number): number {
  return (word << bits) | (word >>> (32 - bits));
}

function finish(hash: number): number {
  let h = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) | 0;
}
