import { KEY_ROOM, packedBytes, packKey, unpackKey } from '../../core/kernel/hex';
import { hashKey, quickHash, sameWords } from '../../core/kernel/keys';
import { reach } from '../../core/kernel/memory';
import {
  BUCKETS_PER_PARTITION,
  ENTRY_AT,
  ENTRY_PREVIOUS,
  ENTRY_SEGMENT,
  ENTRY_WORDS,
  FIRST,
  INSTANT_WORDS,
  KEY_BYTES,
  KIND_SHIFT,
  NONE,
  PACKED,
  RECORD_HEADER_WORDS,
  ROW_AT,
  ROW_PREVIOUS,
  ROW_WORDS,
  SLOT_ENTRY,
  SLOT_HASH,
  SLOT_KEY,
  SLOT_LENGTH,
  SLOT_MASKS,
  SLOT_ROW,
  SLOT_SEEN,
  TIMED,
} from './layout';

export { reach };

/*
 * The table of one partition's users, with the audiences of each before and after as bits. Its memory holds, in this order,
 * the import's numbers of audiences by row id, the bits of those that imports decide, the store's segments
 * (membership/segment.ts), the file's rows, and then the table: entries, rows with an enter time, keys of segments packed as
 * those of rows are, the hash table, slots, the list of those that changed, and the text of keys that were packed. What comes
 * behind the hash table grows as needed.
 */

const NUMBERS_BYTES: i32 = 0x10000 * 4;
/** By bucket of the partition, where the list of its changed slots ends so far. */
const BUCKET_ENDS: i32 = 1024;
/** In SLOT_SEEN, of a user whose audiences differ. */
const CHANGED: i32 = 2;
/** In SLOT_LENGTH, of a slot that {@link settle} has dealt with. */
const SETTLED: i32 = 0x10000;
/** Audience row id → number in the import, the bit of the masks. */
export const numbers: i32 = BUCKET_ENDS + (BUCKETS_PER_PARTITION << 2);
/** Bits of the audiences that imports decide, as masks are laid out. */
export const comparable: i32 = numbers + NUMBERS_BYTES;
/** Where segments and rows are put. */
export const arena: i32 = comparable + 0x10000 / 8;

const SEGMENT_HEADER_WORDS: i32 = 4;

export let slots: i32 = 0;
export let slotBytes: i32 = 0;
let slotsEnd: i32 = 0;
let slotCount = 0;
let maskWords: i32 = 0;
let table: i32 = 0;
let tableLast: i32 = 0;
let entriesEnd: i32 = 0;
let rowsEnd: i32 = 0;
let keysEnd: i32 = 0;
let textsEnd: i32 = 0;

let pass: i32 = 0;
let passes: i32 = 1;

/** Pairs that stood twice in the file, and lines that replaced an earlier line of the user. */
export let duplicates = 0;
/** Users of the file. */
export let users = 0;
/** Where {@link listChanged} has put the addresses of the slots. */
export let changed: i32 = 0;

/**
 * Begins a table behind the arena's `end`. With several passes only the users of one are taken, by bits of their hash.
 *
 * @param rowsFrom where segments end and rows begin
 * @param entries users of all segments
 * @param rows the rows at most
 * @param timedRows those of them with an enter time, at most
 */
export function beginTable(
  rowsFrom: i32,
  end: i32,
  entries: i32,
  rows: i32,
  timedRows: i32,
  words: i32,
  passNumber: i32,
  passCount: i32,
): void {
  maskWords = words;
  pass = passNumber;
  passes = passCount;
  duplicates = 0;
  users = 0;
  slotCount = 0;
  entriesEnd = end;
  rowsEnd = end + ((entries * ENTRY_WORDS) << 2);
  keysEnd = rowsEnd + ((timedRows * ROW_WORDS) << 2);
  table = keysEnd + (rowsFrom - arena) + KEY_ROOM;
  // Most users are those of the store: where they fill less than a quarter of the table, most are found at once.
  const first = max(1024, powerAbove(entries * 4));
  const most = max(first, powerAbove((entries + rows) * 2));
  slots = table + (most << 2);
  slotBytes = (SLOT_MASKS + 2 * words) << 2;
  slotsEnd = slots;
  reach(slots);
  clearTable(first);
}

function powerAbove(n: i32): i32 {
  return 1 << (32 - clz(n));
}

function clearTable(size: i32): void {
  tableLast = size - 1;
  memory.fill(table, 0, size << 2);
}

function field(slot: i32, name: i32): i32 {
  return load<i32>(slot + (name << 2));
}

function setField(slot: i32, name: i32, value: i32): void {
  store<i32>(slot + (name << 2), value);
}

/** As `passOf` of snapshot/partition.ts, of the bucket of a key. */
function isOfPass(key: i32, form: i32): bool {
  return passes === 1 || isOfThisPass(key, form);
}

function isOfThisPass(key: i32, form: i32): bool {
  return (bucketOfHash(hashOfText(key, form)) * passes) / BUCKETS_PER_PARTITION === pass;
}

/** The hash that buckets go by, of a key in either form. */
function hashOfText(key: i32, form: i32): i32 {
  const length = form & KEY_BYTES;
  if ((form & PACKED) === 0) return hashKey(key, length);
  unpackKey(key, length, keysEnd);
  return hashKey(keysEnd, length);
}

/** Words that a key takes in its form. */
function keyWords(form: i32): i32 {
  const length = form & KEY_BYTES;
  return ((form & PACKED) === 0 ? length + 3 : packedBytes(length) + 3) >> 2;
}

/** The slot of a key, made when it is new; its form is its bytes and, where it is packed, PACKED. */
function slotOf(key: i32, form: i32): i32 {
  const words = keyWords(form);
  const hash = quickHash(key, words, form);
  let at = hash & tableLast;
  let slot: i32 = load<i32>(table + (at << 2));
  while (slot !== 0 && !isSlotOf(slot, hash, form, key, words)) {
    at = (at + 1) & tableLast;
    slot = load<i32>(table + (at << 2));
  }
  return slot !== 0 ? slot : newSlot(at, hash, key, form);
}

function isSlotOf(slot: i32, hash: i32, form: i32, key: i32, words: i32): bool {
  return (
    field(slot, SLOT_HASH) === hash &&
    field(slot, SLOT_LENGTH) === form &&
    sameWords(field(slot, SLOT_KEY), key, words)
  );
}

function newSlot(at: i32, hash: i32, key: i32, form: i32): i32 {
  const slot = slotsEnd;
  slotsEnd += slotBytes;
  if (slotsEnd > memory.size() << 16) reach(slotsEnd + (slotsEnd >> 3));
  for (let word: i32 = SLOT_SEEN << 2; word < slotBytes; word += 4) store<i32>(slot + word, 0);
  setField(slot, SLOT_HASH, hash);
  setField(slot, SLOT_KEY, key);
  setField(slot, SLOT_LENGTH, form);
  store<i32>(table + (at << 2), slot);
  slotCount += 1;
  if (slotCount * 4 > tableLast * 3) growTable();
  return slot;
}

function growTable(): void {
  clearTable((tableLast + 1) * 2);
  for (let slot = slots; slot < slotsEnd; slot += slotBytes) {
    let at = field(slot, SLOT_HASH) & tableLast;
    while (load<i32>(table + (at << 2)) !== 0) at = (at + 1) & tableLast;
    store<i32>(table + (at << 2), slot);
  }
}

/** Takes the users of one of the arena's segments, after the segments that lie below it in its bucket. */
export function addSegment(segment: i32): void {
  const width: i32 = load<i32>(segment);
  const count = load<i32>(segment, 4);
  let at = segment + ((SEGMENT_HEADER_WORDS + load<i32>(segment, 8) * INSTANT_WORDS) << 2);
  for (let user: i32 = 0; user < count; user += 1) {
    const head = load<i32>(at);
    const length: i32 = head & 0xffff;
    const operations: i32 = head >>> 16;
    const key = at + 4;
    const audiences = key + ((length + 3) & ~3);
    const indexes = audiences + (((operations + 1) >> 1) << 2);
    const packed = packKey(key, length, keysEnd);
    const text = packed ? keysEnd : key;
    const form: i32 = packed ? length | PACKED : length;
    if (isOfPass(key, length)) {
      const slot = slotOf(text, form);
      if (packed && field(slot, SLOT_KEY) === text) keysEnd += keyWords(form) << 2;
      addEntry(slot, at, segment);
      const before = slot + (SLOT_MASKS << 2);
      for (let i: i32 = 0; i < operations; i += 1) {
        const number = load<i32>(numbers + (load<u16>(audiences + (i << 1)) << 2));
        const word = before + ((number >>> 5) << 2);
        const bit: i32 = 1 << (number & 31);
        if (isMember(indexes, i, width)) store<i32>(word, load<i32>(word) | bit);
        else store<i32>(word, load<i32>(word) & ~bit);
      }
    }
    at = indexes + ((operations * width + 3) & ~3);
  }
}

function isMember(indexes: i32, i: i32, width: i32): bool {
  if (width === 0) return true;
  if (width === 1) return load<u8>(indexes + i) !== 0;
  if (width === 2) return load<u16>(indexes + (i << 1)) !== 0;
  return load<i32>(indexes + (i << 2)) !== 0;
}

function addEntry(slot: i32, at: i32, segment: i32): void {
  const entry = entriesEnd;
  entriesEnd += ENTRY_WORDS << 2;
  setField(entry, ENTRY_AT, at);
  setField(entry, ENTRY_SEGMENT, segment);
  setField(entry, ENTRY_PREVIOUS, field(slot, SLOT_ENTRY));
  setField(slot, SLOT_ENTRY, entry);
}

/** Takes the file's rows, which lie in the arena from one address to another. */
export function addRows(from: i32, end: i32): void {
  for (let at = from; at < end; ) {
    const head = load<i32>(at);
    const kind = (head >>> KIND_SHIFT) & 3;
    const form: i32 = head & (KEY_BYTES | PACKED);
    const key = at + ((RECORD_HEADER_WORDS + (kind === TIMED ? INSTANT_WORDS : 0)) << 2);
    if (isOfPass(key, form)) takeRow(slotOf(key, form), at, head >>> 16, kind);
    at = key + (keyWords(form) << 2);
  }
}

function takeRow(slot: i32, at: i32, number: i32, kind: i32): void {
  const after = slot + ((SLOT_MASKS + maskWords) << 2);
  if (kind >= FIRST && field(slot, SLOT_SEEN) !== 0) {
    memory.fill(after, 0, maskWords << 2);
    setField(slot, SLOT_ROW, 0);
    duplicates += 1;
  }
  setField(slot, SLOT_SEEN, 1);
  if (kind === NONE) return;
  const word = after + ((number >>> 5) << 2);
  const bit: i32 = 1 << (number & 31);
  const bits = load<i32>(word);
  if ((bits & bit) !== 0) duplicates += 1;
  store<i32>(word, bits | bit);
  if (kind !== TIMED && field(slot, SLOT_ROW) === 0) return;
  const row = rowsEnd;
  rowsEnd += ROW_WORDS << 2;
  setField(row, ROW_AT, at);
  setField(row, ROW_PREVIOUS, field(slot, SLOT_ROW));
  setField(slot, SLOT_ROW, row);
}

/**
 * Lists the slots whose audiences differ, among those that imports decide, from `changed` on in the order of their buckets, and
 * counts the users of the file. A partial snapshot says nothing of users whom it has not.
 *
 * @returns how many there are
 */
export function listChanged(partial: bool): i32 {
  memory.fill(BUCKET_ENDS, 0, BUCKETS_PER_PARTITION << 2);
  changed = slotsEnd;
  textsEnd = changed + (slotCount << 2);
  reach(textsEnd);
  for (let slot = slots; slot < slotsEnd; slot += slotBytes) {
    const seen = field(slot, SLOT_SEEN) !== 0;
    if (seen) users += 1;
    if ((partial && !seen) || !differs(slot)) continue;
    setField(slot, SLOT_SEEN, CHANGED);
    settle(slot);
    const count = BUCKET_ENDS + (bucketOf(slot) << 2);
    store<i32>(count, load<i32>(count) + 4);
  }
  let end = changed;
  for (let bucket: i32 = 0; bucket < BUCKETS_PER_PARTITION; bucket += 1) {
    const count = BUCKET_ENDS + (bucket << 2);
    const bytes = load<i32>(count);
    store<i32>(count, end);
    end += bytes;
  }
  for (let slot = slots; slot < slotsEnd; slot += slotBytes) {
    if (field(slot, SLOT_SEEN) !== CHANGED) continue;
    const next = BUCKET_ENDS + (bucketOf(slot) << 2);
    const at = load<i32>(next);
    store<i32>(at, slot);
    store<i32>(next, at + 4);
  }
  return (end - changed) >> 2;
}

function differs(slot: i32): bool {
  const before = slot + (SLOT_MASKS << 2);
  const after = before + (maskWords << 2);
  for (let i: i32 = 0; i < maskWords << 2; i += 4) {
    if (((load<i32>(before + i) ^ load<i32>(after + i)) & load<i32>(comparable + i)) !== 0) return true;
  }
  return false;
}

/** Gives a slot its key's text, and the hash that buckets go by. Nobody is looked up in the table any more. */
function settle(slot: i32): void {
  const form = field(slot, SLOT_LENGTH);
  if ((form & SETTLED) !== 0) return;
  const length = form & KEY_BYTES;
  if ((form & PACKED) !== 0) {
    if (textsEnd + KEY_ROOM > memory.size() << 16) reach(textsEnd + (1 << 20));
    unpackKey(field(slot, SLOT_KEY), length, textsEnd);
    setField(slot, SLOT_KEY, textsEnd);
    textsEnd += (length + 3) & ~3;
  }
  setField(slot, SLOT_LENGTH, length | SETTLED);
  setField(slot, SLOT_HASH, hashKey(field(slot, SLOT_KEY), length));
}

/** Settles every slot, behind {@link listChanged}. */
export function settleAll(): void {
  for (let slot = slots; slot < slotsEnd; slot += slotBytes) settle(slot);
}

/** The bucket of a slot, counted within the partition. */
function bucketOf(slot: i32): i32 {
  return bucketOfHash(field(slot, SLOT_HASH));
}

function bucketOfHash(hash: i32): i32 {
  return (hash >>> 20) & (BUCKETS_PER_PARTITION - 1);
}

/** Users in the table. */
export function countSlots(): i32 {
  return slotCount;
}
