import type { Instant } from '../core/instant.ts';
import { HEADER_WORDS, operationWords } from '../membership/segment.ts';
import {
  BUCKETS_PER_PARTITION,
  INSTANT,
  INSTANT_WORDS,
  instantAt,
  NO_AUDIENCE,
  RECORD_HEADER_WORDS,
  RESTART,
} from './record.ts';

/** Bits of membership masks that are held at a time; more audiences than fit are compared in several passes over the users. */
const MASK_WORDS = 8 * 1024 * 1024;

/** A header and a key of up to four bytes: what bounds the number of rows in so many words. */
const SHORTEST_ROW_WORDS = RECORD_HEADER_WORDS + 1;

/** A segment that was copied to the arena. */
export interface LoadedSegment {
  readonly bucket: number;
  readonly id: number;
  /** Where it lies in the arena, in words. */
  readonly start: number;
  readonly bytes: number;
}

/**
 * One partition in memory: the store's segments and the file's rows in one arena, and on them a table of users ("slots")
 * with the audiences of each before and after as bits. All arrays are kept and used again for the next partition.
 */
export interface Partition {
  /** Segments from the start, then rows up to `end`. */
  arena: Int32Array;
  segments: LoadedSegment[];
  rowsStart: number;
  end: number;

  slots: number;
  slotHash: Int32Array;
  /** Where a slot's key lies in the arena, and its bytes. */
  slotKey: Int32Array;
  slotLength: Uint16Array;
  /** 1 when the file has the user. */
  slotSeen: Uint8Array;
  /** The newest of the user's entries in segments, and of its rows with an enter time; -1 for none. */
  slotEntry: Int32Array;
  slotRow: Int32Array;
  /** `maskWords` words a slot. */
  maskWords: number;
  before: Int32Array;
  after: Int32Array;
  /** Pairs that stood twice in the file, and lines that replaced an earlier line of the user. */
  duplicates: number;

  /** Entries of users in segments: where each lies, in which segment, and the same user's entry before it. */
  entries: number;
  entryAt: Int32Array;
  entrySegment: Int32Array;
  entryPrevious: Int32Array;
  /** Rows with an enter time, in the same way. */
  rows: number;
  rowAt: Int32Array;
  rowPrevious: Int32Array;

  table: Int32Array;
}

/** An empty partition. */
export function createPartition(): Partition {
  return {
    arena: new Int32Array(0),
    segments: [],
    rowsStart: 0,
    end: 0,
    slots: 0,
    slotHash: new Int32Array(0),
    slotKey: new Int32Array(0),
    slotLength: new Uint16Array(0),
    slotSeen: new Uint8Array(0),
    slotEntry: new Int32Array(0),
    slotRow: new Int32Array(0),
    maskWords: 1,
    before: new Int32Array(0),
    after: new Int32Array(0),
    duplicates: 0,
    entries: 0,
    entryAt: new Int32Array(0),
    entrySegment: new Int32Array(0),
    entryPrevious: new Int32Array(0),
    rows: 0,
    rowAt: new Int32Array(0),
    rowPrevious: new Int32Array(0),
    table: new Int32Array(0),
  };
}

/** Makes room for this many words in the arena; what it held is lost. */
export function roomInArena(partition: Partition, words: number): Int32Array {
  if (partition.arena.length < words) partition.arena = new Int32Array(Math.ceil(words * 1.2));
  return partition.arena;
}

/** How many passes a partition takes, so that the masks of the users of one pass stay within bounds. */
export function passesFor(users: number, maskWords: number): number {
  let passes = 1;
  while (passes < BUCKETS_PER_PARTITION && (users / passes) * maskWords * 2 > MASK_WORDS) passes *= 2;
  return passes;
}

/**
 * Builds the table of users from the arena. With several passes only the users of one are taken, by bits of their hash.
 *
 * @param timed whether any row has an enter time; without, no chain of rows is kept
 * @param numberOf audience row id → number in the import, the bit of the masks
 */
export function indexUsers(
  partition: Partition,
  {
    numberOf,
    audiences,
    timed,
    pass,
    passes,
  }: { numberOf: Int32Array; audiences: number; timed: boolean; pass: number; passes: number },
): void {
  const entries = countEntries(partition);
  const rows = Math.ceil((partition.end - partition.rowsStart) / SHORTEST_ROW_WORDS);
  prepare(partition, entries, rows, timed ? rows : 0, audiences, passes);
  indexSegments(partition, numberOf, pass, passes);
  indexRows(partition, pass, passes);
}

/** Entries of all segments, which is at least the number of users of the store. */
export function countEntries({ arena, segments }: Partition): number {
  let users = 0;
  for (const { start } of segments) users += arena[start + 1] ?? 0;
  return users;
}

function prepare(
  partition: Partition,
  entries: number,
  rows: number,
  timed: number,
  audiences: number,
  passes: number,
): void {
  const p = partition;
  const most = entries + rows;
  if (p.slotHash.length < most) {
    const size = Math.ceil(most * 1.2);
    p.slotHash = new Int32Array(size);
    p.slotKey = new Int32Array(size);
    p.slotLength = new Uint16Array(size);
    p.slotSeen = new Uint8Array(size);
    p.slotEntry = new Int32Array(size);
    p.slotRow = new Int32Array(size);
  }
  if (p.entryAt.length < entries) {
    const size = Math.ceil(entries * 1.2);
    p.entryAt = new Int32Array(size);
    p.entrySegment = new Int32Array(size);
    p.entryPrevious = new Int32Array(size);
  }
  if (p.rowAt.length < timed) {
    const size = Math.ceil(timed * 1.2);
    p.rowAt = new Int32Array(size);
    p.rowPrevious = new Int32Array(size);
  }
  p.maskWords = Math.max(1, (audiences + 31) >> 5);
  growMasks(p, Math.ceil(most / 4 / passes) + 16);
  p.before.fill(0);
  p.after.fill(0);
  let size = 1024;
  while (size < entries * 1.5) size *= 2;
  if (p.table.length !== size) p.table = new Int32Array(size);
  else p.table.fill(0);
  p.slots = 0;
  p.entries = 0;
  p.rows = 0;
  p.duplicates = 0;
}

function growMasks(p: Partition, slots: number): void {
  const words = slots * p.maskWords;
  if (p.before.length >= words) return;
  const before = new Int32Array(Math.ceil(words * 1.5));
  const after = new Int32Array(before.length);
  before.set(p.before);
  after.set(p.after);
  p.before = before;
  p.after = after;
}

/** The slot of a key in the arena, made when it is new. */
function slotOf(p: Partition, hash: number, key: number, length: number): number {
  const { table, arena, slotHash, slotKey, slotLength } = p;
  const last = table.length - 1;
  const words = (length + 3) >> 2;
  let at = hash & last;
  for (;;) {
    const slot = (table[at] as number) - 1;
    if (slot < 0) break;
    if (slotHash[slot] === hash && slotLength[slot] === length) {
      const own = slotKey[slot] as number;
      let i = 0;
      while (i < words && arena[own + i] === arena[key + i]) i += 1;
      if (i === words) return slot;
    }
    at = (at + 1) & last;
  }
  const slot = p.slots;
  p.slots = slot + 1;
  table[at] = slot + 1;
  slotHash[slot] = hash;
  slotKey[slot] = key;
  slotLength[slot] = length;
  p.slotSeen[slot] = 0;
  p.slotEntry[slot] = -1;
  p.slotRow[slot] = -1;
  if (p.slots * p.maskWords > p.before.length) growMasks(p, p.slots * 2);
  if (p.slots * 4 > table.length * 3) growTable(p);
  return slot;
}

function growTable(p: Partition): void {
  const table = new Int32Array(p.table.length * 2);
  const last = table.length - 1;
  for (let slot = 0; slot < p.slots; slot += 1) {
    let at = (p.slotHash[slot] as number) & last;
    while (table[at] !== 0) at = (at + 1) & last;
    table[at] = slot + 1;
  }
  p.table = table;
}

/** As `hashKey` of membership/key.ts, over the zero-padded words of the arena. */
function hashWords(arena: Int32Array, key: number, length: number): number {
  let hash = Math.imul(length, 0x9e3779b1);
  const end = key + ((length + 3) >> 2);
  for (let at = key; at < end; at += 1) {
    hash = Math.imul(hash ^ (arena[at] as number), 0x85ebca6b);
    hash ^= hash >>> 15;
  }
  hash = Math.imul(hash, 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}

/** Passes go by the bits that choose a bucket within the partition, so a bucket is dealt with in one pass. */
function passOf(hash: number, passes: number): number {
  return (hash >>> 20) & (passes - 1);
}

function indexSegments(p: Partition, numberOf: Int32Array, pass: number, passes: number): void {
  for (let segment = 0; segment < p.segments.length; segment += 1)
    indexSegment(p, segment, numberOf, pass, passes);
}

/** Apart from the loop over segments, as V8 gives the compiled code of an inner loop up each time that it leaves it. */
function indexSegment(
  p: Partition,
  segment: number,
  numberOf: Int32Array,
  pass: number,
  passes: number,
): void {
  const { arena } = p;
  const start = p.segments[segment]?.start ?? 0;
  const width = arena[start] as number;
  const users = arena[start + 1] as number;
  let at = start + HEADER_WORDS + (arena[start + 2] as number) * INSTANT_WORDS;
  for (let user = 0; user < users; user += 1) {
    const head = arena[at] as number;
    const length = head & 0xffff;
    const count = head >>> 16;
    const key = at + 1;
    const audiences = key + ((length + 3) >> 2);
    const hash = hashWords(arena, key, length);
    if (passes === 1 || passOf(hash, passes) === pass) {
      const slot = slotOf(p, hash, key, length);
      const entry = p.entries;
      p.entries = entry + 1;
      p.entryAt[entry] = at;
      p.entrySegment[entry] = segment;
      p.entryPrevious[entry] = p.slotEntry[slot] as number;
      p.slotEntry[slot] = entry;
      const mask = slot * p.maskWords;
      const { before } = p;
      const indexes = audiences + ((count + 1) >> 1);
      for (let i = 0; i < count; i += 1) {
        const id = ((arena[audiences + (i >> 1)] as number) >>> ((i & 1) << 4)) & 0xffff;
        const number = numberOf[id] as number;
        const word = mask + (number >> 5);
        const bit = 1 << (number & 31);
        if (indexAt(arena, indexes, i, width) === 0) before[word] = (before[word] as number) & ~bit;
        else before[word] = (before[word] as number) | bit;
      }
    }
    at = audiences + operationWords(count, width);
  }
}

function indexAt(arena: Int32Array, indexes: number, i: number, width: number): number {
  if (width === 0) return 1;
  if (width === 1) return ((arena[indexes + (i >> 2)] as number) >>> ((i & 3) << 3)) & 0xff;
  if (width === 2) return ((arena[indexes + (i >> 1)] as number) >>> ((i & 1) << 4)) & 0xffff;
  return arena[indexes + i] as number;
}

function indexRows(p: Partition, pass: number, passes: number): void {
  const { arena, end } = p;
  let at = p.rowsStart;
  while (at < end) {
    const hash = arena[at] as number;
    const head = arena[at + 1] as number;
    const flags = (head >>> 13) & 7;
    const length = head & 0x1fff;
    const key = at + RECORD_HEADER_WORDS + ((flags & INSTANT) === 0 ? 0 : INSTANT_WORDS);
    if (passes === 1 || passOf(hash, passes) === pass) {
      const slot = slotOf(p, hash, key, length);
      const mask = slot * p.maskWords;
      if ((flags & RESTART) !== 0 && p.slotSeen[slot] === 1) {
        p.after.fill(0, mask, mask + p.maskWords);
        p.slotRow[slot] = -1;
        p.duplicates += 1;
      }
      p.slotSeen[slot] = 1;
      if ((flags & NO_AUDIENCE) === 0) {
        const number = head >>> 16;
        const word = mask + (number >> 5);
        const bit = 1 << (number & 31);
        const bits = p.after[word] as number;
        if ((bits & bit) !== 0) p.duplicates += 1;
        p.after[word] = bits | bit;
        if ((flags & INSTANT) !== 0 || p.slotRow[slot] !== -1) addTimedRow(p, slot, at);
      }
    }
    at = key + ((length + 3) >> 2);
  }
}

function addTimedRow(p: Partition, slot: number, at: number): void {
  const row = p.rows;
  p.rows = row + 1;
  p.rowAt[row] = at;
  p.rowPrevious[row] = p.slotRow[slot] as number;
  p.slotRow[slot] = row;
}

/** When a user of the store entered an audience (row id), by the newest entry that speaks of it. */
export function enteredBefore(p: Partition, slot: number, audienceId: number): Instant | undefined {
  const { arena } = p;
  for (let entry = p.slotEntry[slot] ?? -1; entry >= 0; entry = p.entryPrevious[entry] ?? -1) {
    const at = p.entryAt[entry] ?? 0;
    const head = arena[at] ?? 0;
    const count = head >>> 16;
    const audiences = at + 1 + (((head & 0xffff) + 3) >> 2);
    for (let i = 0; i < count; i += 1) {
      const id = ((arena[audiences + (i >> 1)] ?? 0) >>> ((i & 1) << 4)) & 0xffff;
      if (id !== audienceId) continue;
      const start = p.segments[p.entrySegment[entry] ?? 0]?.start ?? 0;
      const index = indexAt(arena, audiences + ((count + 1) >> 1), i, arena[start] ?? 0);
      return index === 0 ? undefined : instantAt(arena, start + HEADER_WORDS + (index - 1) * INSTANT_WORDS);
    }
  }
  return undefined;
}

/** The enter time that the file's last row of a pair gives, undefined when it gives none. */
export function enteredAfter(p: Partition, slot: number, audience: number): Instant | undefined {
  const { arena } = p;
  for (let row = p.slotRow[slot] ?? -1; row >= 0; row = p.rowPrevious[row] ?? -1) {
    const at = p.rowAt[row] ?? 0;
    const head = arena[at + 1] ?? 0;
    if (head >>> 16 !== audience) continue;
    return ((head >>> 13) & INSTANT) === 0 ? undefined : instantAt(arena, at + RECORD_HEADER_WORDS);
  }
  return undefined;
}
