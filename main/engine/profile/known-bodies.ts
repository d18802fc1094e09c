import { compareInstants, type Instant } from '../core/instant.ts';
import type { Input } from '../input/input.ts';
import type { Db } from '../store/store.ts';
import { lastProfileId } from './all.ts';
import { type BodyHash, NAMES_AUDIENCES } from './body-hash.ts';
import { forEachHash } from './hash-pages.ts';

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
 * Reads the hashes of the store for an import that may well hold most of its profiles. Those of profiles that name audiences are
 * left out unless their memberships are certain to be as they say.
 *
 * @returns undefined where looking profiles up one by one costs less, where the store has too many, or where some may be known as
 * of a later instant than the import's, which it must refuse
 */
export function openKnownBodies(
  db: Db,
  { at, input }: { at: Instant; input: Pick<Input, 'totalBytes'> },
): KnownBodies | undefined {
  // Row ids are as good as dense; counting rows would read an index from end to end.
  const most = lastProfileId(db);
  if (most === 0 || most > MOST_PROFILES || !isLargeEnough(db, input) || !isLatest(db, at)) return undefined;
  const slots = 2 ** Math.ceil(Math.log2(most * 1.5));
  const table = { a: new Int32Array(slots), b: new Int32Array(slots), id: new Int32Array(slots) };
  const refused = membershipsFollow(db) ? 0 : NAMES_AUDIENCES;
  forEachHash(db, most, (id, a, b) => {
    if ((a & refused) !== 0) return;
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

/** Whether no import of profiles is of a later instant: a profile with a hash is known as of that of its import. */
function isLatest(db: Db, at: Instant): boolean {
  const later = db
    .prepare<[number], Instant>(
      `SELECT at_ms AS ms, at_code AS code FROM batch WHERE kind = 'profiles' AND state = 'done' AND at_ms >= ?`,
    )
    .all(at.ms);
  return later.every((other) => compareInstants(at, other) >= 0);
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
