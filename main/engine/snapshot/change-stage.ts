import type { Instant } from '../core/instant.ts';
import { instantAt, putInstant } from './instant-words.ts';
import { INSTANT_WORDS } from './kernel/layout.ts';
import { type Partition, type Slot, slotsOf } from './partition.ts';
import { createSpill } from './spill.ts';

/*
 * A change between comparing and history, in words:
 *
 *   word 0   key bytes | event << 16 (1 enter, 2 exit)
 *   word 1   number of the audience
 *   words    enter instant, then the instant of the change
 *   words    key
 */
const HEADER_WORDS = 2 + 2 * INSTANT_WORDS;

/**
 * History is written range by range of keys, so that its index by user is written leaf by leaf. One range is in memory at a
 * time: a first import of ten million users has 150,000 changes in each.
 */
const RANGES = 256;
const SAMPLE = 4096;

/** One change as it comes back from the stage. */
export interface StagedChange {
  readonly userId: string;
  /** Number of the audience in the import. */
  readonly audience: number;
  readonly event: 'enter' | 'exit';
  readonly enter: Instant;
  readonly at: Instant;
}

/** Keeps the changes of an import, on disk when they are many, and gives them back by user, roughly in order of the key. */
export interface ChangeStage {
  /** Learns how keys are spread from the first partition, whose users are a fair sample. */
  learn(partition: Partition): void;
  /** Adds one change; all of one user's follow each other. */
  add(
    words: Int32Array,
    key: number,
    length: number,
    audience: number,
    event: 'enter' | 'exit',
    enter: Instant,
    at: Instant,
  ): void;
  count(): number;
  /** All changes. A user's follow each other in the order in which they were added. */
  changes(): Generator<StagedChange, void, void>;
  close(): void;
}

/** Opens a stage whose temporary file, if it needs one, is `file`. */
export function createChangeStage(file: string): ChangeStage {
  const spill = createSpill(file, RANGES);
  let skip = 0;
  let splitters = new Uint32Array(0);
  let learned = false;
  let count = 0;

  /** The first range whose splitter lies above the prefix. */
  function rangeOf(prefix: number): number {
    let low = 0;
    let high = splitters.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((splitters[middle] as number) <= prefix) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  return {
    learn(partition) {
      const users = partition.kernel.countSlots();
      if (learned || users === 0) return;
      learned = true;
      const sample = [...slotsOf(partition, Math.max(1, Math.floor(users / SAMPLE)))];
      skip = commonPrefix(partition, sample);
      const prefixes = sample.map(({ key, length }) => prefixOf(partition.words, key, length, skip));
      const sorted = Uint32Array.from(prefixes).sort();
      splitters = Uint32Array.from(
        { length: RANGES - 1 },
        (_, i) => sorted[Math.floor(((i + 1) * sorted.length) / RANGES)] ?? 0,
      );
    },
    add(words, key, length, audience, event, enter, at) {
      const keyWords = (length + 3) >> 2;
      const to = spill.reserve(rangeOf(prefixOf(words, key, length, skip)), HEADER_WORDS + keyWords);
      spill.words[to] = length | ((event === 'enter' ? 1 : 2) << 16);
      spill.words[to + 1] = audience;
      putInstant(spill.words, to + 2, enter);
      putInstant(spill.words, to + 2 + INSTANT_WORDS, at);
      for (let i = 0; i < keyWords; i += 1) spill.words[to + HEADER_WORDS + i] = words[key + i] ?? 0;
      count += 1;
    },
    count: () => count,
    *changes() {
      let words = new Int32Array(0);
      for (let range = 0; range < RANGES; range += 1) {
        const size = spill.size(range);
        if (words.length < size) words = new Int32Array(Math.ceil(size * 1.2));
        spill.read(range, words, 0);
        yield* inOrder(words, size, skip);
      }
    },
    close: spill.close,
  };
}

/** The changes of one range in order of 32 bits of the key, which is near enough to the order of an index. */
function* inOrder(words: Int32Array, size: number, skip: number): Generator<StagedChange, void, void> {
  let count = 0;
  for (let at = 0; at < size; at += HEADER_WORDS + ((((words[at] ?? 0) & 0xffff) + 3) >> 2)) count += 1;
  // One sort of 64-bit integers, prefix above offset, on raw memory: a comparator on keys costs a hundred times as much.
  const pairs = new Uint32Array(count * 2);
  let i = 0;
  for (let at = 0; at < size; ) {
    const length = (words[at] ?? 0) & 0xffff;
    pairs[i] = at;
    pairs[i + 1] = prefixOf(words, at + HEADER_WORDS, length, skip);
    i += 2;
    at += HEADER_WORDS + ((length + 3) >> 2);
  }
  new BigUint64Array(pairs.buffer).sort();
  const bytes = Buffer.from(words.buffer);
  for (let n = 0; n < pairs.length; n += 2) {
    const at = pairs[n] as number;
    const head = words[at] as number;
    const key = (at + HEADER_WORDS) * 4;
    yield {
      userId: bytes.toString('utf8', key, key + (head & 0xffff)),
      audience: words[at + 1] as number,
      event: head >>> 16 === 1 ? 'enter' : 'exit',
      enter: instantAt(words, at + 2),
      at: instantAt(words, at + 2 + INSTANT_WORDS),
    };
  }
}

/** Bytes that all sampled keys begin with. */
function commonPrefix({ words }: Partition, [first, ...others]: readonly Slot[]): number {
  if (first === undefined) return 0;
  let common = first.length;
  for (const { key, length } of others) {
    common = Math.min(common, length);
    let i = 0;
    while (i < common && byteAt(words, first.key, i) === byteAt(words, key, i)) i += 1;
    common = i;
  }
  return common;
}

/** Four bytes of a key from `skip` as a big-endian number, which orders like the key. */
function prefixOf(words: Int32Array, key: number, length: number, skip: number): number {
  let prefix = 0;
  for (let i = skip; i < skip + 4; i += 1) prefix = (prefix << 8) | (i < length ? byteAt(words, key, i) : 0);
  return prefix >>> 0;
}

function byteAt(words: Int32Array, key: number, i: number): number {
  return ((words[key + (i >> 2)] as number) >>> ((i & 3) << 3)) & 0xff;
}
