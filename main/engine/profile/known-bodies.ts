import { compareInstants, type Instant } from '../core/instant.ts';
import type { Input } from '../input/input.ts';
import { type Db, databaseBytes } from '../store/store.ts';
import { lastProfileId } from './all.ts';
import { type BodyHash, NAMES_AUDIENCES } from './body-hash.ts';
import { type HashPages, hashA, hashB, PROFILES_PER_PAGE } from './hash-pages.ts';

/** The profiles whose text an import would not change, by the hash of that text. */
export interface KnownBodies {
  /** The row id of a profile whose text has this hash; undefined when none is found. */
  find(hash: BodyHash): number | undefined;
}

/** Profiles of a table at most: 24 bytes each at worst, 48 MB. */
const MOST_IN_TABLE = 2_000_000;
/** Integers of one slot of the table. */
const SLOT = 3;
/** The smallest part of the store that a file may be of for reading all hashes to be worth it. */
const SMALLEST_SHARE = 0.25;
/** Profiles that are looked at from the expected one on; twice as many after each that was not found, up to a page of them. */
const REACH = 16;
const MOST_REACH = PROFILES_PER_PAGE;
/** So many not found one after the other: the file has another order than the store. */
const OTHER_ORDER = 64;

/**
 * Opens the hashes of the store for an import that may well hold most of its profiles. Those of profiles that name audiences are
 * left out unless their memberships are certain to be as they say.
 *
 * A daily export mostly has its profiles in the order of the day before, in which the store has them: each is looked for behind the
 * last. Only a file in another order needs a table of all hashes; a store too large for that looks its profiles up then.
 *
 * @param pages those of the import: what it has changed itself is not known
 * @returns undefined where looking profiles up one by one costs less, or where some may be known as of a later instant than the
 * import's, which it must refuse
 */
export function openKnownBodies(
  db: Db,
  { at, input, pages }: { at: Instant; input: Pick<Input, 'totalBytes'>; pages: Pick<HashPages, 'original'> },
): KnownBodies | undefined {
  // Row ids are as good as dense; counting rows would read an index from end to end.
  const most = lastProfileId(db);
  if (most === 0 || !isLargeEnough(db, input) || !isLatest(db, at)) return undefined;
  const refused = membershipsFollow(db) ? 0 : NAMES_AUDIENCES;
  const searched: Searched = { pages, most, refused };
  const inOrder = createOrderedSearch(searched);
  let table: Table | undefined;
  return {
    find({ a, b }) {
      const wanted = a & ~NAMES_AUDIENCES;
      if (table !== undefined) return table.find(wanted, b);
      const id = inOrder.find(wanted, b);
      if (inOrder.missed() < OTHER_ORDER || most > MOST_IN_TABLE) return id;
      table = readTable(searched);
      return table.find(wanted, b);
    },
  };
}

interface Searched {
  readonly pages: Pick<HashPages, 'original'>;
  /** The highest row id. */
  readonly most: number;
  /** The bit of a hash that leaves its profile out. */
  readonly refused: number;
}

/** Looks for the next profile behind the last one that was found. */
function createOrderedSearch({ pages, most, refused }: Searched) {
  let expected = 1;
  let missed = 0;
  let reach = REACH;
  const opened = new Map<number, DataView | undefined>();
  function open(page: number): DataView | undefined {
    if (opened.has(page)) return opened.get(page);
    // A search reaches into two pages at most.
    if (opened.size > 1) opened.clear();
    const view = pages.original(page);
    opened.set(page, view);
    return view;
  }
  function search(a: number, b: number): number | undefined {
    const end = Math.min(expected + reach, most + 1);
    for (let id = expected; id < end; ) {
      const page = Math.floor(id / PROFILES_PER_PAGE);
      const view = open(page);
      const pageEnd = Math.min(end, (page + 1) * PROFILES_PER_PAGE);
      for (; view !== undefined && id < pageEnd; id += 1) {
        if (hashB(view, id) !== b) continue;
        const stored = hashA(view, id);
        if ((stored & ~NAMES_AUDIENCES) === a && (stored & refused) === 0) return id;
      }
      id = pageEnd;
    }
    return undefined;
  }
  return {
    find(a: number, b: number): number | undefined {
      const id = search(a, b);
      missed = id === undefined ? missed + 1 : 0;
      reach = id === undefined ? Math.min(MOST_REACH, reach * 2) : REACH;
      if (id !== undefined) expected = id + 1;
      return id;
    },
    /** How many were not found since the last that was. */
    missed: () => missed,
  };
}

type Table = Pick<ReturnType<typeof createTable>, 'find'>;

function readTable({ pages, most, refused }: Searched): Table {
  const table = createTable(most);
  for (let first = 0; first <= most; first += PROFILES_PER_PAGE) {
    const view = pages.original(first / PROFILES_PER_PAGE);
    const end = view === undefined ? first : Math.min(first + PROFILES_PER_PAGE, most + 1);
    for (let id = first; view !== undefined && id < end; id += 1) {
      const [a, b] = [hashA(view, id), hashB(view, id)];
      if ((a !== 0 || b !== 0) && (a & refused) === 0) table.add(a & ~NAMES_AUDIENCES, b, id);
    }
  }
  return table;
}

/** An open hash table of both integers of a hash and a row id, the three side by side: one look into memory for most. */
function createTable(most: number) {
  const slots = 2 ** Math.ceil(Math.log2(most * 1.5));
  const end = slots * SLOT;
  const entries = new Int32Array(end);
  const slotOf = (b: number) => (b & (slots - 1)) * SLOT;
  const behind = (at: number) => (at + SLOT === end ? 0 : at + SLOT);
  return {
    add(a: number, b: number, id: number): void {
      let at = slotOf(b);
      while (entries[at] !== 0) at = behind(at);
      entries[at] = id;
      entries[at + 1] = a;
      entries[at + 2] = b;
    },
    find(a: number, b: number): number | undefined {
      for (let at = slotOf(b); entries[at] !== 0; at = behind(at)) {
        if (entries[at + 1] === a && entries[at + 2] === b) return entries[at];
      }
      return undefined;
    },
  };
}

function isLargeEnough(db: Db, { totalBytes }: Pick<Input, 'totalBytes'>): boolean {
  return totalBytes !== null && totalBytes >= databaseBytes(db) * SMALLEST_SHARE;
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
