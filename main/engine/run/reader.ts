import { type Db, openConnection, type Store } from '../store/store.ts';

/**
 * A connection for one long read: all its statements see the store as it was at the first of them, and do not keep others from
 * writing.
 *
 * @param cacheKib the page cache; SQLite's own 2 MB would read every profile's page from the file again
 */
export function openReader(store: Pick<Store, 'file'>, cacheKib = 32_000): Db {
  const db = openConnection(store.file, 'read');
  db.pragma(`cache_size = -${cacheKib}`);
  db.exec('BEGIN');
  return db;
}

/**
 * Works while a long read is let go of. Nobody can begin the write-ahead log anew while somebody reads from it, so a long read
 * beside as long a write made it as large as all that was written. No statement may be open on the reader; what it reads
 * afterwards is of the store as it is then.
 */
export function whileLetGo(reader: Db, work: () => void): void {
  reader.exec('COMMIT');
  try {
    work();
  } finally {
    reader.exec('BEGIN');
  }
}
