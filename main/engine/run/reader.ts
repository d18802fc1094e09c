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
