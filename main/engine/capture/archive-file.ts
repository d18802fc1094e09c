import { type FileHandle, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { SegueError } from '../core/errors.ts';
import { writeFault } from '../output/whole-file.ts';

/** A new archive file. What {@link ArchiveFile.append} has been given is on the disk when it resolves. */
export interface ArchiveFile {
  append(text: string): Promise<void>;
  close(): Promise<void>;
}

/**
 * Makes the file of a capture under its own name, not under a temporary one: a drain deletes messages whose only copy is
 * here, so what was written must be found also after a crash. Never overwrites.
 *
 * @throws CONFLICT when the file is there, FILE_UNWRITABLE, DISK_FULL
 */
export async function createArchiveFile(out: string): Promise<ArchiveFile> {
  let handle: FileHandle;
  try {
    handle = await open(out, 'wx');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') {
      throw new SegueError(
        'CONFLICT',
        `${out} is there already; a capture overwrites nothing. Name another file.`,
        { path: out },
        error,
      );
    }
    throw writeFault(error, out);
  }
  await syncFolder(dirname(out));
  return {
    async append(text) {
      try {
        await handle.writeFile(text);
        await handle.sync();
      } catch (error) {
        throw writeFault(error, out);
      }
    },
    close: () => handle.close(),
  };
}

/** A new name is on the disk when its folder is. Windows syncs no folders, and needs none of it. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r').catch(() => undefined);
  await handle?.sync().catch(() => undefined);
  await handle?.close();
}
