import type { Gunzip, ZstdDecompress } from 'node:zlib';
import { SegueError } from '../core/errors.ts';

export type Compression = 'gzip' | 'zstd';

/** Packed bytes, chunk by chunk: undefined at the end, each chunk valid until the next call. */
export interface PackedSource {
  readonly name: string;
  bytesRead(): number;
  next(): Promise<Buffer | undefined>;
}

/**
 * Unpacks gzip (of any number of members) or zstd (of any number of frames) as a stream, `chunkBytes` at a time.
 *
 * @param first what was read of the source to tell the compression
 * @throws FILE_FORMAT when the data is cut off or damaged, and what reading the source throws
 */
export async function* unpacked(
  how: Compression,
  first: Buffer | undefined,
  source: PackedSource,
  chunkBytes: number,
): AsyncGenerator<Buffer, void, void> {
  // Loaded here, as most files are not packed.
  const { createGunzip, createZstdDecompress } = await import('node:zlib');
  let produced = 0;
  try {
    let rest = first;
    while (rest !== undefined) {
      const inflate =
        how === 'gzip'
          ? createGunzip({ chunkSize: chunkBytes })
          : createZstdDecompress({ chunkSize: chunkBytes });
      const left: { bytes?: Buffer | undefined } = {};
      for await (const chunk of pumped(inflate, rest, source, left)) {
        produced += chunk.length;
        yield chunk;
      }
      // Node's zstd stream ends with the first frame, and files that were packed in parallel or appended have many. Its
      // gzip stream takes every member, and leaves only the padding behind the last.
      rest = how === 'zstd' ? (left.bytes ?? (await source.next())) : undefined;
    }
  } catch (error) {
    if (error instanceof SegueError) throw error;
    const cutOff = error instanceof Error && 'code' in error && error.code === 'Z_BUF_ERROR';
    throw new SegueError(
      'FILE_FORMAT',
      `${source.name} is ${cutOff ? 'cut off' : 'damaged'}: its ${how} data ends or breaks after ${source.bytesRead()} bytes ` +
        `(${produced} unpacked). Nothing was kept; fetch the file again.`,
      { path: source.name, compression: how, bytesRead: source.bytesRead(), bytesUnpacked: produced },
      error,
    );
  }
}

/** Gives one stream the source's chunks one by one until it ends; `left` gets what it did not take of the last. */
async function* pumped(
  inflate: Gunzip | ZstdDecompress,
  first: Buffer,
  source: PackedSource,
  left: { bytes?: Buffer | undefined },
): AsyncGenerator<Buffer, void, void> {
  let chunk: Buffer | undefined = first;
  let takenBefore = 0;
  const leftOf = (bytes: Buffer) => bytes.subarray(inflate.bytesWritten - takenBefore);
  // A stream that fails inside a chunk never calls back for it; closing does.
  let settled = () => {};
  inflate.once('close', () => settled());
  const feed = async () => {
    while (chunk !== undefined) {
      const bytes: Buffer = chunk;
      takenBefore = inflate.bytesWritten;
      await new Promise<void>((resolve) => {
        settled = resolve;
        inflate.write(bytes, () => resolve());
      });
      if (inflate.destroyed || leftOf(bytes).length > 0) return;
      chunk = await source.next();
    }
    inflate.end();
  };
  const feeding = feed().catch((error) => inflate.destroy(error));
  try {
    yield* inflate;
    left.bytes = chunk === undefined || leftOf(chunk).length === 0 ? undefined : leftOf(chunk);
  } finally {
    inflate.destroy();
    await feeding;
  }
}
