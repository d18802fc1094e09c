import {
  closeSync,
  copyFileSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import type { BundleManifest } from '../../../preload/contract/bundle.ts';
import { SegueError } from '../core/errors.ts';
import { partialName, writeFault } from '../output/whole-file.ts';
import { lockWorkspace } from '../store/lock.ts';
import { readManifest } from './manifest.ts';

/**
 * Makes a workspace of a bundle: a bundle is a store, so opening it is a copy. A folder that holds this bundle already is
 * left as it is, with the runs that it has by now, so that a share that is started again goes on.
 *
 * @throws FILE_NOT_FOUND, FILE_FORMAT for a file that is no bundle or that was cut off, WORKSPACE_NEWER for one of a newer
 * Segue, CONFLICT when the folder holds another workspace, WORKSPACE_LOCKED, DISK_FULL
 */
export function openBundle(file: string, dir: string): BundleManifest {
  const manifest = inspect(file);
  mkdirSync(dir, { recursive: true });
  const lock = lockWorkspace(dir);
  try {
    const target = join(dir, 'segue.db');
    if (existsSync(target)) requireSame(target, dir, manifest);
    else copy(file, target);
  } finally {
    lock.release();
  }
  return manifest;
}

function inspect(file: string): BundleManifest {
  if (!existsSync(file)) {
    throw new SegueError('FILE_NOT_FOUND', `There is no file ${file}. Check the path of the bundle.`, {
      file,
    });
  }
  requireWhole(file);
  const manifest = manifestOf(file);
  if (manifest === undefined) throw notABundle(file);
  return manifest;
}

/** SQLite's header tells the size of a file that no connection has open: page size at 16, number of pages at 28. */
function requireWhole(file: string): void {
  const header = Buffer.alloc(32);
  const handle = openSync(file, 'r');
  try {
    readSync(handle, header, 0, header.length, 0);
  } finally {
    closeSync(handle);
  }
  if (!header.toString('latin1').startsWith('SQLite format 3')) throw notABundle(file);
  const bytes = header.readUInt16BE(16) * header.readUInt32BE(28);
  const found = statSync(file).size;
  if (found >= bytes) return;
  throw new SegueError(
    'FILE_FORMAT',
    `${file} was cut off at ${found} of ${bytes} bytes. Copy the bundle again.`,
    {
      file,
      bytes: found,
      expected: bytes,
    },
  );
}

function requireSame(target: string, dir: string, { id }: BundleManifest): void {
  const present = manifestOf(target);
  if (present?.id === id) return;
  throw new SegueError(
    'CONFLICT',
    `The folder ${dir} holds ${present === undefined ? 'a workspace that was not opened from a bundle' : `the bundle ${present.id}`}. Name an empty folder with --workspace.`,
    { workspace: dir, bundle: id, present: present?.id ?? null },
  );
}

function manifestOf(file: string): BundleManifest | undefined {
  let db: Database.Database;
  try {
    db = new Database(file, { readonly: true, fileMustExist: true });
  } catch (error) {
    throw notABundle(file, error);
  }
  try {
    return readManifest(db);
  } catch (error) {
    if (error instanceof SegueError) throw error;
    throw notABundle(file, error);
  } finally {
    db.close();
  }
}

function notABundle(file: string, cause?: unknown): SegueError {
  return new SegueError(
    'FILE_FORMAT',
    `${file} is no bundle. Make one with: segue bundle WORKFLOW --out FILE`,
    { file },
    cause,
  );
}

function copy(file: string, target: string): void {
  const partial = partialName(target);
  try {
    copyFileSync(file, partial);
    const handle = openSync(partial, 'r+');
    try {
      fsyncSync(handle);
    } finally {
      closeSync(handle);
    }
    renameSync(partial, target);
  } catch (error) {
    rmSync(partial, { force: true });
    throw writeFault(error, target);
  }
}
