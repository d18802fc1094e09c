import { hashKey, sameBytes } from './keys';

/*
 * Names of audiences that are found with one look, by their hash, in a table at any address: the hash of each, the length of its
 * text and one, its number and its text.
 */

const NAMES = 1024;
const NAME_BYTES: i32 = 128;
const NAME_HEADER: i32 = 12;
/** Longest name that is kept. */
const LONGEST_NAME: i32 = NAME_BYTES - NAME_HEADER;

export const NAME_TABLE_BYTES: i32 = NAMES * NAME_BYTES;

/** Keeps the number of a name, unless the name is long. */
export function keepName(table: i32, name: i32, length: i32, number: i32): void {
  if (length > LONGEST_NAME) return;
  const hash = hashKey(name, length);
  const entry = nameEntry(table, hash);
  store<i32>(entry, hash);
  store<i32>(entry, length + 1, 4);
  store<i32>(entry, number, 8);
  memory.copy(entry + NAME_HEADER, name, length);
}

function nameEntry(table: i32, hash: i32): i32 {
  return table + (hash & (NAMES - 1)) * NAME_BYTES;
}

/** The number of a name, -1 when it is not kept. */
export function numberOfName(table: i32, name: i32, length: i32): i32 {
  const hash = hashKey(name, length);
  const entry = nameEntry(table, hash);
  if (load<i32>(entry) !== hash || load<i32>(entry, 4) !== length + 1) return -1;
  return sameText(entry + NAME_HEADER, name, length) ? load<i32>(entry, 8) : -1;
}

/** As {@link sameBytes}; a text of up to sixteen bytes in one look. Up to sixteen bytes are read behind both. */
function sameText(a: i32, b: i32, length: i32): bool {
  if (length > 16) return sameBytes(a, b, length);
  const same = i8x16.bitmask(i8x16.eq(v128.load(a), v128.load(b)));
  return (~same & ((1 << length) - 1)) === 0;
}
