import { randomBytes } from 'node:crypto';
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

/** What could not be written, as a coded error. */
export function writeFault(error: unknown, out: string): unknown {
  const known = asStoreFault(error, `Writing ${out}`);
  if (known instanceof SegueError || !(known instanceof Error)) return known;
  const reason = 'code' in known ? String(known.code) : known.message;
  return new SegueError(
    'FILE_UNREADABLE',
    `${out} cannot be written (${reason}). Check that its folder is there and may be written to.`,
    { path: out, reason },
    known,
  );
}

/**
 * Writes a text file that appears under its name when it is whole.
 *
 * @throws FILE_UNREADABLE, DISK_FULL, and what `work` throws
 */
export async function writeWhole(
  out: string,
  work: (write: (text: string) => Promise<void>) => Promise<void>,
): Promise<void> {
  const partial = partialName(out);
  try {
    const handle = await open(partial, 'wx');
    try {
      await work(async (text) => {
        await handle.write(text);
      });
    } finally {
      await handle.close();
    }
    await publish(partial, out);
  } catch (error) {
    await rm(partial, { force: true });
    throw writeFault(error, out);
  }
}
