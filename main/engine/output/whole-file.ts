import { randomBytes } from 'node:crypto';
import { statSync } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import { SegueError } from '../core/errors.ts';
import { asStoreFault } from '../store/fault.ts';

/** A name beside `out` for what is not complete yet. */
export function partialName(out: string): string {
  return `${out}.${randomBytes(4).toString('hex')}.part`;
}

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

/** Refuses a folder before any work is done: it shows only when the complete file takes its name. @throws FILE_UNWRITABLE */
export function refuseFolder(out: string): void {
  if (statSync(out, { throwIfNoEntry: false })?.isDirectory() !== true) return;
  throw new SegueError('FILE_UNWRITABLE', `${out} is a folder. Name the file to write.`, { path: out });
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
  refuseFolder(out);
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
