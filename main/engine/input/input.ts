import type { Cancellation } from '../context.ts';
import { SegueError } from '../core/errors.ts';
import { CHUNK_BYTES, openRaw, type RawInput, readingCancelled } from './raw-input.ts';
import { type Compression, unpacked } from './unpack.ts';

/** Enough of the beginning to tell a format and a delimiter by. */
const HEAD_BYTES = 64 * 1024;

/** An opened input file, or standard input, as a stream of plain bytes: .gz and .zst are unpacked on the way. */
export interface Input {
  /** What messages call it: the path as it was given, or "standard input". */
  readonly name: string;
  /** The file's name without folders, to choose a format by; empty for standard input. */
  readonly baseName: string;
  /** Size of the file as it is stored; null where it is not known (a pipe, standard input). */
  readonly totalBytes: number | null;
  /** Bytes taken from the file so far, before unpacking. */
  bytesRead(): number;
  /** The first 64 KiB or more, unpacked, without taking them; less only when the input is shorter. */
  head(): Promise<Buffer>;
  /**
   * The content, once, without a UTF-8 byte order mark. A chunk is the caller's until it asks for the next one, then its memory is used again.
   *
   * @throws FILE_FORMAT for a compressed file that is cut off or damaged, FILE_CHANGED when the file was written to
   * meanwhile, CANCELLED when the signal was aborted, FILE_UNREADABLE when the disk fails
   */
  chunks(): AsyncGenerator<Buffer, void, void>;
  close(): Promise<void>;
}

/**
 * Opens a file for reading, `-` for standard input. Compression is told by the first bytes, not by the name.
 *
 * @throws FILE_NOT_FOUND, FILE_UNREADABLE (a folder, no permission), FILE_FORMAT (an archive, UTF-16 or UTF-32 text), each
 * naming the path; CANCELLED when the signal was aborted while nothing came
 */
export async function openInput(path: string, signal?: Cancellation): Promise<Input> {
  const raw = await openRaw(path, signal);
  try {
    const first = await raw.next();
    const magic = compressionOf(first, raw.name);
    const plain = magic === 'none' ? withFirst(first, raw) : unpacked(magic, first, raw, CHUNK_BYTES);
    return assemble(raw, plain, signal);
  } catch (error) {
    await raw.close();
    throw error;
  }
}

function assemble(raw: RawInput, plain: AsyncGenerator<Buffer, void, void>, signal?: Cancellation): Input {
  let held: Buffer | undefined;
  async function head(): Promise<Buffer> {
    if (held !== undefined) return held;
    const parts: Buffer[] = [];
    let bytes = 0;
    while (bytes < HEAD_BYTES) {
      const { value, done } = await plain.next();
      if (done === true) break;
      parts.push(Buffer.from(value));
      bytes += value.length;
    }
    const all = Buffer.concat(parts, bytes);
    held = startsWithMark(all) ? all.subarray(3) : all;
    return held;
  }
  return {
    name: raw.name,
    baseName: raw.baseName,
    totalBytes: raw.totalBytes,
    bytesRead: raw.bytesRead,
    head,
    async *chunks() {
      const first = await head();
      if (first.length > 0) yield first;
      for (;;) {
        if (signal?.aborted === true) throw readingCancelled(raw.name);
        const { value, done } = await plain.next();
        if (done === true) break;
        yield value;
      }
      await raw.verify();
    },
    async close() {
      await plain.return();
      await raw.close();
    },
  };
}

/** True when text begins with the UTF-8 byte order mark. */
function startsWithMark(bytes: Buffer): boolean {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
}

function compressionOf(first: Buffer | undefined, name: string): Compression | 'none' {
  if (first === undefined || first.length < 2) return 'none';
  const begins = (...bytes: number[]) => bytes.every((byte, i) => first[i] === byte);
  if (begins(0x1f, 0x8b)) return 'gzip';
  if (begins(0x28, 0xb5, 0x2f, 0xfd)) return 'zstd';
  const foreign = FOREIGN.find(({ magic }) => begins(...magic));
  if (foreign === undefined) return 'none';
  throw new SegueError('FILE_FORMAT', `${name} is ${foreign.what}. ${foreign.advice}`, {
    path: name,
    found: foreign.what,
  });
}

/** Files that people take for text: refused by name instead of with a reject for each line. */
const FOREIGN = [
  {
    magic: [0x50, 0x4b, 0x03, 0x04],
    what: 'a zip archive or an Excel workbook',
    advice: 'Unpack it, or save the sheet as CSV.',
  },
  // Before UTF-16, whose mark is the beginning of this one.
  { magic: [0xff, 0xfe, 0x00, 0x00], what: 'UTF-32 text', advice: 'Save it as UTF-8.' },
  { magic: [0x00, 0x00, 0xfe, 0xff], what: 'UTF-32 text', advice: 'Save it as UTF-8.' },
  { magic: [0xff, 0xfe], what: 'UTF-16 text', advice: 'Save it as UTF-8.' },
  { magic: [0xfe, 0xff], what: 'UTF-16 text', advice: 'Save it as UTF-8.' },
  { magic: [0x50, 0x41, 0x52, 0x31], what: 'a Parquet file', advice: 'Export it as NDJSON or CSV.' },
  {
    magic: [0x42, 0x5a, 0x68],
    what: 'packed with bzip2',
    advice: 'Pack it with gzip or zstd, or unpack it.',
  },
  {
    magic: [0xfd, 0x37, 0x7a, 0x58, 0x5a],
    what: 'packed with xz',
    advice: 'Pack it with gzip or zstd, or unpack it.',
  },
];

async function* withFirst(first: Buffer | undefined, raw: RawInput): AsyncGenerator<Buffer, void, void> {
  for (let chunk = first; chunk !== undefined; chunk = await raw.next()) yield chunk;
}
