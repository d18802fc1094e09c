import type { ChangeCause } from '../../../preload/contract/values.ts';
import type { Instant } from '../core/instant.ts';
import { createInstantTable } from '../membership/instant-table.ts';
import { bucketOfHash } from '../membership/key.ts';
import { addKey, addWord, createWordList } from '../membership/word-list.ts';
import { EVENT_CODES } from './codes.ts';

/*
 * A pack: some hundred changes of one import at its own instant, with numbers one after the other, as one blob of 32-bit
 * little-endian words.
 *
 *   word 0      number of users
 *   word 1      number of instants
 *   instants    16 bytes each: milliseconds and code (core/instant.ts) as two doubles
 *   users       word: key bytes | changes << 16; key, padded with zeros to words; a word each change: audience id |
 *               exit << 16 | number of the enter instant << 17
 *
 * Users come in the order of their buckets, within a pack and from pack to pack of a sweep: a snapshot is one sweep over the
 * buckets, an import of profiles makes several.
 */

const HEADER_WORDS = 2;
const WORDS_PER_INSTANT = 4;
const EXIT = 1 << 16;
const INSTANT_SHIFT = 17;

/** Most changes of a pack: a page of the history reads one or two, a user's look-up one of each snapshot. */
export const MAX_CHANGES = 512;

/** Fewer changes of a sweep are written as rows: one sweep more to look through, on every look-up of a user, would cost more. */
export const MIN_PACKED = 1000;

/** The list of all packs. Lists and their numbers are part of the store's format. */
export const ALL_PACKS = 0;

/** The lists of packs with changes of a cause and an event: only these causes have packs. */
export const PACK_LISTS = {
  snapshot: { enter: -1, exit: -2 },
  profile: { enter: -3, exit: -4 },
} as const;

/** What packed changes are caused by. */
export type PackedCause = keyof typeof PACK_LISTS;

/** Whether changes of a cause may be packed. */
export function isPackedCause(cause: ChangeCause): cause is PackedCause {
  return cause in PACK_LISTS;
}

/** Bytes of a print: the part of a user's hash by which a pack says without being read that it has not the user. */
const PRINT_BYTES = 2;

/** A change as a pack holds it. */
export interface PackedChange {
  readonly userId: string;
  /** The audience's row id. */
  readonly audienceId: number;
  readonly event: 'enter' | 'exit';
  readonly enter: Instant;
}

/** How many changes of an audience, by row id, a pack has. */
export interface AudienceTotals {
  readonly id: number;
  readonly enters: number;
  readonly exits: number;
}

/** A finished pack, and what its row says of it. */
export interface Pack {
  readonly enters: number;
  readonly exits: number;
  readonly firstBucket: number;
  readonly lastBucket: number;
  readonly audiences: readonly AudienceTotals[];
  /** The print of each user, one after the other. */
  readonly prints: Buffer;
  readonly body: Buffer;
}

/** Collects changes into packs. */
export interface PackWriter {
  /** Begins a user: `length` key bytes that stand zero-padded in `words` from `wordStart`, and their hash. */
  user(words: Int32Array, wordStart: number, length: number, hash: number): void;
  /** One change of the user begun last. */
  change(audienceId: number, event: 'enter' | 'exit', enter: Instant): void;
  /** Gives the pack that is begun, if there is one. */
  finish(): void;
}

/** A writer that gives each pack once it is full. Users must come in the order of their buckets. */
export function createPackWriter(onPack: (pack: Pack) => void): PackWriter {
  /** The users as in the body. */
  const noted = createWordList();
  const instants = createInstantTable();
  const audiences = new Map<number, { id: number; enters: number; exits: number }>();
  /** The hash of each user. */
  const hashes: number[] = [];
  let [enters, exits] = [0, 0];
  let present = { words: noted.words, wordStart: 0, length: 0, hash: 0 };
  let begun = false;
  /** Where the present user's head stands. */
  let head = 0;

  function begin(): void {
    const { words, wordStart, length, hash } = present;
    begun = true;
    head = noted.used;
    addWord(noted, length);
    addKey(noted, words, wordStart, length);
    hashes.push(hash);
  }

  function finish(): void {
    const [first] = hashes;
    if (first === undefined) return;
    const start = HEADER_WORDS + instants.count() * WORDS_PER_INSTANT;
    const body = new Int32Array(start + noted.used);
    body[0] = hashes.length;
    body[1] = instants.count();
    instants.writeTo(body.buffer, HEADER_WORDS * 4);
    body.set(noted.words.subarray(0, noted.used), start);
    onPack({
      enters,
      exits,
      firstBucket: bucketOfHash(first),
      lastBucket: bucketOfHash(hashes.at(-1) ?? first),
      audiences: [...audiences.values()],
      prints: printsOf(hashes),
      body: Buffer.from(body.buffer),
    });
    noted.used = 0;
    instants.clear();
    audiences.clear();
    hashes.length = 0;
    [enters, exits] = [0, 0];
    begun = false;
  }

  return {
    finish,
    user(words, wordStart, length, hash) {
      present = { words, wordStart, length, hash };
      begun = false;
    },
    change(audienceId, event, enter) {
      if (enters + exits === MAX_CHANGES) finish();
      if (!begun) begin();
      addWord(
        noted,
        audienceId | (event === 'exit' ? EXIT : 0) | (instants.numberOf(enter) << INSTANT_SHIFT),
      );
      noted.words[head] = (noted.words[head] as number) + 0x10000;
      let totals = audiences.get(audienceId);
      if (totals === undefined) {
        totals = { id: audienceId, enters: 0, exits: 0 };
        audiences.set(audienceId, totals);
      }
      if (event === 'enter') {
        enters += 1;
        totals.enters += 1;
      } else {
        exits += 1;
        totals.exits += 1;
      }
    },
  };
}

function printsOf(hashes: readonly number[]): Buffer {
  const prints = Buffer.allocUnsafe(hashes.length * PRINT_BYTES);
  for (const [n, hash] of hashes.entries()) prints.writeUInt16LE(hash & 0xffff, n * PRINT_BYTES);
  return prints;
}

/** The print of a hash. One that stands across two others is found as well, which costs a look into the pack. */
export function printOf(hash: number): Buffer {
  return printsOf([hash]);
}

/** A change of a pack: its place there, user, audience id, code of the event, and enter instant. */
export interface UnpackedChange {
  readonly place: number;
  readonly userId: string;
  readonly audienceId: number;
  readonly event: number;
  readonly enter: Instant;
}

/** Which changes of a pack are wanted; all where nothing is said. */
export interface PackTest {
  /** Places in the pack: from the first on, before the other. */
  readonly from?: number | undefined;
  readonly before?: number | undefined;
  readonly userId?: string | undefined;
  /** Row ids. */
  readonly audienceIds?: ReadonlySet<number> | undefined;
  /** Codes. */
  readonly events?: ReadonlySet<number> | undefined;
}

/**
 * The wanted changes of a pack, in order, each as `make` makes it: a list and no generator, and made at once what is wanted in
 * the end, as steps and objects in between took half the time of selecting a replay's changes (measured).
 */
export function unpack<T>(
  body: Uint8Array,
  { from = 0, before = Number.MAX_SAFE_INTEGER, userId, audienceIds, events }: PackTest,
  make: (change: UnpackedChange) => T,
): T[] {
  const made: T[] = [];
  const words = wordsOf(body);
  const bytes = Buffer.from(words.buffer, words.byteOffset, words.byteLength);
  const [users = 0, times = 0] = words;
  const instants = instantsOf(words, times);
  const wanted = userId === undefined ? undefined : Buffer.from(userId);
  let at = HEADER_WORDS + times * WORDS_PER_INSTANT;
  let end = 0;
  for (let user = 0; user < users && end < before; user += 1) {
    const head = words[at] as number;
    const [key, length] = [(at + 1) * 4, head & 0xffff];
    const start = end;
    end += head >>> 16;
    const first = at + 1 + ((length + 3) >> 2);
    at = first + (head >>> 16);
    if (wanted !== undefined && bytes.compare(wanted, 0, wanted.length, key, key + length) !== 0) continue;
    let text = userId;
    for (let place = Math.max(start, from); place < Math.min(end, before); place += 1) {
      const word = words[first + place - start] as number;
      const audienceId = word & 0xffff;
      const event = (word & EXIT) === 0 ? EVENT_CODES.enter : EVENT_CODES.exit;
      if (audienceIds?.has(audienceId) === false || events?.has(event) === false) continue;
      text ??= bytes.toString('utf8', key, key + length);
      const enter = instants[word >>> INSTANT_SHIFT] as Instant;
      made.push(make({ place, userId: text, audienceId, event, enter }));
    }
  }
  return made;
}

function instantsOf(words: Int32Array, times: number): Instant[] {
  const view = new DataView(words.buffer, words.byteOffset, words.byteLength);
  return Array.from({ length: times }, (_, n) => {
    const time = (HEADER_WORDS + n * WORDS_PER_INSTANT) * 4;
    return { ms: view.getFloat64(time, true), code: view.getFloat64(time + 8, true) };
  });
}

/** The words of a blob, which may lie anywhere in memory. */
function wordsOf(body: Uint8Array): Int32Array {
  if (body.byteOffset % 4 !== 0) return wordsOf(Uint8Array.from(body));
  return new Int32Array(body.buffer, body.byteOffset, body.byteLength / 4);
}

/** The changes of a pack as they were put in, in order. */
export function changesOf({ body }: Pick<Pack, 'body'>): PackedChange[] {
  return unpack(body, {}, ({ userId, audienceId, event, enter }) => ({
    userId,
    audienceId,
    event: event === EVENT_CODES.exit ? 'exit' : 'enter',
    enter,
  }));
}
