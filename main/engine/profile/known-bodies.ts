import { type Instant, lowestCode } from '../core/instant.ts';
import type { Input } from '../input/input.ts';
import type { Db } from '../store/store.ts';
import { type BodyHash, NAMES_AUDIENCES } from './body-hash.ts';

/** The profiles whose text an import would not change, by the hash of that text. */
export interface KnownBodies {
  /** The row id of the profile whose text has this hash; undefined when there is none. */
  find(hash: BodyHash): number | undefined;
}

/** Profiles that are kept in memory: 24 bytes each at worst, 48 MB. */
const MOST_PROFILES = 2_000_000;
/** The smallest part of the store that a file may be of for reading all hashes to be worth it. */
const SMALLEST_SHARE = 0.25;

/**
 * Reads the hashes of the store, one pass over its pages, for an import that may well hold most of its profiles. Left out are
 * profiles that are known as of a later instant than the import's, which it must refuse, and those that name audiences
 * unless their memberships are certain to be as they say.
 *
 * @returns undefined where looking profiles up one by one costs less, or where the store has too many
 */
export function openKnownBodies(
  db: Db,
  { at, input }: { at: Instant; input: Pick<Input, 'totalBytes'> },
): KnownBodies | undefined {
  // Row ids are as good as dense; counting rows would read an index from end to end.
  const most = db.prepare<[], number | null>('SELECT max(id) FROM profile').pluck().get() ?? 0;
  if (most === 0 || most > MOST_PROFILES || !isLargeEnough(db, input)) return undefined;
  const slots = 2 ** Math.ceil(Math.log2(most * 1.5));
  const table = { a: new Int32Array(slots), b: new Int32Array(slots), id: new Int32Array(slots) };
  const refused = membershipsFollow(db) ? 0 : NAMES_AUDIENCES;
  forEachHash(db, { at, refused, most }, (id, a, b) => {
    const slot = freeSlot(table.id, b);
    table.id[slot] = id;
    table.a[slot] = a & ~NAMES_AUDIENCES;
    table.b[slot] = b;
  });
  return {
    find({ a, b }) {
      for (let slot = b & (slots - 1); table.id[slot] !== 0; slot = (slot + 1) & (slots - 1)) {
        if (table.b[slot] === b && table.a[slot] === (a & ~NAMES_AUDIENCES)) return table.id[slot];
      }
      return undefined;
    },
  };
}

/** Profiles of one answer: some 30 KB of text. */
const PROFILES_PER_READ = 1024;

/** The hashes of a range of row ids, from an index that has nothing else. */
export const HASHES_SQL = `
  SELECT group_concat(id || ',' || hash_a || ',' || hash_b) FROM profile INDEXED BY profile_hash
  WHERE id BETWEEN @first AND @first + ${PROFILES_PER_READ - 1} AND hash_a IS NOT NULL
  AND (from_ms IS NULL OR (from_ms, from_code) <= (@ms, @code)) AND (hash_a & @refused) = 0`;

/**
 * Calls `take` with row id and hash of each profile that has one and is not refused. They come as one text for many profiles:
 * making a JavaScript row of each took as long as reading them.
 */
function forEachHash(
  db: Db,
  { at, refused, most }: { at: Instant; refused: number; most: number },
  take: (id: number, a: number, b: number) => void,
): void {
  const page = db.prepare<unknown[], string | null>(HASHES_SQL).pluck();
  for (let first = 1; first <= most; first += PROFILES_PER_READ) {
    const text = page.get({ first, ms: at.ms, code: lowestCode(at), refused }) ?? '';
    const numbers = text === '' ? [] : text.split(',');
    for (let n = 0; n < numbers.length; n += 3)
      take(Number(numbers[n]), Number(numbers[n + 1]), Number(numbers[n + 2]));
  }
}

function freeSlot(ids: Int32Array, b: number): number {
  let slot = b & (ids.length - 1);
  while (ids[slot] !== 0) slot = (slot + 1) & (ids.length - 1);
  return slot;
}

function isLargeEnough(db: Db, { totalBytes }: Pick<Input, 'totalBytes'>): boolean {
  const storeBytes =
    Number(db.pragma('page_count', { simple: true })) * Number(db.pragma('page_size', { simple: true }));
  return totalBytes !== null && totalBytes >= storeBytes * SMALLEST_SHARE;
}

/**
 * Whether nothing but imports of profiles and events has set memberships, or given an audience another slug or a rule, since the
 * first of them. Each profile is then in the audiences that its text names.
 */
function membershipsFollow(db: Db): boolean {
  const other = db
    .prepare<[], number>(
      `SELECT EXISTS (SELECT 1 FROM batch WHERE kind NOT IN ('profiles', 'events', 'archive')
         AND id > (SELECT min(id) FROM batch WHERE kind IN ('profiles', 'events')))`,
    )
    .pluck()
    .get();
  return other === 0;
}
