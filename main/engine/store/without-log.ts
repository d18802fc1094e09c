import Database from 'better-sqlite3';
import type { Db } from './store.ts';

/**
 * Lets work that makes much of a store anew write its pages once, while this connection is the only one: new ones go straight to
 * the end of the file, and only those that they replace are journalled. With the write-ahead log each page is written to the log and
 * carried over from there. What is cut off is rolled back when the store is opened next, as ever; until then the file needs its
 * journal beside it, as it needed its log.
 *
 * @returns goes back to the log; where another connection is open, everything stays as it is
 */
export function withoutLog(db: Db): () => void {
  if (!leaveLog(db)) return () => undefined;
  // Without the log, NORMAL could leave a damaged file behind a power cut.
  db.pragma('synchronous = FULL');
  return () => {
    try {
      db.pragma('journal_mode = WAL');
      db.pragma('synchronous = NORMAL');
    } catch (error) {
      // Without space for the log the store stays as it is, which is as safe; the next opening goes back to it.
      if (!(error instanceof Database.SqliteError)) throw error;
    }
  };
}

/** SQLite refuses at once where another connection is open, whatever the time that others are waited for. */
function leaveLog(db: Db): boolean {
  try {
    return db.pragma('journal_mode = TRUNCATE', { simple: true }) === 'truncate';
  } catch (error) {
    if (error instanceof Database.SqliteError && error.code.startsWith('SQLITE_BUSY')) return false;
    throw error;
  }
}
