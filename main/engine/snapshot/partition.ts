import type { Instant } from '../core/instant.ts';
import { HEADER_WORDS } from '../membership/segment.ts';
import { instantAt } from './instant-words.ts';
import {
  BUCKETS_PER_PARTITION,
  ENTRY_AT,
  ENTRY_PREVIOUS,
  ENTRY_SEGMENT,
  INSTANT_WORDS,
  KEY_BYTES,
  KIND_SHIFT,
  RECORD_HEADER_WORDS,
  ROW_AT,
  ROW_PREVIOUS,
  SLOT_ENTRY,
  SLOT_HASH,
  SLOT_KEY,
  SLOT_LENGTH,
  SLOT_MASKS,
  SLOT_ROW,
  TIMED,
} from './kernel/layout.ts';
import { openUsersKernel, type UsersKernel } from './kernel.ts';
import type { Spilled } from './spill.ts';

/** Bits of membership masks that are held at a time; more audiences than fit are compared in several passes over the users. */
const MASK_WORDS = 8 * 1024 * 1024;

/** A header and a key of up to four bytes: what bounds the number of rows in so many words. */
const SHORTEST_ROW_WORDS = RECORD_HEADER_WORDS + 1;

/** A segment that was copied to the arena. */
export interface LoadedSegment {
  readonly bucket: number;
  readonly id: number;
  /** Where it lies, in words of the kernel's memory. */
  readonly start: number;
  readonly bytes: number;
}

/**
 * One partition in the kernel's memory: the store's segments and the file's rows in one arena, and on them a table of users
 * ("slots") with the audiences of each before and after as bits. Everything is used again for the next partition.
 */
export interface Partition {
  readonly kernel: UsersKernel;
  /** All of the kernel's memory. Offsets into it are in words; the kernel's own are in bytes. */
  words: Int32Array;
  /** Segments from the beginning of the arena, then rows up to `end`. */
  segments: LoadedSegment[];
  rowsStart: number;
  end: number;
  /** Words of a mask: one bit for each audience of the import. */
  maskWords: number;
}

/** What all partitions of an import have in common. */
export interface Numbering {
  /** Row ids of the audiences by their number in the import. */
  readonly ids: readonly number[];
  /** Bits of the audiences that imports decide, as masks are laid out. */
  readonly comparable: Int32Array;
}

/** An empty partition, for the audiences that the import has come across. */
export function createPartition({ ids, comparable }: Numbering): Partition {
  const kernel = openUsersKernel();
  kernel.reach(kernel.arena.value);
  const words = new Int32Array(kernel.memory.buffer);
  const numbers = kernel.numbers.value / 4;
  for (const [number, id] of ids.entries()) words[numbers + id] = number;
  words.set(comparable, kernel.comparable.value / 4);
  return { kernel, words, segments: [], rowsStart: 0, end: 0, maskWords: comparable.length };
}

/** A segment to load. */
export interface StoredSegment {
  readonly bucket: number;
  readonly id: number;
  readonly body: Buffer;
}

/** Puts a partition's segments and the file's rows into the arena. What it held is lost. */
export function fillArena(
  p: Partition,
  segments: readonly StoredSegment[],
  rows: Spilled,
  index: number,
): void {
  const { kernel } = p;
  const rowWords = rows.size(index);
  const bytes = segments.reduce((sum, { body }) => sum + body.length, 0);
  kernel.reach(kernel.arena.value + bytes + rowWords * 4);
  p.words = new Int32Array(kernel.memory.buffer);
  const memory = new Uint8Array(kernel.memory.buffer);
  let at = kernel.arena.value;
  p.segments = [];
  for (const { bucket, id, body } of segments) {
    memory.set(body, at);
    p.segments.push({ bucket, id, start: at / 4, bytes: body.length });
    at += body.length;
  }
  p.rowsStart = at / 4;
  p.end = p.rowsStart + rowWords;
  rows.read(index, p.words, p.rowsStart);
}

/** How many passes a partition takes, so that the masks of the users of one pass stay within bounds. */
export function passesFor(p: Partition): number {
  const users = countEntries(p) + (p.end - p.rowsStart) / 4;
  let passes = 1;
  while (passes < BUCKETS_PER_PARTITION && (users / passes) * p.maskWords * 2 > MASK_WORDS) passes *= 2;
  return passes;
}

/** The pass that deals with a bucket. Each pass has some that stand together, so that buckets come in order. */
export function passOf(bucket: number, passes: number): number {
  return Math.floor(((bucket % BUCKETS_PER_PARTITION) * passes) / BUCKETS_PER_PARTITION);
}

/**
 * Builds the table of users from the arena. With several passes only the users of one are taken, by bits of their hash.
 *
 * @param timed whether any row has an enter time; without, no chain of rows is kept
 */
export function indexUsers(
  p: Partition,
  { timed, pass, passes }: { timed: boolean; pass: number; passes: number },
): void {
  const { kernel } = p;
  const rows = Math.ceil((p.end - p.rowsStart) / SHORTEST_ROW_WORDS);
  kernel.beginTable(
    p.rowsStart * 4,
    p.end * 4,
    countEntries(p),
    rows,
    timed ? rows : 0,
    p.maskWords,
    pass,
    passes,
  );
  for (const { start } of p.segments) kernel.addSegment(start * 4);
  kernel.addRows(p.rowsStart * 4, p.end * 4);
  p.words = new Int32Array(kernel.memory.buffer);
}

/** Entries of all segments, which is at least the number of users of the store. */
function countEntries({ words, segments }: Partition): number {
  let users = 0;
  for (const { start } of segments) users += words[start + 1] ?? 0;
  return users;
}

/** A user of the table: where he stands, in words. */
export interface Slot {
  readonly at: number;
  readonly hash: number;
  /** Where his key lies, in words, and its bytes. */
  readonly key: number;
  readonly length: number;
}

/** The user at a slot. */
function slotAt({ words }: Partition, at: number): Slot {
  return {
    at,
    hash: words[at + SLOT_HASH] ?? 0,
    key: (words[at + SLOT_KEY] ?? 0) / 4,
    length: (words[at + SLOT_LENGTH] ?? 0) & KEY_BYTES,
  };
}

/** Every user of the table, in no particular order, after {@link changedSlots}. */
export function* slotsOf(p: Partition): Generator<Slot, void, void> {
  const { kernel } = p;
  const words = kernel.slotBytes.value / 4;
  const start = kernel.slots.value / 4;
  kernel.settleAll();
  p.words = new Int32Array(kernel.memory.buffer);
  const count = kernel.countSlots();
  for (let slot = 0; slot < count; slot += 1) yield slotAt(p, start + slot * words);
}

/**
 * The users whose audiences differ, among those that imports decide, in the order of their buckets; of a partial snapshot, of
 * the users whom it has.
 */
export function* changedSlots(p: Partition, partial: boolean): Generator<Slot, void, void> {
  const { kernel } = p;
  const count = kernel.listChanged(partial);
  p.words = new Int32Array(kernel.memory.buffer);
  const list = kernel.changed.value / 4;
  for (let n = list; n < list + count; n += 1) yield slotAt(p, (p.words[n] as number) / 4);
}

/** Bits of the audiences that a user had in the store, and of those that he has in the file. */
export function maskBefore({ words }: Partition, { at }: Slot, word: number): number {
  return words[at + SLOT_MASKS + word] ?? 0;
}

export function maskAfter({ words, maskWords }: Partition, { at }: Slot, word: number): number {
  return words[at + SLOT_MASKS + maskWords + word] ?? 0;
}

/** When a user of the store entered an audience (row id), by the newest entry that speaks of it. */
export function enteredBefore(
  { words }: Partition,
  { at: slot }: Slot,
  audienceId: number,
): Instant | undefined {
  for (
    let entry = (words[slot + SLOT_ENTRY] ?? 0) / 4;
    entry > 0;
    entry = (words[entry + ENTRY_PREVIOUS] ?? 0) / 4
  ) {
    const at = (words[entry + ENTRY_AT] ?? 0) / 4;
    const head = words[at] ?? 0;
    const count = head >>> 16;
    const audiences = at + 1 + (((head & 0xffff) + 3) >> 2);
    for (let i = 0; i < count; i += 1) {
      const id = ((words[audiences + (i >> 1)] ?? 0) >>> ((i & 1) << 4)) & 0xffff;
      if (id !== audienceId) continue;
      const start = (words[entry + ENTRY_SEGMENT] ?? 0) / 4;
      const index = indexAt(words, audiences + ((count + 1) >> 1), i, words[start] ?? 0);
      return index === 0 ? undefined : instantAt(words, start + HEADER_WORDS + (index - 1) * INSTANT_WORDS);
    }
  }
  return undefined;
}

function indexAt(words: Int32Array, indexes: number, i: number, width: number): number {
  if (width === 0) return 1;
  if (width === 1) return ((words[indexes + (i >> 2)] ?? 0) >>> ((i & 3) << 3)) & 0xff;
  if (width === 2) return ((words[indexes + (i >> 1)] ?? 0) >>> ((i & 1) << 4)) & 0xffff;
  return words[indexes + i] ?? 0;
}

/** The enter time that the file's last row of a pair gives, undefined when it gives none. */
export function enteredAfter(
  { words }: Partition,
  { at: slot }: Slot,
  audience: number,
): Instant | undefined {
  for (let row = (words[slot + SLOT_ROW] ?? 0) / 4; row > 0; row = (words[row + ROW_PREVIOUS] ?? 0) / 4) {
    const at = (words[row + ROW_AT] ?? 0) / 4;
    const head = words[at] ?? 0;
    if (head >>> 16 !== audience) continue;
    return ((head >>> KIND_SHIFT) & 3) !== TIMED ? undefined : instantAt(words, at + RECORD_HEADER_WORDS);
  }
  return undefined;
}
