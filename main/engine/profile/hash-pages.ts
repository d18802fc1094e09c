import { viewOf } from '../membership/segment.ts';
import type { Db } from '../store/store.ts';
import type { BodyHash } from './body-hash.ts';

/**
 * The hashes of all profiles by row id, packed: 1024 profiles a row of `profile_hash_page`, both integers of each big-endian at its
 * place, zeros where none is known. An import that looks for what has not changed reads them all; as rows, or as entries of an
 * index, that took longer than everything else it does with an unchanged profile.
 */

/** Profiles of one page. Part of the store's format. */
export const PROFILES_PER_PAGE = 1024;
/** What the hash of a profile takes, in a page. */
export const HASH_BYTES = 8;
const PAGE_BYTES = PROFILES_PER_PAGE * HASH_BYTES;

/**
 * Pages that are held until the end of an import: 16 MB, two million profiles. What an import changes is all over the pages, and
 * each is written once. A batch that is cut off before is taken back, and with it the hash of each profile that it wrote.
 */
const MOST_HELD = 2048;
/** Pages written between two looks at the clock. */
const PAGES_PER_STEP = 64;

/** The hashes that one batch sets. */
export interface HashPages {
  /** Notes the hash of a profile's present text, undefined where it is not known. Whoever writes a profile must. */
  set(id: number, hash: BodyHash | undefined): void;
  /** Notes the hashes of profiles one behind the other, each as in a page. */
  setAll(firstId: number, hashes: Buffer): void;
  /** The hash of a profile's present text, undefined where it is not known. */
  get(id: number): BodyHash | undefined;
  /** A page as it was before this batch; undefined where there was none, or where this batch has written it. */
  original(page: number): DataView | undefined;
  /** Writes what was noted, in the caller's transaction. */
  write(): void;
  /** Writes what was noted where that is more than is to be held. */
  settle(): void;
  /** Writes what was noted, some pages a step. */
  steps(): Generator<void, void, void>;
}

/** Opens the pages for writing. */
export function openHashPages(db: Db): HashPages {
  const read = db.prepare<[number], Buffer>('SELECT hashes FROM profile_hash_page WHERE page = ?').pluck();
  const put = db.prepare(
    'INSERT INTO profile_hash_page VALUES (?, ?) ON CONFLICT DO UPDATE SET hashes = excluded.hashes',
  );
  const noted = new Map<number, DataView>();
  const written = new Set<number>();
  let last = -1;
  let view = viewOf(Buffer.alloc(0));
  function open(page: number): DataView {
    const found = noted.get(page) ?? viewOf(read.get(page) ?? Buffer.alloc(PAGE_BYTES));
    noted.set(page, found);
    return found;
  }
  /** Opens the page of a profile in `view`. */
  function show(id: number): void {
    const page = Math.floor(id / PROFILES_PER_PAGE);
    if (page !== last) view = open(page);
    last = page;
  }
  function* steps(): Generator<void, void, void> {
    for (const [n, [page, { buffer, byteOffset }]] of [...noted].sort(([a], [b]) => a - b).entries()) {
      put.run(page, Buffer.from(buffer, byteOffset, PAGE_BYTES));
      written.add(page);
      if ((n + 1) % PAGES_PER_STEP === 0) yield;
    }
    noted.clear();
    last = -1;
  }
  function write(): void {
    for (const _ of steps());
  }
  return {
    set(id, hash) {
      show(id);
      const at = (id % PROFILES_PER_PAGE) * HASH_BYTES;
      view.setInt32(at, hash?.a ?? 0);
      view.setInt32(at + 4, hash?.b ?? 0);
    },
    setAll(firstId, hashes) {
      const end = firstId + hashes.length / HASH_BYTES;
      for (let id = firstId, pageEnd = 0; id < end; id = pageEnd) {
        show(id);
        pageEnd = Math.min(end, (Math.floor(id / PROFILES_PER_PAGE) + 1) * PROFILES_PER_PAGE);
        const page = Buffer.from(view.buffer, view.byteOffset, PAGE_BYTES);
        hashes.copy(
          page,
          (id % PROFILES_PER_PAGE) * HASH_BYTES,
          (id - firstId) * HASH_BYTES,
          (pageEnd - firstId) * HASH_BYTES,
        );
      }
    },
    get(id) {
      show(id);
      const [a, b] = [hashA(view, id), hashB(view, id)];
      return a === 0 && b === 0 ? undefined : { a, b };
    },
    original(page) {
      const stored = written.has(page) ? undefined : read.get(page);
      return stored && viewOf(stored);
    },
    write,
    settle() {
      if (noted.size > MOST_HELD) write();
    },
    steps,
  };
}

/** The first integer of the hash of a profile, from the page that it stands in; both are 0 where it is not known. */
export function hashA(page: DataView, id: number): number {
  return page.getInt32((id % PROFILES_PER_PAGE) * HASH_BYTES);
}

/** The second one. */
export function hashB(page: DataView, id: number): number {
  return page.getInt32((id % PROFILES_PER_PAGE) * HASH_BYTES + 4);
}
