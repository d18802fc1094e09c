import { closeSync, openSync, readSync, rmSync, writeSync } from 'node:fs';

/** Records of 32-bit words by partition, which gives them back in the order in which they came. */
export interface Spilled {
  /** Words that a partition holds. */
  size(partition: number): number;
  /** Copies a partition to `target` from `offset`, which must have room for {@link size} words. */
  read(partition: number, target: Int32Array, offset: number): void;
  /** Removes the file. */
  close(): void;
}

/** Pieces of partitions in a temporary file, made when there is a first one. */
export interface SpillFile extends Spilled {
  /** Adds a piece to a partition: `length` words from `start`. */
  append(partition: number, words: Int32Array, start: number, length: number): void;
}

/** Opens a temporary file for this many partitions. */
export function createSpillFile(file: string, partitions: number): SpillFile {
  /** Byte offset and words of each piece in the file, in turn, by partition. */
  const pieces: number[][] = Array.from({ length: partitions }, () => []);
  const sizes = new Float64Array(partitions);
  let descriptor: number | undefined;
  let end = 0;
  return {
    append(partition, words, start, length) {
      descriptor ??= openSync(file, 'w+');
      writeAll(descriptor, bytesOf(words, start, length), end);
      pieces[partition]?.push(end, length);
      sizes[partition] = (sizes[partition] ?? 0) + length;
      end += length * 4;
    },
    size: (partition) => sizes[partition] ?? 0,
    read(partition, target, offset) {
      let at = offset;
      const own = pieces[partition] ?? [];
      for (let i = 0; i < own.length; i += 2) {
        const length = own[i + 1] ?? 0;
        readAll(descriptor as number, bytesOf(target, at, length), own[i] ?? 0);
        at += length;
      }
    },
    close() {
      if (descriptor === undefined) return;
      closeSync(descriptor);
      descriptor = undefined;
      rmSync(file, { force: true });
    },
  };
}

/** Writes all bytes to a place of a file. */
export function writeAll(fd: number, bytes: Uint8Array, position: number): void {
  let done = 0;
  while (done < bytes.length) done += writeSync(fd, bytes, done, bytes.length - done, position + done);
}

/** Fills the bytes from a place of a file. */
export function readAll(fd: number, bytes: Uint8Array, position: number): void {
  let done = 0;
  while (done < bytes.length) {
    const got = readSync(fd, bytes, done, bytes.length - done, position + done);
    if (got === 0) throw new Error(`The spill file ends at ${position + done}`);
    done += got;
  }
}

function bytesOf(words: Int32Array, start: number, length: number): Uint8Array {
  return new Uint8Array(words.buffer, words.byteOffset + start * 4, length * 4);
}
