/*
 * Two lanes of MurmurHash3 (Austin Appleby, public domain), each over words of four bytes, see profile/body-hash.ts. The hashes
 * stand in stores: they may not change.
 */

export let hashA: i32 = 0;
export let hashB: i32 = 0;

let seedA: i32 = 0x3c6ef372;
let seedB: i32 = 0x1b873593;

/** Makes what is hashed from now on depend on these bytes too. */
export function setSeed(start: i32, end: i32): void {
  seedA = 0x3c6ef372;
  seedB = 0x1b873593;
  hashText(start, end);
  seedA = hashA;
  seedB = hashB;
}

/** Hashes bytes into `hashA`, whose lowest bit stays clear, and `hashB`. */
export function hashText(start: i32, end: i32): void {
  let a = seedA;
  let b = seedB;
  const whole = end - ((end - start) & 3);
  for (let at = start; at < whole; at += 4) {
    const word = load<i32>(at);
    a = mixA(a, word);
    b = mixB(b, word);
  }
  for (let at = whole; at < end; at += 1) {
    const last: i32 = 0x100 | load<u8>(at);
    a = mixA(a, last);
    b = mixB(b, last);
  }
  hashA = finish(a ^ (end - start)) & ~1;
  hashB = finish(b ^ (end - start));
}

function mixA(hash: i32, word: i32): i32 {
  const k = rotl<i32>(word * 0xcc9e2d51, 15) * 0x1b873593;
  return rotl<i32>(hash ^ k, 13) * 5 + 0xe6546b64;
}

function mixB(hash: i32, word: i32): i32 {
  const k = rotl<i32>(word * 0x38b34ae5, 17) * 0xa1e38b93;
  return rotl<i32>(hash ^ k, 15) * 5 + 0x96cd1c35;
}

function finish(hash: i32): i32 {
  let h: i32 = (hash ^ (hash >>> 16)) * 0x85ebca6b;
  h = (h ^ (h >>> 13)) * 0xc2b2ae35;
  return h ^ (h >>> 16);
}
