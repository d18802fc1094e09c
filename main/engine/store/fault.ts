import Database from 'better-sqlite3';
import { SegueError } from '../core/errors.ts';

/**
 * Turns SQLite's report of a full or failing disk into a coded error; anything else comes back as it is. The transaction
 * that met it has been rolled back, so the store is consistent.
 *
 * @param doing what was cut short, for example "The import of users.csv"
 */
export function asStoreFault(thrown: unknown, doing: string): unknown {
  if (!(thrown instanceof Database.SqliteError) && !isNoSpace(thrown)) return thrown;
  const code = thrown instanceof Database.SqliteError ? thrown.code : 'ENOSPC';
  if (code !== 'ENOSPC' && code !== 'SQLITE_FULL' && !code.startsWith('SQLITE_IOERR')) return thrown;
  return new SegueError(
    'DISK_FULL',
    `${doing} stopped: the disk of the workspace is full or failing (${code}). Free space and start it again; the store is consistent.`,
    { reason: code },
    thrown,
  );
}

function isNoSpace(thrown: unknown): boolean {
  return thrown instanceof Error && 'code' in thrown && thrown.code === 'ENOSPC';
}
