import { viewOf } from '../membership/segment.ts';
import type { Db } from '../store/store.ts';
import type { BodyHash } from './body-hash.ts';

/**
 * The hashes of all profiles by row id, packed: 1024 profiles a row of `profile_hash_page`, both integers of each big-endian at its
 * place, zeros where none is known. An import that looks for what has not changed reads them all; as rows, or as entries of an
 * index, that took longer than everything else it does with an unchanged profile.
 */

/** Profiles of one page. Part of the store's format. */
const PROFILES_PER_PAGE = 1024;
const HASH_BYTES = 8;
const PAGE_BYTES = PROFILES_PER_PAGE * HASH_BYTES;

/** The hashes that one transaction sets. */
export interface HashPages {
  /** Notes the hash of a profile's present text, undefined where it is not known. Whoever writes a profile must. */
  set(id: number, hash: BodyHash | undefined): void;
  /** The hash of a profile's present text, undefined where it is not known. */
  get(id: number): BodyHash | undefined;
  /** Writes what was noted, before the transaction that wrote the profiles commits. */
  write(): void;
}

/** Opens the pages for writing. */
export function openHashPages(db: Db): HashPages {
  const read = db.prepare<[number], Buffer>('SELECT hashes FROM profile_hash_page WHERE page = ?').pluck();
  const put = db.prepare(
    'INSERT INTO profile_hash_page VALUES (?, ?) ON CONFLICT DO UPDATE SET hashes = excluded.hashes',
  );
  const noted = new Map<number, DataView>();
  let last = -1;
  let view = viewOf(Buffer.alloc(0));
  function open(page: number): DataView {
    const found = noted.get(page) ?? viewOf(read.get(page) ?? Buffer.alloc(PAGE_BYTES));
    noted.set(page, found);
    return found;
  }
  /** Opens the page of a profile in `view`, and gives its place there. */
  function placeOf(id: number): number {
    const page = Math.floor(id / PROFILES_PER_PAGE);
    if (page !== last) view = open(page);
    last = page;
    return (id % PROFILES_PER_PAGE) * HASH_BYTES;
  }
  return {
    set(id, hash) {
      const at = placeOf(id);
      view.setInt32(at, hash?.a ?? 0);
      view.setInt32(at + 4, hash?.b ?? 0);
    },
    get(id) {
      const at = placeOf(id);
      const [a, b] = [view.getInt32(at), view.getInt32(at + 4)];
      return a === 0 && b === 0 ? undefined : { a, b };
    },
    write() {
      for (const [page, { buffer, byteOffset }] of noted)
        put.run(page, Buffer.from(buffer, byteOffset, PAGE_BYTES));
      noted.clear();
      last = -1;
    },
  };
}

/** Calls `take` with row id and hash of each profile up to `most` whose hash is known. */
export function forEachHash(db: Db, most: number, take: (id: number, a: number, b: number) => void): void {
  const pages = db
    .prepare<[number], [number, Buffer]>('SELECT page, hashes FROM profile_hash_page WHERE page <= ?')
    .raw();
  for (const [page, hashes] of pages.iterate(Math.floor(most / PROFILES_PER_PAGE))) {
    const view = viewOf(hashes);
    const first = page * PROFILES_PER_PAGE;
    const end = Math.min(PROFILES_PER_PAGE, most + 1 - first);
    for (let n = 0; n < end; n += 1) {
      const a = view.getInt32(n * HASH_BYTES);
      const b = view.getInt32(n * HASH_BYTES + 4);
      if (a !== 0 || b !== 0) take(first + n, a, b);
    }
  }
}
