import { isAscii, isUtf8 } from 'node:buffer';
import type { BodyHash } from '../profile/body-hash.ts';
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
  NAME_COUNT,
  NAME_END,
  NAME_NUMBER,
  NAME_START,
  NAME_WORDS,
  NAMED,
  NAMES,
  OPEN,
  PACK_BYTES,
  PACK_WORDS,
  PASSED,
  PLACE_CHARS,
  RECORD_WORDS,
  START,
  TAKEN,
} from './kernel/layout.ts';
import { openProfileMemory } from './profile-kernel.ts';
import type { RecordPlace, Taker } from './records.ts';

/** So many numbers are compared with each other sooner than put into a set. */
const FEW_NAMES = 16;
/** Bytes of records that are packed at least: of fewer, the pack that comes last would be too many of them. */
const LEAST_PACKED = 6 * PACK_BYTES;
/** What a packed record takes beside its body and twice its key: line, hash, end of a pack, place, quotes and comma. */
const PACKED_BYTES = 4 + 8 + 4 * PACK_WORDS + PLACE_CHARS + 3;

/** Where a profile stands in bytes, which are valid during the call only unless its reader keeps them. */
export interface ProfileSpan {
  readonly bytes: Buffer;
  /** The object alone, from its opening brace to behind its closing one. */
  readonly open: number;
  readonly close: number;
  /** The user's key, without quotes. */
  readonly keyStart: number;
  readonly keyEnd: number;
  /** Whether all of it is ASCII. */
  readonly ascii: boolean;
  /** The numbers of the audiences that it names, each once; undefined when it has no such field. */
  readonly numbers: readonly number[] | undefined;
}

/**
 * Profiles that stand one behind the other, as packs: see kernel/packs.ts, from where each of its parts begins in `bytes`, which are
 * valid during the call only.
 */
export interface PackedSpan {
  readonly bytes: Buffer;
  readonly count: number;
  readonly packs: number;
  readonly ends: number;
  readonly places: number;
  readonly keys: number;
  readonly bodies: number;
}

/** What is made of profiles. */
export interface ProfileUse<T> {
  /** Whether the bytes of a span stay as they are. */
  readonly keeps: boolean;
  /** Whether records are hashed, as profile/body-hash.ts. */
  readonly hashed: boolean;
  /** The number of a name of an audience, asked once a name; or why it has none. */
  numberOf(name: string): number | string;
  /** What is known of records by their hashes, whose texts are then not looked at. */
  readonly known?: {
    /** The number of a record with this hash; undefined to have it read. `hash` is valid during the call only. */
    find(hash: BodyHash): number | undefined;
    /** What stands for so many records, one behind the other, whose numbers are these from the first on. */
    run(first: number, count: number): T;
  };
  /**
   * Takes profiles of which none is known, nor names audiences, all at once, as long as that is wanted. Their lines are counted
   * from that of the place.
   */
  readonly packed?: { readonly isWanted: () => boolean; take(packed: PackedSpan, place: RecordPlace): T };
  /** Makes something of a profile; undefined when it is left to the general reader. */
  take(span: ProfileSpan, place: RecordPlace, hash: BodyHash | undefined): T | undefined;
  /** Gives a record to the general reader; undefined when it is left out. */
  leave(
    bytes: Buffer,
    start: number,
    end: number,
    place: RecordPlace,
    hash: BodyHash | undefined,
  ): T | undefined;
}

/**
 * Reads profiles from bytes without making a text, see kernel/profiles.ts: each record is checked to be one JSON object in valid
 * UTF-8, and its key and the names of its audiences are found. What the kernel leaves alone, or names an audience that cannot
 * be one, goes to the general reader.
 */
export function createProfileReader<T>(keyField: string, use: ProfileUse<T>): Taker<T> {
  const memory = openProfileMemory(keyField);
  const { kernel, textRoom } = memory;
  const firstRecord = kernel.records.value / 4;
  const firstName = kernel.names.value / 4;
  const numbers = new Map<string, number>();
  const hash = { a: 0, b: 0 };
  /** The numbers of the records that were found and are not to be read. */
  const known: (number | undefined)[] = [];

  /** Finds what is known, and gives the bytes of the records that are left to read. */
  function passKnown(words: Int32Array, count: number): number {
    let unread = 0;
    for (let n = 0; n < count; n += 1) {
      const at = firstRecord + n * RECORD_WORDS;
      const flags = words[at + FLAGS] as number;
      known[n] = undefined;
      if (use.known !== undefined && (flags & HASHED) !== 0) {
        hash.a = words[at + HASH_A] as number;
        hash.b = words[at + HASH_B] as number;
        known[n] = use.known.find(hash);
      }
      if (known[n] === undefined) unread += (words[at + END] as number) - (words[at + START] as number);
      else words[at + FLAGS] = flags | PASSED;
    }
    return unread;
  }

  /** The numbers of the names that a record has, each once; undefined when one has none. */
  function numbersAt(words: Int32Array, at: number): number[] | undefined {
    const first = firstName + (words[at + NAMES] as number) * NAME_WORDS;
    const count = words[at + NAME_COUNT] as number;
    const found: number[] = [];
    for (let n = 0; n < count; n += 1) {
      const entry = first + n * NAME_WORDS;
      let number = words[entry + NAME_NUMBER] as number;
      if (number < 0)
        number = numberOf(words[entry + NAME_START] as number, words[entry + NAME_END] as number);
      if (number < 0) return undefined;
      if (count > FEW_NAMES || !found.includes(number)) found.push(number);
    }
    return count > FEW_NAMES ? [...new Set(found)] : found;
  }

  function numberOf(start: number, end: number): number {
    const name = memory.bytes().toString('utf8', start, end);
    const number = numbers.get(name) ?? use.numberOf(name);
    if (typeof number === 'string') return -1;
    numbers.set(name, number);
    kernel.setName(start, end, number);
    return number;
  }

  /** Packs all the records that were found and read between two addresses; undefined where that cannot be, or is not wanted. */
  function takePacked(from: number, to: number, place: RecordPlace): T | undefined {
    if (use.packed?.isWanted() !== true) return undefined;
    const count = kernel.found.value;
    const room = memory.roomBehindText(count * PACKED_BYTES + (to - from) * 3);
    if (kernel.packFound(room) === 0 || !isUtf8(memory.bytes().subarray(from, to))) return undefined;
    const span: PackedSpan = {
      bytes: memory.bytes().subarray(room, kernel.packedEnd.value),
      count,
      packs: kernel.packs.value,
      ends: kernel.packEnds.value - room,
      places: kernel.packPlaces.value - room,
      keys: kernel.packKeys.value - room,
      bodies: kernel.packBodies.value - room,
    };
    return use.packed.take(span, place);
  }

  /** Takes the records that were found between two addresses. */
  function takeFound(from: number, to: number, place: RecordPlace, add: (record: T) => void): void {
    const count = kernel.found.value;
    const unread = passKnown(memory.words(), count);
    if (unread > 0) kernel.readRecords();
    const packed = unread < LEAST_PACKED ? undefined : takePacked(from, to, place);
    if (packed !== undefined) {
      add(packed);
      return;
    }
    const words = memory.words();
    const room = memory.bytes();
    // Where little is read, a copy of everything would keep what nobody needs.
    const copy = use.keeps && unread * 2 >= to - from ? Buffer.from(room.subarray(from, to)) : undefined;
    let allUtf8: boolean | undefined;

    function spanAt(at: number): ProfileSpan | undefined {
      const flags = words[at + FLAGS] as number;
      if ((flags & TAKEN) === 0) return undefined;
      const open = words[at + OPEN] as number;
      const close = words[at + CLOSE] as number;
      const ascii = (flags & ABOVE_ASCII) === 0;
      if (!ascii) {
        allUtf8 ??= isUtf8(room.subarray(from, to));
        if (!allUtf8 && !isUtf8(room.subarray(open, close))) return undefined;
      }
      const named = (flags & NAMED) === 0 ? undefined : numbersAt(words, at);
      if (named === undefined && (flags & NAMED) !== 0) return undefined;
      let bytes = copy ?? room;
      let shift = copy === undefined ? 0 : from;
      if (use.keeps && copy === undefined) {
        bytes = Buffer.from(room.subarray(open, close));
        shift = open;
      }
      return {
        bytes,
        open: open - shift,
        close: close - shift,
        keyStart: (words[at + KEY_START] as number) - shift,
        keyEnd: (words[at + KEY_END] as number) - shift,
        ascii,
        numbers: named,
      };
    }

    function take(at: number): T | undefined {
      const line = place.line + (words[at + LINE] as number);
      const here = { line, column: place.column, onReject: place.onReject };
      const hashed = ((words[at + FLAGS] as number) & HASHED) !== 0;
      const own = hashed ? { a: words[at + HASH_A] as number, b: words[at + HASH_B] as number } : undefined;
      const span = spanAt(at);
      const taken = span === undefined ? undefined : use.take(span, here, own);
      return taken ?? use.leave(room, words[at + START] as number, words[at + END] as number, here, own);
    }

    for (let n = 0; n < count; ) {
      const first = known[n];
      if (first === undefined) {
        const record = take(firstRecord + n * RECORD_WORDS);
        if (record !== undefined) add(record);
        n += 1;
        continue;
      }
      let end = n + 1;
      while (end < count && known[end] === first + end - n) end += 1;
      if (use.known !== undefined) add(use.known.run(first, end - n));
      n = end;
    }
  }

  return {
    record(bytes, start, end, place) {
      const text = bytes.subarray(start, end);
      const stop = memory.put([text]);
      kernel.beginRecords();
      kernel.addRecord(textRoom, stop, !isAscii(text), use.hashed);
      let taken: T | undefined;
      takeFound(textRoom, stop, place, (record) => {
        taken = record;
      });
      return taken;
    },
    lines(parts, place, add) {
      const stop = memory.put(parts);
      let { line } = place;
      for (let from = textRoom; from < stop; ) {
        const next = kernel.findLines(from, stop, use.hashed);
        takeFound(from, next, { ...place, line }, add);
        line += kernel.lines.value;
        from = next;
      }
      return line - place.line;
    },
  };
}
