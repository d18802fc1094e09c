import { closeSync, lstatSync, openSync, readSync, rmSync, statSync } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import { SegueError } from '../core/errors.ts';
import { temporaryName } from '../core/temporary-name.ts';
import { asStoreFault } from '../store/fault.ts';

/** A name beside `out` for what is not complete yet. */
export function partialName(out: string): string {
  return `${out}.${temporaryName()}.part`;
}

/**
 * Removes what a killed process left under a {@link partialName}. Anything else is left alone, and so is what may not be removed.
 */
export function removePartial(partial: string): void {
  try {
    if (PARTIAL.test(partial) && lstatSync(partial).isFile()) rmSync(partial);
  } catch {
    // It is not there, or its folder may not be written to any more: nothing depends on it.
  }
}

const PARTIAL = /\.[0-9a-f]{8}\.part$/;

/** Gives a complete file its name once it is on the disk. */
export async function publish(partial: string, out: string): Promise<void> {
  const handle = await open(partial, 'r+');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(partial, out);
}

/** How a SQLite database begins. */
const DATABASE_HEADER = 'SQLite format 3\0';

/**
 * Refuses, before any work is done, what no text file may take the name of: a folder, and a database, which is a workspace's
 * or a backup.
 *
 * @throws FILE_UNWRITABLE
 */
export function refuseTarget(out: string): void {
  const found = statSync(out, { throwIfNoEntry: false });
  if (found?.isDirectory() === true)
    throw new SegueError('FILE_UNWRITABLE', `${out} is a folder. Name the file to write.`, { path: out });
  if (found?.isFile() === true && beginsWith(out, DATABASE_HEADER))
    throw new SegueError(
      'FILE_UNWRITABLE',
      `${out} is a database, which is not overwritten. Name another file.`,
      {
        path: out,
      },
    );
}

function beginsWith(file: string, text: string): boolean {
  const bytes = Buffer.alloc(text.length);
  let descriptor: number | undefined;
  try {
    descriptor = openSync(file, 'r');
    readSync(descriptor, bytes, 0, bytes.length, 0);
    return bytes.toString('latin1') === text;
  } catch {
    // What cannot be read shows when it is written.
    return false;
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}

/**
 * Refuses to overwrite a file that is in use, by whatever path.
 *
 * @param inUse what is read meanwhile
 * @throws FILE_UNWRITABLE
 */
export function refuseSameFile(out: string, inUse: string): void {
  const target = statSync(out, { throwIfNoEntry: false });
  const used = statSync(inUse, { throwIfNoEntry: false });
  if (target === undefined || target.dev !== used?.dev || target.ino !== used.ino) return;
  throw new SegueError('FILE_UNWRITABLE', `${out} is the file that is read. Name another one to write.`, {
    path: out,
  });
}

/** What could not be written, as a coded error. */
export function writeFault(error: unknown, out: string): unknown {
  const known = asStoreFault(error, `Writing ${out}`);
  if (known instanceof SegueError || !(known instanceof Error)) return known;
  const reason = 'code' in known ? String(known.code) : known.message;
  return new SegueError(
    'FILE_UNWRITABLE',
    `${out} cannot be written (${reason}). Check that its folder is there and may be written to.`,
    { path: out, reason },
    known,
  );
}

/**
 * Writes a text file that appears under its name when it is whole; one that is there is replaced.
 *
 * @throws FILE_UNWRITABLE, DISK_FULL, and what `work` throws
 */
export async function writeWhole(
  out: string,
  work: (write: (text: string) => Promise<void>) => Promise<void>,
): Promise<void> {
  refuseTarget(out);
  const partial = partialName(out);
  try {
    const handle = await open(partial, 'wx');
    try {
      // `write` may take a part only, as when the disk fills up; `writeFile` goes on behind it or throws.
      await work((text) => handle.writeFile(text));
    } finally {
      await handle.close();
    }
    await publish(partial, out);
  } catch (error) {
    await rm(partial, { force: true });
    throw writeFault(error, out);
  }
}
