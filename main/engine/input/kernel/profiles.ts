import { sameBytes } from '../../core/kernel/keys';
import { keepName, NAME_TABLE_BYTES, numberOfName } from '../../core/kernel/names';
import { hashA, hashB, hashText, setSeed } from './hash';
import {
  byteAt,
  CLOSE_BRACE,
  CLOSE_BRACKET,
  COLON,
  COMMA,
  escaped,
  isDigit,
  MINUS,
  OPEN_BRACE,
  OPEN_BRACKET,
  QUOTE,
  setEnd,
  space,
  string,
  value,
} from './json';
import {
  ABOVE_ASCII,
  CLOSE,
  END,
  FLAGS,
  HASH_A,
  HASH_B,
  HASHED,
  KEY_END,
  KEY_START,
  LINE,
  MOST_NAMES,
  MOST_RECORDS,
  NAME_COUNT,
  NAME_END,
  NAME_NUMBER,
  NAME_START,
  NAME_WORDS,
  NAMED,
  NAMES,
  OPEN,
  PASSED,
  RECORD_WORDS,
  START,
  TAKEN,
} from './layout';
import { packRecords } from './packs';

/*
 * Reads profiles without making a text: a record that is taken is one JSON object, its key and the names of its audiences are
 * found, nothing else is looked at. It takes nothing that the general reader (profile/record.ts) would reject or read
 * otherwise, UTF-8 apart, which the engine checks; what it leaves alone (a fault, an escape where it matters, a field twice) is
 * that reader's. Its memory holds, in this order, names of audiences with their numbers, records, their names, the fields that
 * matter, and text to read.
 */

/** As in `segmentsOf`; in ASCII, where bytes are characters. */
const LONGEST_NAME: i32 = 256;
/** A longer key may have more than the 1,024 characters that core/user-key.ts allows. */
const LONGEST_SURE_KEY: i32 = 1024;
const LETTER_T: i32 = 0x74;

const NAME_TABLE: i32 = 1024;
export const records: i32 = NAME_TABLE + NAME_TABLE_BYTES;
export const names: i32 = records + MOST_RECORDS * RECORD_WORDS * 4;
/** Where the engine puts the names of the fields that matter, see {@link setFields}. */
export const fieldRoom: i32 = names + MOST_NAMES * NAME_WORDS * 4;

export { reach } from '../../core/kernel/memory';
export { hashA, hashB, hashText } from './hash';
export { packBodies, packEnds, packedEnd, packKeys, packPlaces, packs } from './packs';

/** Records that were found, and lines behind which the search has come. */
export let found: i32 = 0;
export let lines: i32 = 0;

let keyEnd: i32 = fieldRoom;
let segmentsEnd: i32 = fieldRoom;
let segmentsAllEnd: i32 = fieldRoom;
let usedNames: i32 = 0;

/** Says what fields are called, one name behind the other: the key, which also goes into the hash, and the two with audiences. */
export function setFields(key: i32, segments: i32, segmentsAll: i32): void {
  keyEnd = fieldRoom + key;
  segmentsEnd = keyEnd + segments;
  segmentsAllEnd = segmentsEnd + segmentsAll;
  setSeed(fieldRoom, keyEnd);
}

/** Notes the number of a name of an audience. */
export function setName(start: i32, end: i32, number: i32): void {
  keepName(NAME_TABLE, start, end - start, number);
}

/** Forgets what was found. */
export function beginRecords(): void {
  found = 0;
  lines = 0;
}

/** Adds one record; behind it stands an end of line. */
export function addRecord(start: i32, end: i32, above: bool, hashed: bool): void {
  const record = records + found * RECORD_WORDS * 4;
  found += 1;
  let flags = above ? ABOVE_ASCII : 0;
  // The store keeps the object alone, without white space around it.
  if (hashed && byteAt(start) === OPEN_BRACE && byteAt(end - 1) === CLOSE_BRACE) {
    hashText(start, end);
    put(record, HASH_A, hashA);
    put(record, HASH_B, hashB);
    flags |= HASHED;
  }
  put(record, LINE, lines);
  put(record, START, start);
  put(record, END, end);
  put(record, FLAGS, flags);
}

/**
 * Finds the records of whole lines from `from` up to `end`, which is behind an end of line, and gives the address behind the
 * last line that was looked at: there are no more lines, or no room for their records.
 */
export function findLines(from: i32, end: i32, hashed: bool): i32 {
  beginRecords();
  const lineFeeds = i8x16.splat(0x0a);
  let start = from;
  while (start < end && found < MOST_RECORDS) {
    let above = 0;
    let at = start;
    let bytes = v128.load(at);
    let marks = i8x16.bitmask(i8x16.eq(bytes, lineFeeds));
    while (marks === 0) {
      above |= i8x16.bitmask(bytes);
      at += 16;
      bytes = v128.load(at);
      marks = i8x16.bitmask(i8x16.eq(bytes, lineFeeds));
    }
    const bit = ctz(marks);
    above |= i8x16.bitmask(bytes) & ((1 << bit) - 1);
    at += bit;
    const stop = at > start && byteAt(at - 1) === 0x0d ? at - 1 : at;
    if (!isBlank(start, stop)) addRecord(start, stop, above !== 0, hashed);
    lines += 1;
    start = at + 1;
  }
  return start;
}

function isBlank(start: i32, end: i32): bool {
  for (let at = start; at < end; at += 1) {
    const c = byteAt(at);
    if (c !== 0x20 && c !== 0x09 && c !== 0x0d) return false;
  }
  return true;
}

/** Reads the records that were found, but for those that are passed over. */
export function readRecords(): void {
  usedNames = 0;
  for (let n = 0; n < found; n += 1) {
    const record = records + n * RECORD_WORDS * 4;
    const flags = field(record, FLAGS);
    if ((flags & PASSED) !== 0) continue;
    const namesBefore = usedNames;
    const outcome = readRecord(record);
    if (outcome === 0) usedNames = namesBefore;
    put(record, FLAGS, flags | outcome);
  }
}

/** Packs the records that were found and read, see {@link packRecords}. */
export function packFound(room: i32): bool {
  return packRecords(records, found, room);
}

/** Gives the flags of what was taken; 0 for a record that is left alone. */
function readRecord(record: i32): i32 {
  const end = field(record, END);
  setEnd(end);
  const firstName = usedNames;
  let flags = TAKEN;
  let keyFrom: i32 = -1;
  let keyTo: i32 = -1;
  let close: i32 = 0;
  const open = space(field(record, START));
  if (byteAt(open) !== OPEN_BRACE) return 0;
  let at = space(open + 1);
  for (;;) {
    if (byteAt(at) !== QUOTE) return 0;
    const name = at + 1;
    at = string(at);
    // An escaped name may stand for one that matters.
    if (at < 0 || escaped) return 0;
    const nameEnd = at - 1;
    at = space(at);
    if (byteAt(at) !== COLON) return 0;
    at = space(at + 1);
    if (isField(name, nameEnd, fieldRoom, keyEnd)) {
      if (keyFrom >= 0) return 0;
      const first = byteAt(at);
      const isText = first === QUOTE;
      if (!isText && first !== MINUS && !isDigit(first)) return 0;
      keyFrom = at;
      at = value(at);
      if (isText && escaped) return 0;
      keyTo = at;
      if (isText) {
        keyFrom += 1;
        keyTo -= 1;
      }
    } else if (isAudiences(name, nameEnd)) {
      // The same field twice: the last counts.
      if ((flags & NAMED) !== 0) return 0;
      flags |= NAMED;
      at = audiences(at);
    } else at = value(at);
    if (at < 0) return 0;
    at = space(at);
    const c = byteAt(at);
    close = at + 1;
    at = space(close);
    if (c === CLOSE_BRACE) break;
    if (c !== COMMA) return 0;
  }
  if (at !== end || keyFrom < 0 || keyTo === keyFrom || keyTo - keyFrom > LONGEST_SURE_KEY) return 0;
  put(record, OPEN, open);
  put(record, CLOSE, close);
  put(record, KEY_START, keyFrom);
  put(record, KEY_END, keyTo);
  put(record, NAMES, firstName);
  put(record, NAME_COUNT, usedNames - firstName);
  return flags;
}

function isAudiences(start: i32, end: i32): bool {
  return isField(start, end, keyEnd, segmentsEnd) || isField(start, end, segmentsEnd, segmentsAllEnd);
}

function isField(start: i32, end: i32, name: i32, nameEnd: i32): bool {
  return end - start === nameEnd - name && sameBytes(start, name, end - start);
}

function audiences(at: i32): i32 {
  const c = byteAt(at);
  if (c === OPEN_BRACKET) return list(at);
  return c === OPEN_BRACE ? map(at) : -1;
}

function list(open: i32): i32 {
  let at = space(open + 1);
  if (byteAt(at) === CLOSE_BRACKET) return at + 1;
  while (true) {
    at = name(at);
    if (at < 0) return -1;
    at = space(at);
    const c = byteAt(at);
    if (c === CLOSE_BRACKET) return at + 1;
    if (c !== COMMA) return -1;
    at = space(at + 1);
  }
}

/** A map of names to true; with any other value it is left alone. */
function map(open: i32): i32 {
  let at = space(open + 1);
  if (byteAt(at) === CLOSE_BRACE) return at + 1;
  while (true) {
    at = name(at);
    if (at < 0) return -1;
    at = space(at);
    if (byteAt(at) !== COLON) return -1;
    at = space(at + 1);
    if (byteAt(at) !== LETTER_T) return -1;
    at = value(at);
    if (at < 0) return -1;
    at = space(at);
    const c = byteAt(at);
    if (c === CLOSE_BRACE) return at + 1;
    if (c !== COMMA) return -1;
    at = space(at + 1);
  }
}

/** A string that names an audience. */
function name(open: i32): i32 {
  if (byteAt(open) !== QUOTE) return -1;
  const behind = string(open);
  if (behind < 0 || escaped) return -1;
  const start = open + 1;
  const length = behind - 1 - start;
  if (length === 0 || length > LONGEST_NAME || usedNames === MOST_NAMES) return -1;
  const entry = names + usedNames * NAME_WORDS * 4;
  put(entry, NAME_START, start);
  put(entry, NAME_END, behind - 1);
  put(entry, NAME_NUMBER, numberOfName(NAME_TABLE, start, length));
  usedNames += 1;
  return behind;
}

function field(entry: i32, word: i32): i32 {
  return load<i32>(entry + word * 4);
}

function put(entry: i32, word: i32, number: i32): void {
  store<i32>(entry + word * 4, number);
}
