/*
 * Keys that are hexadecimal digits in lower case, as hashes and numbers are, in half their bytes: two digits a byte, the first one
 * in its upper half, the last byte's rest zero.
 */

/** Longest key that is packed: 256 bits. */
const LONGEST: i32 = 64;

/** Room for any one key, packed or as text, and for what is written behind it: whole sixteen digits at a time. */
export const KEY_ROOM: i32 = LONGEST + 16;

/** Bytes that so many digits take. */
export function packedBytes(digits: i32): i32 {
  return (digits + 1) >> 1;
}

// Constants of sixteen bytes are read from memory: to make one takes a processor three steps, each time.

/** The value of a digit is its lower half byte, with letters and nine: by its upper half, 3 or 6. */
const ADDED = memory.data<u8>([0, 0, 0, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0, 0, 0], 16) as i32;
const DIGITS = memory.data<u8>(
  [48, 49, 50, 51, 52, 53, 54, 55, 56, 57, 97, 98, 99, 100, 101, 102],
  16,
) as i32;
export const LOWER_HALVES = memory.data<u8>(
  [15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15],
  16,
) as i32;
const PLACES = memory.data<u8>([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15], 16) as i32;

/**
 * Packs a key into `to`; false when it is longer than those that are packed or has anything but digits, `to` is then of no use.
 * Up to sixteen bytes are read behind the key.
 */
export function packKey(key: i32, length: i32, to: i32): bool {
  if (length > LONGEST) return false;
  for (let at: i32 = 0; at < length; at += 16) {
    let text = v128.load(key + at);
    const left = length - at;
    if (left < 16)
      text = v128.bitselect(text, i8x16.splat(0x30), i8x16.gt_s(i8x16.splat(<i8>left), v128.load(PLACES)));
    const upper = v128.and(i16x8.shr_u(text, 4), v128.load(LOWER_HALVES));
    const values = i8x16.add(v128.and(text, v128.load(LOWER_HALVES)), i8x16.swizzle(v128.load(ADDED), upper));
    // What is no digit is not the digit of its value.
    if (!i8x16.all_true(i8x16.eq(text, i8x16.swizzle(v128.load(DIGITS), values)))) return false;
    const pairs = v128.and(v128.or(i16x8.shl(values, 4), i16x8.shr_u(values, 8)), i16x8.splat(0xff));
    v128.store64_lane(to + (at >> 1), i8x16.narrow_i16x8_u(pairs, pairs), 0);
  }
  return true;
}

/** Puts the text of a packed key of so many digits to `to`, with zeros up to a whole word. Up to eight bytes are read behind the key. */
export function unpackKey(key: i32, length: i32, to: i32): void {
  for (let at: i32 = 0; at < length; at += 16) {
    const pairs = i16x8.extend_low_i8x16_u(v128.load64_zero(key + (at >> 1)));
    const values = v128.and(v128.or(i16x8.shr_u(pairs, 4), i16x8.shl(pairs, 8)), v128.load(LOWER_HALVES));
    v128.store(to + at, i8x16.swizzle(v128.load(DIGITS), values));
  }
  const rest = length & 3;
  const whole = to + (length & ~3);
  if (rest !== 0) store<i32>(whole, load<i32>(whole) & ((1 << (rest << 3)) - 1));
}
