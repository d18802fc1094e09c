import { hashKey, sameBytes } from './keys';

/*
 * Names of audiences that are found with one look, by their hash, in a table at any address: the length of each one's text and
 * one, its number and its text.
 */

const NAME_BITS: i32 = 10;
const NAME_BYTES: i32 = 128;
const NAME_HEADER: i32 = 8;
/** Longest name that is kept. */
const LONGEST_NAME: i32 = NAME_BYTES - NAME_HEADER;
/** Places that a name may have, from that of its hash on. */
const TRIES: i32 = 8;

export const NAME_TABLE_BYTES: i32 = NAME_BYTES << NAME_BITS;

/** Keeps the number of a name, unless the name is long; where its places are taken, the last one's name goes. */
export function keepName(table: i32, name: i32, length: i32, number: i32): void {
  if (length > LONGEST_NAME) return;
  let place = placeOf(name, length);
  let entry = entryAt(table, place);
  for (let tries: i32 = 1; tries < TRIES && load<i32>(entry) !== 0; tries += 1) {
    place += 1;
    entry = entryAt(table, place);
  }
  store<i32>(entry, length + 1);
  store<i32>(entry, number, 4);
  memory.copy(entry + NAME_HEADER, name, length);
}

/** The number of a name, -1 when it is not kept. */
export function numberOfName(table: i32, name: i32, length: i32): i32 {
  const place = placeOf(name, length);
  for (let tries: i32 = 0; tries < TRIES; tries += 1) {
    const entry = entryAt(table, place + tries);
    const kept = load<i32>(entry);
    if (kept === 0) return -1;
    if (kept === length + 1 && sameText(entry + NAME_HEADER, name, length)) return load<i32>(entry, 4);
  }
  return -1;
}

function entryAt(table: i32, place: i32): i32 {
  return table + (place & ((1 << NAME_BITS) - 1)) * NAME_BYTES;
}

function placeOf(name: i32, length: i32): i32 {
  return length > 16 ? hashKey(name, length) >>> (32 - NAME_BITS) : placeOfShort(name, length);
}

/** Up to sixteen bytes are two numbers, of which a product is a hash at a third of the time. */
function placeOfShort(name: i32, length: i32): i32 {
  let first = load<i64>(name);
  let last: i64 = 0;
  if (length < 8) first &= ((1 as i64) << (length << 3)) - 1;
  else last = load<i64>(name + length - 8);
  const mixed = (first ^ ((last << 29) | (last >>> 35))) * 0x1b873593cc9e2d;
  return (mixed >>> (64 - NAME_BITS)) as i32;
}

/** As {@link sameBytes}; a text of up to sixteen bytes in one look. Up to sixteen bytes are read behind both. */
function sameText(a: i32, b: i32, length: i32): bool {
  if (length > 16) return sameBytes(a, b, length);
  const same = i8x16.bitmask(i8x16.eq(v128.load(a), v128.load(b)));
  return (~same & ((1 << length) - 1)) === 0;
}
