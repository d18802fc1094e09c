/** The last one to three bytes of a key, as a word padded with zeros. Reads up to three bytes behind the key. */
export function lastWord(at: i32, bytes: i32): i32 {
  return load<i32>(at) & ((1 << (bytes << 3)) - 1);
}

/** As `hashKey` of membership/key.ts. */
export function hashKey(key: i32, length: i32): i32 {
  let hash: i32 = length * 0x9e3779b1;
  const whole = key + (length & ~3);
  for (let at = key; at < whole; at += 4) hash = step(hash, load<i32>(at));
  if ((length & 3) !== 0) hash = step(hash, lastWord(whole, length & 3));
  hash *= 0xc2b2ae35;
  return hash ^ (hash >>> 16);
}

function step(hash: i32, word: i32): i32 {
  const mixed: i32 = (hash ^ word) * 0x85ebca6b;
  return mixed ^ (mixed >>> 15);
}

/** A hash of so many words, for tables that nobody else sees: it takes two at a time, {@link hashKey} one. */
export function quickHash(from: i32, words: i32, seed: i32): i32 {
  let mixed: i64 = seed;
  const end = from + (words << 2);
  let at = from;
  for (; at + 8 <= end; at += 8) mixed = stepTwo(mixed, load<i64>(at));
  if (at < end) mixed = stepTwo(mixed, load<u32>(at));
  return mixed as i32;
}

function stepTwo(hash: i64, words: i64): i64 {
  const mixed: i64 = (hash ^ words) * 0x1b873593cc9e2d;
  return mixed ^ (mixed >>> 32);
}

/** Whether two keys of one length, padded with zeros to words, are the same. */
export function sameWords(a: i32, b: i32, words: i32): bool {
  const bytes = words << 2;
  let i: i32 = 0;
  for (; i + 16 <= bytes; i += 16)
    if (v128.any_true(v128.xor(v128.load(a + i), v128.load(b + i)))) return false;
  for (; i < bytes; i += 4) if (load<i32>(a + i) !== load<i32>(b + i)) return false;
  return true;
}

/** Whether two texts of one length are the same. */
export function sameBytes(a: i32, b: i32, length: i32): bool {
  let i: i32 = 0;
  for (; i + 4 <= length; i += 4) if (load<i32>(a + i) !== load<i32>(b + i)) return false;
  for (; i < length; i += 1) if (load<u8>(a + i) !== load<u8>(b + i)) return false;
  return true;
}
