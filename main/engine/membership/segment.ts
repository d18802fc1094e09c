import type { Instant } from '../core/instant.ts';
import { createInstantTable, type InstantTable } from './instant-table.ts';
import { addKey, addWord, createWordList, type WordList } from './word-list.ts';

/*
 * A segment: membership operations on the users of one bucket, as one blob of 32-bit little-endian words.
 *
 *   word 0      form: bytes of an instant's index (0, 1, 2 or 4)
 *   word 1      number of users
 *   word 2      number of instants
 *   word 3      number of operations
 *   instants    16 bytes each: milliseconds and code (core/instant.ts) as two doubles
 *   users       word: key bytes | operations << 16; key, padded with zeros to words; audience ids, two bytes each, padded;
 *               indexes, padded: 0 = is not a member, k = has been a member since instant k
 *
 * With index width 0 every operation has index 1: the first import of a file without enter times.
 */

export const HEADER_WORDS = 4;
const WORDS_PER_INSTANT = 4;

/** Audience ids are kept in two bytes. */
export const MAX_AUDIENCE_ID = 0xffff;

/** Collects operations for one segment after another. */
export interface SegmentWriter {
  /** Begins a user: `length` key bytes that stand zero-padded in `words` from `wordStart`. */
  user(words: Int32Array, wordStart: number, length: number): void;
  /** One operation on the user begun last: a member since an instant, or (null) not a member. Each audience once a user. */
  operation(audienceId: number, enteredAt: Instant | null): void;
  /** The segment, undefined when nothing was added. The next one begins empty. */
  finish(): Buffer | undefined;
}

/** A writer for segments. */
export function createSegmentWriter(): SegmentWriter {
  /** Users one after the other, as in a segment but with two words an operation: audience id and index. */
  const noted = createWordList();
  const instants = createInstantTable();
  let users = 0;
  let operations = 0;
  let anyOut = false;
  let head = 0;

  return {
    user(words, wordStart, length) {
      users += 1;
      head = noted.used;
      addWord(noted, length);
      addKey(noted, words, wordStart, length);
    },
    operation(audienceId, enteredAt) {
      operations += 1;
      noted.words[head] = (noted.words[head] as number) + 0x10000;
      addWord(noted, audienceId);
      addWord(noted, enteredAt === null ? 0 : instants.numberOf(enteredAt) + 1);
      if (enteredAt === null) anyOut = true;
    },
    finish() {
      if (users === 0) return undefined;
      const width = indexWidth(instants.count(), anyOut);
      const body = layOut(noted, { users, operations, instants, width });
      noted.used = 0;
      instants.clear();
      users = 0;
      operations = 0;
      anyOut = false;
      return body;
    },
  };
}

function indexWidth(instants: number, anyOut: boolean): number {
  if (instants === 1 && !anyOut) return 0;
  if (instants < 0x100) return 1;
  return instants < 0x10000 ? 2 : 4;
}

function layOut(
  noted: WordList,
  {
    users,
    operations,
    instants,
    width,
  }: { users: number; operations: number; instants: InstantTable; width: number },
): Buffer {
  const from = noted.words;
  const start = HEADER_WORDS + instants.count() * WORDS_PER_INSTANT;
  // Each operation was noted in two words, which is the most that it takes.
  const words = new Int32Array(start + noted.used);
  words[0] = width;
  words[1] = users;
  words[2] = instants.count();
  words[3] = operations;
  instants.writeTo(words.buffer, HEADER_WORDS * 4);
  let at = start;
  for (let read = 0; read < noted.used; ) {
    const head = from[read] as number;
    const first = read + 1 + (((head & 0xffff) + 3) >> 2);
    while (read < first) {
      words[at] = from[read] as number;
      at += 1;
      read += 1;
    }
    const count = head >>> 16;
    at = packNumbers(words, at, from, first, count, 2);
    if (width > 0) at = packNumbers(words, at, from, first + 1, count, width);
    read = first + count * 2;
  }
  return Buffer.from(words.buffer, 0, at * 4);
}

/** Writes every second one of some words as a number of so many bytes, padded to words; gives where that ends. */
function packNumbers(
  words: Int32Array,
  to: number,
  from: Int32Array,
  start: number,
  count: number,
  width: number,
): number {
  const perWord = 4 / width;
  for (let i = 0; i < count; i += 1) {
    const at = to + Math.floor(i / perWord);
    words[at] = (words[at] as number) | ((from[start + i * 2] as number) << ((i % perWord) * width * 8));
  }
  return to + Math.ceil(count / perWord);
}

/** Words that a user's operations take: audience ids and indexes. */
export function operationWords(count: number, width: number): number {
  return ((count + 1) >> 1) + ((count * width + 3) >> 2);
}

/** A place in a segment, moved from user to user; all offsets are bytes from the start of `view`. */
export interface SegmentCursor {
  /** Moves to the next user; false at the end. The first call moves to the first. */
  next(): boolean;
  /** The present user's key: where it starts and how long it is, in bytes. */
  keyStart(): number;
  keyLength(): number;
  /** The present user's operations. */
  count(): number;
  audience(i: number): number;
  /** The enter instant of an operation, null for "is not a member". */
  enteredAt(i: number): Instant | null;
}

/** Reads a segment that lies in `view` from byte `start` (a multiple of four). */
export function segmentCursor(view: DataView, start: number): SegmentCursor {
  const width = view.getUint32(start, true);
  const users = view.getUint32(start + 4, true);
  const instants = start + HEADER_WORDS * 4;
  let end = instants + view.getUint32(start + 8, true) * 16;
  let user = 0;
  let key = 0;
  let length = 0;
  let operations = 0;
  let audiences = 0;
  let indexes = 0;
  /** Instants that were read: most operations of a segment share a few. */
  const read: Instant[] = [];

  function index(i: number): number {
    if (width === 0) return 1;
    if (width === 1) return view.getUint8(indexes + i);
    return width === 2 ? view.getUint16(indexes + i * 2, true) : view.getUint32(indexes + i * 4, true);
  }

  return {
    next() {
      if (user === users) return false;
      user += 1;
      const head = view.getUint32(end, true);
      length = head & 0xffff;
      operations = head >>> 16;
      key = end + 4;
      audiences = key + ((length + 3) & ~3);
      indexes = audiences + ((operations + 1) >> 1) * 4;
      end = audiences + operationWords(operations, width) * 4;
      return true;
    },
    keyStart: () => key,
    keyLength: () => length,
    count: () => operations,
    audience: (i) => view.getUint16(audiences + i * 2, true),
    enteredAt(i) {
      const k = index(i);
      if (k === 0) return null;
      const known = read[k];
      if (known !== undefined) return known;
      const at = instants + (k - 1) * 16;
      const instant = { ms: view.getFloat64(at, true), code: view.getFloat64(at + 8, true) };
      read[k] = instant;
      return instant;
    },
  };
}

/** A segment's bytes as a view. */
export function viewOf(body: Uint8Array): DataView {
  return new DataView(body.buffer, body.byteOffset, body.byteLength);
}
