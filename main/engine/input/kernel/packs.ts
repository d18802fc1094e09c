import {
  CLOSE,
  FLAGS,
  HASH_A,
  HASH_B,
  HASHED,
  KEY_END,
  KEY_START,
  LINE,
  NAMED,
  OPEN,
  PACK_BODIES_END,
  PACK_BYTES,
  PACK_RECORDS_END,
  PACK_WORDS,
  PLACE_CHARS,
  PLACE_DIGITS,
  RECORD_WORDS,
  TAKEN,
} from './layout';

/*
 * Makes packs (profile/body-pack.ts) of records that were read: an object for each record of a file of new profiles would take
 * longer to make, and to collect, than all else that is done with it. It writes, each behind the other:
 *
 *   lines       of each record a word, as in the record
 *   hashes      of each record, as a page of hashes has it (profile/hash-pages.ts)
 *   packs       of each: how many records it and those before it have, and where its bodies end, counted from the first one's
 *   places      of all records, as the packs have them
 *   keys        of all records, as the elements of a JSON array
 *   bodies      of all packs
 */

/** Of what was packed last: how many packs, and the addresses of its parts. */
export let packs: i32 = 0;
export let packEnds: i32 = 0;
export let packPlaces: i32 = 0;
export let packKeys: i32 = 0;
export let packBodies: i32 = 0;
export let packedEnd: i32 = 0;

const QUOTE: i32 = 0x22;
const COMMA: i32 = 0x2c;
const ZERO: i32 = 0x30;

/** Packs records, at `room`; false where the engine has to look at one of them, or one is too large for a pack. */
export function packRecords(records: i32, count: i32, room: i32): bool {
  const hashes = room + count * 4;
  packEnds = hashes + count * 8;
  packPlaces = packEnds + count * PACK_WORDS * 4;
  packKeys = packPlaces + count * PLACE_CHARS;
  let keys = packKeys;
  for (let n = 0; n < count; n += 1) {
    const record = records + n * RECORD_WORDS * 4;
    if (!isPlain(record)) return false;
    store<i32>(room + n * 4, field(record, LINE));
    store<i32>(hashes + n * 8, bswap(field(record, HASH_A)));
    store<i32>(hashes + n * 8 + 4, bswap(field(record, HASH_B)));
    if (n > 0) keys = writeByte(keys, COMMA);
    keys = writeByte(keys, QUOTE);
    keys = copy(keys, field(record, KEY_START), field(record, KEY_END));
    keys = writeByte(keys, QUOTE);
  }
  packBodies = keys;
  writeBodies(records, count);
  return true;
}

/** Whether a record is taken as it stands, with its hash, says nothing of audiences and fits into a pack. */
function isPlain(record: i32): bool {
  if ((field(record, FLAGS) & (TAKEN | HASHED | NAMED)) !== (TAKEN | HASHED)) return false;
  return bytesOf(record) + PLACE_CHARS <= PACK_BYTES;
}

function writeBodies(records: i32, count: i32): void {
  let at = packBodies;
  let places = packPlaces;
  let first = at;
  let firstPlace = places;
  packs = 0;
  for (let n = 0; n < count; n += 1) {
    const record = records + n * RECORD_WORDS * 4;
    if (at - first + bytesOf(record) + places - firstPlace + PLACE_CHARS > PACK_BYTES) {
      endPack(n, at);
      first = at;
      firstPlace = places;
    }
    at = copy(at, field(record, KEY_START), field(record, KEY_END));
    places = writePlace(places, at - first);
    at = copy(at, field(record, OPEN), field(record, CLOSE));
    places = writePlace(places, at - first);
  }
  endPack(count, at);
  packedEnd = at;
}

function endPack(records: i32, at: i32): void {
  const entry = packEnds + packs * PACK_WORDS * 4;
  store<i32>(entry + PACK_RECORDS_END * 4, records);
  store<i32>(entry + PACK_BODIES_END * 4, at - packBodies);
  packs += 1;
}

function bytesOf(record: i32): i32 {
  return field(record, KEY_END) - field(record, KEY_START) + field(record, CLOSE) - field(record, OPEN);
}

function writePlace(at: i32, offset: i32): i32 {
  store<u8>(at, ZERO + offset / 1000);
  store<u8>(at + 1, ZERO + ((offset / 100) % 10));
  store<u8>(at + 2, ZERO + ((offset / 10) % 10));
  store<u8>(at + 3, ZERO + (offset % 10));
  return at + PLACE_DIGITS;
}

function copy(at: i32, start: i32, end: i32): i32 {
  memory.copy(at, start, end - start);
  return at + end - start;
}

function writeByte(at: i32, byte: i32): i32 {
  store<u8>(at, byte);
  return at + 1;
}

function field(record: i32, word: i32): i32 {
  return load<i32>(record + word * 4);
}
