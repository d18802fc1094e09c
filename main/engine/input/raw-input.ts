import { closeSync, constants, fstatSync, open as openDescriptor, openSync, type Stats } from 'node:fs';
import { type FileHandle, open, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import type { Readable } from 'node:stream';
import type { Cancellation } from '../context.ts';
import { SegueError } from '../core/errors.ts';

/** Bytes that are read, and inflated, at a time: a few milliseconds of work, so that nothing else waits long. */
export const CHUNK_BYTES = 256 * 1024;

/** A file's bytes as they are stored. */
export interface RawInput {
  readonly name: string;
  readonly baseName: string;
  readonly totalBytes: number | null;
  bytesRead(): number;
  /** The next bytes, undefined at the end. Valid until the next call. */
  next(): Promise<Buffer | undefined>;
  /** Throws FILE_CHANGED when the file is not the one that was opened. */
  verify(): Promise<void>;
  close(): Promise<void>;
}

/**
 * Opens a file, a named pipe, or standard input for `-`. Waiting for whoever writes to a pipe ends when the signal is aborted.
 *
 * @throws FILE_NOT_FOUND, FILE_UNREADABLE, CANCELLED
 */
export async function openRaw(path: string, signal?: Cancellation): Promise<RawInput> {
  if (path === '-') return standardInput(signal);
  const found = await stat(path).catch((error) => {
    throw unreadable(path, error);
  });
  return found.isFIFO() ? namedPipe(path, signal) : openFile(path);
}

async function openFile(path: string): Promise<RawInput> {
  let handle: FileHandle;
  let opened: Stats;
  try {
    handle = await open(path, 'r');
    opened = await handle.stat();
  } catch (error) {
    throw unreadable(path, error);
  }
  if (opened.isDirectory()) {
    await handle.close();
    throw isFolder(path);
  }
  const regular = opened.isFile();
  // Two buffers in turn: one with the caller, one being filled ahead of it.
  const buffers: Buffer[] = [];
  let turn = 0;
  let total = 0;
  let ahead: Promise<Buffer | undefined> | undefined;
  const fill = async (): Promise<Buffer | undefined> => {
    const at = turn;
    turn = 1 - turn;
    buffers[at] ??= Buffer.allocUnsafeSlow(CHUNK_BYTES);
    const buffer = buffers[at];
    try {
      const { bytesRead } = await handle.read(buffer, 0, CHUNK_BYTES, null);
      total += bytesRead;
      return bytesRead === 0 ? undefined : buffer.subarray(0, bytesRead);
    } catch (error) {
      throw unreadable(path, error);
    }
  };
  return {
    name: path,
    baseName: basename(path),
    totalBytes: regular ? opened.size : null,
    bytesRead: () => total,
    async next() {
      const chunk = await (ahead ?? fill());
      ahead = undefined;
      if (chunk !== undefined) {
        ahead = fill();
        // Whoever asks next gets the failure; until then it must not count as unhandled.
        ahead.catch(() => undefined);
      }
      return chunk;
    },
    async verify() {
      if (!regular) return;
      const now = await handle.stat();
      if (now.size === opened.size && now.mtimeMs === opened.mtimeMs && total === opened.size) return;
      throw new SegueError(
        'FILE_CHANGED',
        `${path} was changed while it was being read. Nothing was kept; import it again when it is complete.`,
        { path, sizeBefore: opened.size, sizeAfter: now.size },
      );
    },
    async close() {
      await ahead?.catch(() => undefined);
      await handle.close().catch(() => undefined);
    },
  };
}

/** How often a wait for somebody to write looks whether it was cancelled, in milliseconds. */
const LOOK_MS = 100;

/** Waits for somebody else, who may never come: `end` has to end the wait once the signal is aborted. */
async function waitingFor<T>(
  wait: Promise<T>,
  { signal, end }: { signal: Cancellation | undefined; end: () => void },
): Promise<T> {
  const look = setInterval(() => {
    if (signal?.aborted === true) end();
  }, LOOK_MS);
  try {
    return await wait;
  } finally {
    clearInterval(look);
  }
}

function standardInput(signal?: Cancellation): RawInput {
  const name = 'standard input';
  // Node reads a folder there as if it were empty.
  if (fstatSync(0).isDirectory()) throw isFolder(name);
  return streamInput({ name, baseName: '' }, process.stdin, signal);
}

/** As a promise of the descriptor: a file handle of `fs/promises` would close it. */
function openForReading(path: string): Promise<number> {
  return new Promise((resolve, reject) => {
    openDescriptor(path, constants.O_RDONLY, (error, descriptor) => {
      if (error === null) resolve(descriptor);
      else reject(error);
    });
  });
}

/**
 * A named pipe as a stream, as a read of it by its descriptor cannot be ended. Opening it waits for somebody to write, which can
 * only be ended by somebody who does.
 */
async function namedPipe(path: string, signal?: Cancellation): Promise<RawInput> {
  let descriptor: number;
  try {
    descriptor = await waitingFor(openForReading(path), {
      signal,
      end: () => openAndClose(path),
    });
  } catch (error) {
    throw unreadable(path, error);
  }
  // Loaded here, as few inputs are pipes.
  const { Socket } = await import('node:net');
  const stream = new Socket({ fd: descriptor, readable: true, writable: false });
  return streamInput({ name: path, baseName: basename(path) }, stream, signal);
}

function openAndClose(path: string): void {
  try {
    closeSync(openSync(path, constants.O_WRONLY | constants.O_NONBLOCK));
  } catch {
    // Nobody waits at the other end, so there is nothing to end.
  }
}

function streamInput(
  { name, baseName }: Pick<RawInput, 'name' | 'baseName'>,
  stream: Readable,
  signal?: Cancellation,
): RawInput {
  const iterator: AsyncIterator<unknown> = stream.iterator({ destroyOnReturn: false });
  let total = 0;
  return {
    name,
    baseName,
    totalBytes: null,
    bytesRead: () => total,
    async next() {
      try {
        // Destroying the stream ends the wait.
        const { value, done } = await waitingFor(iterator.next(), { signal, end: () => stream.destroy() });
        if (done === true) {
          // The end of a wait that was cancelled is not the end of the data.
          if (signal?.aborted === true) throw readingCancelled(name);
          return undefined;
        }
        const chunk: Buffer = Buffer.isBuffer(value) ? value : Buffer.from(String(value));
        total += chunk.length;
        return chunk;
      } catch (error) {
        throw signal?.aborted === true ? readingCancelled(name) : unreadable(name, error);
      }
    },
    verify: async () => undefined,
    async close() {
      await iterator.return?.();
      // Standard input as well: as long as somebody may write to it, it keeps the process from ending.
      stream.destroy();
    },
  };
}

/** What a caller that cancels the reading of an input is told. */
export function readingCancelled(name: string): SegueError {
  return new SegueError('CANCELLED', `Reading ${name} was cancelled; nothing was kept.`);
}

function isFolder(path: string): SegueError {
  return new SegueError('FILE_UNREADABLE', `${path} is a folder. Name a file in it.`, { path });
}

function unreadable(path: string, error: unknown): SegueError {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (code === 'ENOENT' || code === 'ENOTDIR')
    return new SegueError('FILE_NOT_FOUND', `There is no file ${path}.`, { path });
  if (code === 'EISDIR') return isFolder(path);
  if (code === 'EACCES' || code === 'EPERM')
    return new SegueError('FILE_UNREADABLE', `${path} may not be read by this user. Check its permissions.`, {
      path,
      reason: code,
    });
  const reason = error instanceof Error ? error.message : String(error);
  return new SegueError(
    'FILE_UNREADABLE',
    `${path} cannot be read: ${reason}.`,
    { path, reason: code },
    error,
  );
}
