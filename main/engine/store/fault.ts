import Database from 'better-sqlite3';
import { SegueError } from '../core/errors.ts';

/**
 * Turns SQLite's report of a full or failing disk, or of a damaged database, into a coded error; anything else comes back as
 * it is. The transaction that met a full disk has been rolled back, so the store is consistent.
 *
 * @param doing what was cut short, for example "The import of users.csv"
 * @param left true when what it had written before could not be taken back either: the next import or opening does that
 */
export function asStoreFault(thrown: unknown, doing: string, left = false): unknown {
  if (!(thrown instanceof Database.SqliteError) && !isNoSpace(thrown)) return thrown;
  const code = thrown instanceof Database.SqliteError ? thrown.code : 'ENOSPC';
  if (code === 'SQLITE_NOTADB' || code.startsWith('SQLITE_CORRUPT')) {
    return new SegueError(
      'WORKSPACE_CORRUPT',
      `${doing} stopped: the database of the workspace is damaged (${code}). Restore segue.db from a backup, or choose another folder.`,
      { reason: code },
      thrown,
    );
  }
  if (code !== 'ENOSPC' && code !== 'SQLITE_FULL' && !code.startsWith('SQLITE_IOERR')) return thrown;
  return new SegueError(
    'DISK_FULL',
    `${doing} stopped: the disk is full or failing (${code}). ${
      left
        ? 'Free space and import again, or open the workspace again: what was written so far is taken back first.'
        : 'Free space and start it again; the store is consistent.'
    }`,
    { reason: code },
    thrown,
  );
}

function isNoSpace(thrown: unknown): boolean {
  return thrown instanceof Error && 'code' in thrown && thrown.code === 'ENOSPC';
}
