import { KEY_ROOM, LOWER_HALVES, packedBytes, packKey } from '../../core/kernel/hex';
import { hashKey, lastWord, sameBytes } from '../../core/kernel/keys';
import { keepName, NAME_TABLE_BYTES, numberOfName } from '../../core/kernel/names';
import {
  BUFFER_BYTES,
  INSTANT_WORDS,
  KIND_SHIFT,
  PACKED,
  PAIR,
  PARTITIONS,
  READ_AHEAD,
  RECORD_HEADER_WORDS,
  REGION_BYTES,
  SCAN_AUDIENCE,
  SCAN_COLUMNS,
  SCAN_DONE,
  SCAN_KEY,
  SCAN_NOT_ASCII,
  SCAN_NOT_PLAIN,
  SCAN_TIME,
  TIME_TEXT_BYTES,
  TIMED,
} from './layout';

/*
 * Reads plain CSV, a line a row, and spreads the rows over the partitions' regions. Its memory holds, in this order, the room
 * taken of each buffer and region, the text of the last enter time, one key, the present row's key as it is packed, names of
 * audiences, the buffers, the regions, and text to read.
 */

/** Writes a partition's region, so many bytes of it, to the file. */
declare function flushRegion(partition: i32, bytes: i32): void;

/** A longer key may have more than the 1,024 characters that core/user-key.ts allows. */
const LONGEST_SURE_KEY: i32 = 1024;

const LF = 0x0a;
const CR = 0x0d;

/** Bytes that are in each partition's buffer, and in its region. */
const BUFFERED: i32 = 1024;
const FILLED: i32 = BUFFERED + PARTITIONS * 4;
const TIME_TEXT: i32 = FILLED + PARTITIONS * 4;
/** Where the engine puts a key for {@link addRow}: up to 4,096 bytes, and what is read behind them. */
export const keyRoom: i32 = TIME_TEXT + TIME_TEXT_BYTES;
/** The present row's key, packed. */
const PACKED_KEY: i32 = keyRoom + 4096 + READ_AHEAD;
const NAME_TABLE: i32 = PACKED_KEY + KEY_ROOM;
const BUFFERS: i32 = NAME_TABLE + NAME_TABLE_BYTES;
export const regions: i32 = BUFFERS + PARTITIONS * BUFFER_BYTES;
/** Where the engine puts text for {@link scanRows}; sixteen bytes behind it are read. */
export const textRoom: i32 = regions + PARTITIONS * REGION_BYTES;

export { reach } from '../../core/kernel/memory';

let delimiter: i32 = 0;
let userColumn = 0;
let segmentColumn = 0;
let timeColumn = -1;
let columns = 0;

/** Lines behind which the scan has come, since the beginning of the file. */
export let lines = 0;
/** Rows that were taken from lines, and whether one of them had an enter time. */
export let rows = 0;
export let timed = false;

/** The line at which the scan stopped: from `lineStart` to its end of line, and the fields of it that count. */
export let lineStart: i32 = 0;
export let lineEnd: i32 = 0;
export let fields = 0;
export let keyStart: i32 = 0;
export let keyEnd: i32 = 0;
export let nameStart: i32 = 0;
export let nameEnd: i32 = 0;
export let timeStart: i32 = 0;
export let timeEnd: i32 = 0;

/** Bytes of the line so far, and some behind it, one upon the other: for whether any is above ASCII. */
let seen = i8x16.splat(0);
/** Text up to here is known to be valid UTF-8. */
let checkedTo: i32 = 0;
/** What the engine has answered of the line at which the scan stopped: its key is one, its time is read, its audience. */
let keyIsOne = false;
let timeIsRead = false;
let audience = -1;
let isAnswered = false;
/** The enter time that the engine read last. */
let timeTextBytes: i32 = 0;
let timeMs: f64 = 0;
let timeCode: f64 = 0;

/** Says what the file is like; a column that it has not is -1. The first line that is scanned is its header. */
export function setColumns(delimiterByte: i32, user: i32, segment: i32, time: i32, count: i32): void {
  delimiter = delimiterByte;
  userColumn = user;
  segmentColumn = segment;
  timeColumn = time;
  columns = count;
}

/** Notes that the text up to an address is valid UTF-8; 0 for new text. */
export function setChecked(end: i32): void {
  checkedTo = end;
}

/** Answers SCAN_KEY: the key of the line at which the scan stopped is one. */
export function setKey(): void {
  keyIsOne = true;
  isAnswered = true;
}

/** Answers SCAN_TIME: the enter time of the line at which the scan stopped. */
export function setTime(ms: f64, code: f64): void {
  timeMs = ms;
  timeCode = code;
  timeIsRead = true;
  isAnswered = true;
  const length = timeEnd - timeStart;
  timeTextBytes = length > TIME_TEXT_BYTES ? 0 : length;
  memory.copy(TIME_TEXT, timeStart, timeTextBytes);
}

/** Answers SCAN_AUDIENCE: the number of the name at which the scan stopped. */
export function setAudience(number: i32): void {
  audience = number;
  isAnswered = true;
  keepName(NAME_TABLE, nameStart, nameEnd - nameStart, number);
}

/** Adds a row to its partition. An enter instant counts where `kind` is TIMED only. */
export function addRow(key: i32, length: i32, audience: i32, kind: i32, ms: f64, code: f64): void {
  const partition: i32 = hashKey(key, length) >>> 24;
  const timeWords: i32 = kind === TIMED ? INSTANT_WORDS : 0;
  const head: i32 = length | (kind << KIND_SHIFT) | (audience << 16);
  const packed = packKey(key, length, PACKED_KEY);
  if (packed) addBytes(partition, PACKED_KEY, packedBytes(length), head | PACKED, timeWords, ms, code);
  else addBytes(partition, key, length, head, timeWords, ms, code);
}

function addBytes(
  partition: i32,
  key: i32,
  length: i32,
  head: i32,
  timeWords: i32,
  ms: f64,
  code: f64,
): void {
  const bytes = (RECORD_HEADER_WORDS + timeWords + ((length + 3) >> 2)) << 2;
  let to = roomFor(partition, bytes);
  store<i32>(to, head);
  to += RECORD_HEADER_WORDS << 2;
  if (timeWords > 0) {
    store<f64>(to, ms);
    store<f64>(to, code, 8);
    to += INSTANT_WORDS << 2;
  }
  const whole = key + (length & ~3);
  let from = key;
  for (; from + 16 <= whole; from += 16) {
    v128.store(to, v128.load(from));
    to += 16;
  }
  for (; from < whole; from += 4) {
    store<i32>(to, load<i32>(from));
    to += 4;
  }
  if ((length & 3) !== 0) store<i32>(to, lastWord(whole, length & 3));
}

/** Where a partition's next row of so many bytes goes. */
function roomFor(partition: i32, bytes: i32): i32 {
  const buffered = BUFFERED + (partition << 2);
  const used: i32 = load<i32>(buffered);
  if (used + bytes <= BUFFER_BYTES) {
    store<i32>(buffered, used + bytes);
    return BUFFERS + partition * BUFFER_BYTES + used;
  }
  moveToRegion(partition);
  if (bytes > BUFFER_BYTES) return roomInRegion(partition, bytes);
  store<i32>(buffered, bytes);
  return BUFFERS + partition * BUFFER_BYTES;
}

function moveToRegion(partition: i32): void {
  const buffered = BUFFERED + (partition << 2);
  const bytes = load<i32>(buffered);
  memory.copy(roomInRegion(partition, bytes), BUFFERS + partition * BUFFER_BYTES, bytes);
  store<i32>(buffered, 0);
}

function roomInRegion(partition: i32, bytes: i32): i32 {
  const filled = FILLED + (partition << 2);
  let used: i32 = load<i32>(filled);
  if (used + bytes > REGION_BYTES) {
    flushRegion(partition, used);
    used = 0;
  }
  store<i32>(filled, used + bytes);
  return regions + partition * REGION_BYTES + used;
}

/** Moves the rest of a partition to its region, which may go to the file for it, and gives the bytes that are there. */
export function settleRegion(partition: i32): i32 {
  moveToRegion(partition);
  return load<i32>(FILLED + (partition << 2));
}

/** Passes over the line at which the scan stopped. */
export function skipLine(): i32 {
  forgetAnswers();
  lines += 1;
  return lineEnd + 1;
}

function forgetAnswers(): void {
  keyIsOne = false;
  timeIsRead = false;
  audience = -1;
  isAnswered = false;
}

/**
 * Takes whole lines from `from` up to `end`, which is behind an end of line, and stops at the first that needs the engine.
 * Asked again from that line, it goes on there.
 */
export function scanRows(from: i32, end: i32): i32 {
  const marks = marksBy();
  const arePairs = columns === 2 && userColumn + segmentColumn === 1;
  let start = from;
  while (start < end) {
    if (arePairs && lines > 0 && !isAnswered) {
      start = takePairs(start, end, marks);
      if (start === end) break;
    }
    lineStart = start;
    fields = 0;
    seen = i8x16.splat(0);
    // From field to field, not from block to block: fields of one column are mostly of one length, which a processor learns.
    for (;;) {
      const at = nextMark(start, marks);
      const byte: i32 = load<u8>(at);
      if (byte === LF) {
        lineEnd = at;
        break;
      }
      if (byte !== delimiter) return SCAN_NOT_PLAIN;
      takeField(start, at);
      start = at + 1;
    }
    if (lineEnd > checkedTo && i8x16.bitmask(seen) !== 0) return SCAN_NOT_ASCII;
    const problem = takeLine(start);
    if (problem !== SCAN_DONE) return problem;
    lines += 1;
    start = lineEnd + 1;
  }
  return SCAN_DONE;
}

/**
 * Takes lines of a user and an audience, which is what most files are made of, up to the first that has something else; gives
 * where that one begins.
 */
function takePairs(from: i32, end: i32, marks: v128): i32 {
  const userIsFirst = userColumn === 0;
  let line = from;
  while (line < end) {
    seen = i8x16.splat(0);
    const middle = nextMark(line, marks);
    if (load<u8>(middle) !== delimiter) return line;
    const at = nextMark(middle + 1, marks);
    if (load<u8>(at) !== LF) return line;
    // Bytes behind the line may be seen too: it is looked at more closely then, to the same end.
    if (i8x16.bitmask(seen) !== 0 && at > checkedTo) return line;
    const to = load<u8>(at - 1) === CR ? at - 1 : at;
    const key = userIsFirst ? line : middle + 1;
    const name = userIsFirst ? middle + 1 : line;
    const length = (userIsFirst ? middle : to) - key;
    if (<u32>(length - 1) >= <u32>LONGEST_SURE_KEY) return line;
    const number = numberOfName(NAME_TABLE, name, (userIsFirst ? to : middle) - name);
    if (number < 0) return line;
    addRow(key, length, number, PAIR, 0, 0);
    rows += 1;
    lines += 1;
    line = at + 1;
  }
  return line;
}

/**
 * The bytes that end a field or need more than this scan, each at the place of its lower half byte: no two of them share one.
 * Places of others have what is none of theirs.
 */
function marksBy(): v128 {
  const others = i8x16(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16);
  const places = i8x16(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
  let marks = i8x16.replace_lane(others, 0, 0);
  marks = i8x16.replace_lane(marks, 2, 0x22);
  marks = i8x16.replace_lane(marks, 10, 0x0a);
  const own = i8x16.eq(places, i8x16.splat(<i8>(delimiter & 15)));
  return v128.bitselect(i8x16.splat(<i8>delimiter), marks, own);
}

/** The first mark from an address on. */
function nextMark(from: i32, marks: v128): i32 {
  let at = from;
  let bytes = v128.load(at);
  let found = marksIn(bytes, marks);
  seen = v128.or(seen, bytes);
  while (found === 0) {
    at += 16;
    bytes = v128.load(at);
    found = marksIn(bytes, marks);
    seen = v128.or(seen, bytes);
  }
  return at + ctz(found);
}

/** Which of sixteen bytes are marks. */
function marksIn(bytes: v128, marks: v128): i32 {
  return i8x16.bitmask(i8x16.eq(bytes, i8x16.swizzle(marks, v128.and(bytes, v128.load(LOWER_HALVES)))));
}

function takeField(start: i32, end: i32): void {
  if (fields === userColumn) {
    keyStart = start;
    keyEnd = end;
  } else if (fields === segmentColumn) {
    nameStart = start;
    nameEnd = end;
  } else if (fields === timeColumn) {
    timeStart = start;
    timeEnd = end;
  }
  fields += 1;
}

/** Takes the line from `lineStart` to `lineEnd`, whose last field begins at `start`. */
function takeLine(start: i32): i32 {
  const end = lineEnd > lineStart && load<u8>(lineEnd - 1) === CR ? lineEnd - 1 : lineEnd;
  if (lines === 0 || end === lineStart) return SCAN_DONE;
  takeField(start, end);
  if (fields !== columns) return SCAN_COLUMNS;
  const length = keyEnd - keyStart;
  if ((length === 0 || length > LONGEST_SURE_KEY) && !keyIsOne) return SCAN_KEY;
  const kind = timeColumn < 0 || timeStart === timeEnd ? PAIR : TIMED;
  if (kind === TIMED && !timeIsRead && !isLastTime()) return SCAN_TIME;
  const number: i32 = audience >= 0 ? audience : numberOfName(NAME_TABLE, nameStart, nameEnd - nameStart);
  if (number < 0) return SCAN_AUDIENCE;
  addRow(keyStart, length, number, kind, timeMs, timeCode);
  if (isAnswered) forgetAnswers();
  rows += 1;
  if (kind === TIMED) timed = true;
  return SCAN_DONE;
}

function isLastTime(): bool {
  const length = timeEnd - timeStart;
  return length === timeTextBytes && sameBytes(TIME_TEXT, timeStart, length);
}
