import { closeSync, openSync, readSync, rmSync, writeSync } from 'node:fs';

/** Words that one partition collects before they go to the file: 16 KiB. */
const REGION_WORDS = 4 * 1024;

/**
 * Records of 32-bit words, spread over partitions and kept in one temporary file; what fits in a partition's region of
 * memory never reaches the disk. A partition gives its records back in the order in which they came.
 */
export interface Spill {
  /** The memory that records are written to, see {@link reserve}. */
  readonly words: Int32Array;
  /** Room for a record of `length` words (at most 4 Ki) in a partition; gives the offset in `words` to write it at. */
  reserve(partition: number, length: number): number;
  /** Words that a partition holds. */
  size(partition: number): number;
  /** Copies a partition to `target` from `offset`, which must have room for {@link size} words. */
  read(partition: number, target: Int32Array, offset: number): void;
  close(): void;
}

/** Opens a spill with this many partitions. The file is made when memory does not do, and removed by `close`. */
export function createSpill(file: string, partitions: number): Spill {
  const words = new Int32Array(partitions * REGION_WORDS);
  const filled = new Int32Array(partitions);
  /** Byte offset and words of each piece in the file, in turn, by partition. */
  const pieces: number[][] = Array.from({ length: partitions }, () => []);
  const flushed = new Float64Array(partitions);
  let descriptor: number | undefined;
  let end = 0;

  function flush(partition: number): void {
    descriptor ??= openSync(file, 'w+');
    const length = filled[partition] ?? 0;
    const start = partition * REGION_WORDS;
    writeAll(descriptor, words, start, length, end);
    pieces[partition]?.push(end, length);
    flushed[partition] = (flushed[partition] ?? 0) + length;
    end += length * 4;
    filled[partition] = 0;
  }

  return {
    words,
    reserve(partition, length) {
      let used = filled[partition] as number;
      if (used + length > REGION_WORDS) {
        flush(partition);
        used = 0;
      }
      filled[partition] = used + length;
      return partition * REGION_WORDS + used;
    },
    size: (partition) => (flushed[partition] ?? 0) + (filled[partition] ?? 0),
    read(partition, target, offset) {
      let at = offset;
      const own = pieces[partition] ?? [];
      for (let i = 0; i < own.length; i += 2) {
        const length = own[i + 1] ?? 0;
        readAll(descriptor as number, target, at, length, own[i] ?? 0);
        at += length;
      }
      const start = partition * REGION_WORDS;
      target.set(words.subarray(start, start + (filled[partition] ?? 0)), at);
    },
    close() {
      if (descriptor === undefined) return;
      closeSync(descriptor);
      descriptor = undefined;
      rmSync(file, { force: true });
    },
  };
}

function writeAll(fd: number, words: Int32Array, start: number, length: number, position: number): void {
  const bytes = new Uint8Array(words.buffer, words.byteOffset + start * 4, length * 4);
  let done = 0;
  while (done < bytes.length) done += writeSync(fd, bytes, done, bytes.length - done, position + done);
}

function readAll(fd: number, words: Int32Array, start: number, length: number, position: number): void {
  const bytes = new Uint8Array(words.buffer, words.byteOffset + start * 4, length * 4);
  let done = 0;
  while (done < bytes.length) {
    const got = readSync(fd, bytes, done, bytes.length - done, position + done);
    if (got === 0) throw new Error(`The spill file ends at ${position + done}`);
    done += got;
  }
}
