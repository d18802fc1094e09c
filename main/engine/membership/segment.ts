import type { Instant } from '../core/instant.ts';

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

/** Collects operations for one segment. */
export interface SegmentWriter {
  /** Begins a user: `length` key bytes that stand zero-padded in `words` from `wordStart`. */
  user(words: Int32Array, wordStart: number, length: number): void;
  /** One operation on the user begun last: a member since an instant, or (null) not a member. Each audience once a user. */
  operation(audienceId: number, enteredAt: Instant | null): void;
  /** The segment, undefined when nothing was added. */
  finish(): Buffer | undefined;
}

/** A writer for one segment. */
export function createSegmentWriter(): SegmentWriter {
  const keys: number[] = [];
  const users: number[] = [];
  const audiences: number[] = [];
  const indexes: number[] = [];
  const instants: Instant[] = [];
  const known = new Map<string, number>();
  let lastInstant: Instant | undefined;
  let lastIndex = 0;

  function indexOf(instant: Instant): number {
    if (lastInstant !== undefined && instant.ms === lastInstant.ms && instant.code === lastInstant.code)
      return lastIndex;
    const name = `${instant.ms} ${instant.code}`;
    let index = known.get(name);
    if (index === undefined) {
      instants.push(instant);
      index = instants.length;
      known.set(name, index);
    }
    lastInstant = instant;
    lastIndex = index;
    return index;
  }

  return {
    user(words, wordStart, length) {
      users.push(length);
      const wordEnd = wordStart + ((length + 3) >> 2);
      for (let at = wordStart; at < wordEnd; at += 1) keys.push(words[at] ?? 0);
    },
    operation(audienceId, enteredAt) {
      const user = users.length - 1;
      users[user] = (users[user] ?? 0) + 0x10000;
      audiences.push(audienceId);
      indexes.push(enteredAt === null ? 0 : indexOf(enteredAt));
    },
    finish() {
      if (users.length === 0) return undefined;
      const width = indexWidth(indexes, instants.length);
      return layOut(users, keys, audiences, indexes, instants, width);
    },
  };
}

function indexWidth(indexes: readonly number[], instants: number): number {
  if (instants === 1 && !indexes.includes(0)) return 0;
  if (instants < 0x100) return 1;
  return instants < 0x10000 ? 2 : 4;
}

/** On typed arrays, as Buffer's methods took longer to compile than all the rest of an import's comparing. */
function layOut(
  users: readonly number[],
  keys: readonly number[],
  audiences: readonly number[],
  indexes: readonly number[],
  instants: readonly Instant[],
  width: number,
): Buffer {
  let size = HEADER_WORDS + instants.length * WORDS_PER_INSTANT + users.length + keys.length;
  for (const user of users) size += operationWords(user >>> 16, width);
  const words = new Int32Array(size);
  const shorts = new Uint16Array(words.buffer);
  words.set([width, users.length, instants.length, audiences.length]);
  const times = new Float64Array(words.buffer, HEADER_WORDS * 4, instants.length * 2);
  for (const [k, { ms, code }] of instants.entries()) times.set([ms, code], k * 2);
  const indexesOf = width === 4 ? words : width === 2 ? shorts : new Uint8Array(words.buffer);
  let at = HEADER_WORDS + instants.length * WORDS_PER_INSTANT;
  let key = 0;
  let operation = 0;
  for (const user of users) {
    words[at] = user;
    at += 1;
    for (let left = ((user & 0xffff) + 3) >> 2; left > 0; left -= 1) {
      words[at] = keys[key] ?? 0;
      key += 1;
      at += 1;
    }
    const count = user >>> 16;
    for (let i = 0; i < count; i += 1) shorts[at * 2 + i] = audiences[operation + i] ?? 0;
    at += (count + 1) >> 1;
    if (width > 0) {
      const first = (at * 4) / width;
      for (let i = 0; i < count; i += 1) indexesOf[first + i] = indexes[operation + i] ?? 0;
    }
    at += (count * width + 3) >> 2;
    operation += count;
  }
  return Buffer.from(words.buffer);
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
