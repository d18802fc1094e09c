import { type Db, openConnection, type Store } from '../store/store.ts';

/**
 * A connection for one long read: it sees the store as it was when the read began, and an open statement of its own does
 * not keep others from writing.
 *
 * @param cacheKib the page cache; SQLite's own 2 MB would read every profile's page from the file again
 */
export function openReader(store: Pick<Store, 'file'>, cacheKib = 32_000): Db {
  const db = openConnection(store.file, 'read');
  db.pragma(`cache_size = -${cacheKib}`);
  return db;
}
