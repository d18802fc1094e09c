import { compareInstants, type Instant } from '../core/instant.ts';
import type { Db } from '../store/store.ts';
import { CAUSE_CODES, EVENT_CODES } from './codes.ts';
import { ALL_PACKS, PACK_LISTS, type Pack, type PackedCause, type PackTest, unpack } from './pack.ts';
import { comparePlaces, type Order, type Place } from './place.ts';
import { prepareQuery } from './prepared.ts';
import type { PackFilter, PackPart, PackTotals, Span, Window } from './strand.ts';

/*
 * The changes of large imports stand in packs (history/pack.ts), each a range of numbers at one instant, between whose ends nothing
 * else stands in the order of time. All other changes are rows of `change`.
 */

/** A packed change as a row of the history. */
export interface PackedRow {
  readonly seq: number;
  readonly userId: string;
  readonly audienceId: number;
  /** Its code. */
  readonly event: number;
  readonly at: Instant;
  readonly enter: Instant;
  readonly exit: Instant | null;
  /** Its code. */
  readonly cause: number;
  readonly batch: number;
}

/** What a walk wants of the packs that it comes to. */
export interface PackedTest extends Omit<PackTest, 'from' | 'before'> {
  readonly batch?: number | undefined;
  /** A code. */
  readonly cause?: number | undefined;
}

/** What is wanted of one pack: also by number, above `after` and up to `upTo`, and by time, both ends inclusive. */
export interface PackRead extends PackedTest {
  readonly numbers?: { readonly after: number; readonly upTo: number } | undefined;
  readonly times?: { readonly first: Instant; readonly last: Instant } | undefined;
}

/** The changes that a window has of its pack and that are wanted, oldest first, each as `make` makes it. */
export function readPack<T>(
  db: Db,
  { pack, after, before }: Window & { readonly pack: PackPart },
  { batch, cause, numbers, times, userId, audienceIds, events }: PackRead,
  make: (row: PackedRow) => T,
): T[] {
  const row = prepareQuery(
    db,
    'SELECT at_ms AS ms, at_code AS code, batch_id AS batch, cause, body FROM change_pack WHERE first_seq = ?',
  ).get(pack.first) as { ms: number; code: number; batch: number; cause: number; body: Buffer } | undefined;
  if (row === undefined || row.batch !== (batch ?? row.batch) || row.cause !== (cause ?? row.cause))
    return [];
  const at = { ms: row.ms, code: row.code };
  if (times !== undefined && (compareInstants(at, times.first) < 0 || compareInstants(at, times.last) > 0))
    return [];
  const wanted = {
    from: Math.max(after.seq, numbers?.after ?? after.seq) + 1 - pack.first,
    before: Math.min(before.seq, (numbers?.upTo ?? before.seq) + 1) - pack.first,
    userId,
    audienceIds: ofList(pack.list, audienceIds),
    events: ofEvent(pack.list, events),
  };
  return unpack(row.body, wanted, ({ place, userId, audienceId, event, enter }) =>
    make({
      seq: pack.first + place,
      userId,
      audienceId,
      event,
      at,
      enter,
      exit: event === EVENT_CODES.exit ? at : null,
      cause: row.cause,
      batch: row.batch,
    }),
  );
}

/**
 * How many changes of a window that is in a pack are wanted, where that is known without reading it: the window has all of the
 * pack, and of what is wanted its list says all but the event.
 */
export function knownTotals(
  { pack }: Window & { readonly pack: PackPart },
  test: PackedTest,
): PackTotals | undefined {
  const isOfList =
    test.userId === undefined &&
    (test.audienceIds === undefined || pack.list > 0) &&
    (test.cause === undefined || pack.list < 0);
  if (pack.totals === undefined || !isOfList) return undefined;
  const { enters, exits } = pack.totals;
  return {
    enters: test.events?.has(EVENT_CODES.enter) === false ? 0 : enters,
    exits: test.events?.has(EVENT_CODES.exit) === false ? 0 : exits,
  };
}

function ofList(list: number, others: PackTest['audienceIds']): PackTest['audienceIds'] {
  return list > 0 ? new Set([list]) : others;
}

function ofEvent(list: number, others: PackTest['events']): PackTest['events'] {
  const { snapshot, profile } = PACK_LISTS;
  if (list === snapshot.enter || list === profile.enter) return new Set([EVENT_CODES.enter]);
  return list === snapshot.exit || list === profile.exit ? new Set([EVENT_CODES.exit]) : others;
}

/** Writes the packs of one sweep, in the caller's transactions. */
export interface SweepWriter {
  /** Writes a pack from a number on. */
  add(pack: Pack, firstSeq: number): void;
  /** Notes how far the sweep has come: before each transaction ends. */
  settle(): void;
}

/** Prepares the writing of packs that are all at one instant and come in the order of their users' buckets. */
export function openSweep(
  db: Db,
  { batch, cause, at: { ms, code } }: { batch: number; cause: PackedCause; at: Instant },
): SweepWriter {
  const sweep = db
    .prepare<[number], number>('SELECT count(*) FROM change_sweep WHERE batch_id = ?')
    .pluck()
    .get(batch) as number;
  const insert = db.prepare(
    `INSERT INTO change_pack (first_seq, last_seq, at_ms, at_code, batch_id, sweep, cause, first_bucket, last_bucket, prints, body)
     VALUES (?, ?, ${ms}, ${code}, ${batch}, ${sweep}, ${CAUSE_CODES[cause]}, ?, ?, ?, ?)`,
  );
  const insertList = db.prepare(`INSERT INTO change_pack_list VALUES (?, ${ms}, ${code}, ?, ?, ?, ?)`);
  const note = db.prepare<[number, number]>(
    `INSERT INTO change_sweep VALUES (${batch}, ${sweep}, ${ms}, ${code}, ?, ?)
     ON CONFLICT DO UPDATE SET last_seq = excluded.last_seq`,
  );
  const lists = PACK_LISTS[cause];
  let written: { first: number; last: number } | undefined;
  return {
    add({ enters, exits, firstBucket, lastBucket, audiences, prints, body }, firstSeq) {
      const lastSeq = firstSeq + enters + exits - 1;
      insert.run(firstSeq, lastSeq, firstBucket, lastBucket, prints, body);
      insertList.run(ALL_PACKS, firstSeq, lastSeq, enters, exits);
      if (enters > 0) insertList.run(lists.enter, firstSeq, lastSeq, enters, 0);
      if (exits > 0) insertList.run(lists.exit, firstSeq, lastSeq, 0, exits);
      for (const one of audiences) insertList.run(one.id, firstSeq, lastSeq, one.enters, one.exits);
      written = { first: written?.first ?? firstSeq, last: lastSeq };
    },
    settle() {
      if (written !== undefined) note.run(written.first, written.last);
    },
  };
}

/**
 * Makes rows of a pack's changes, under their numbers, in the caller's transaction: one of them can then be removed.
 *
 * @param first the pack's first number
 */
export function unpackIntoRows(db: Db, first: number): void {
  // Read first: the pack's trigger takes away what stands under its numbers.
  const columns =
    'seq, at_ms, at_code, user_id, audience_id, event, enter_ms, enter_code, exit_ms, exit_code, cause, batch_id';
  const rows = db
    .prepare<[number], unknown[]>(`SELECT ${columns} FROM packed_change WHERE pack = ?`)
    .raw()
    .all(first);
  db.prepare('DELETE FROM change_pack WHERE first_seq = ?').run(first);
  const insert = db.prepare(`INSERT INTO change (${columns}) VALUES (${columns.replace(/\w+/g, '?')})`);
  for (const row of rows) insert.run(row);
}

/**
 * Cuts a part of a strand, in the order given, into what its index has and the packs in between. A pack is looked up when the
 * walk comes to it, so that a page costs the same however many there are.
 */
export function* piecesOf(
  db: Db,
  { strand, after, before }: Window,
  order: Order,
): Generator<Window, void, void> {
  const { packs } = strand;
  let low = after;
  let high = before;
  // Only the first pack may have begun before the part.
  let next = firstEndingAfter;
  while (comparePlaces(low, high) < 0) {
    const span = packs && (order === 'newest' ? lastBefore(db, packs, high) : next(db, packs, low));
    next = firstBehind;
    if (
      packs === undefined ||
      span === undefined ||
      comparePlaces(span.last, low) <= 0 ||
      comparePlaces(span.first, high) >= 0
    ) {
      yield { strand, after: low, before: high };
      return;
    }
    const { first, last, enters, exits } = span;
    const [after, before] = [later(low, step(first, -1)), earlier(high, step(last, 1))];
    const isWhole = after.seq === first.seq - 1 && before.seq === last.seq + 1;
    const totals = isWhole ? { enters, exits } : undefined;
    const own = { strand, pack: { first: first.seq, list: packs.list, totals }, after, before };
    if (order === 'oldest') {
      if (comparePlaces(low, step(first, -1)) < 0) yield { strand, after: low, before: first };
      yield own;
      low = last;
    } else {
      if (comparePlaces(step(last, 1), high) < 0) yield { strand, after: last, before: high };
      yield own;
      high = first;
    }
  }
}

const later = (a: Place, b: Place) => (comparePlaces(a, b) < 0 ? b : a);
const earlier = (a: Place, b: Place) => (comparePlaces(a, b) < 0 ? a : b);
const step = (place: Place, by: number): Place => ({ ...place, seq: place.seq + by });

/** The first pack that ends behind a place. Packs do not overlap, so only the last that begins up to there can reach over it. */
function firstEndingAfter(db: Db, filter: PackFilter, place: Place): PackSpan | undefined {
  const around = find(db, filter, '<=', place);
  if (around !== undefined && comparePlaces(around.last, place) > 0) return around;
  return firstBehind(db, filter, place);
}

/** The first pack that begins behind a place. */
function firstBehind(db: Db, filter: PackFilter, place: Place): PackSpan | undefined {
  return find(db, filter, '>', place);
}

/** The last pack that begins before a place. */
function lastBefore(db: Db, filter: PackFilter, place: Place): PackSpan | undefined {
  return find(db, filter, '<', place);
}

/** A pack, with how many changes of a list it has. */
type PackSpan = Span & PackTotals;

interface SpanRow {
  ms: number;
  code: number;
  first: number;
  last: number;
}

/** The pack that begins next to a place: the first behind it, or else the last. */
function find(db: Db, filter: PackFilter, bound: '<' | '<=' | '>', place: Place): PackSpan | undefined {
  const { within } = filter;
  if (within === undefined) return findAnywhere(db, filter, bound, place);
  const edge = bound === '>' ? later(place, step(within.first, -1)) : earlier(place, step(within.last, 1));
  const found = findAnywhere(db, filter, bound, edge);
  const isWithin =
    found !== undefined &&
    comparePlaces(found.first, within.first) >= 0 &&
    comparePlaces(found.last, within.last) <= 0;
  return isWithin ? found : undefined;
}

function findAnywhere(
  db: Db,
  filter: PackFilter,
  bound: '<' | '<=' | '>',
  place: Place,
): PackSpan | undefined {
  const direction = bound === '>' ? 'ASC' : 'DESC';
  const row = prepareQuery(
    db,
    `SELECT at_ms AS ms, at_code AS code, first_seq AS first, last_seq AS last, enters, exits FROM change_pack_list
     WHERE list = ? AND (at_ms, at_code, first_seq) ${bound} (?, ?, ?)
     ORDER BY at_ms ${direction}, at_code ${direction}, first_seq ${direction} LIMIT 1`,
  ).get(filter.list, place.ms, place.code, place.seq) as (SpanRow & PackTotals) | undefined;
  if (row === undefined) return undefined;
  return { ...spanOf(row), enters: row.enters, exits: row.exits };
}

function spanOf({ ms, code, first, last }: SpanRow): Span {
  return { first: { ms, code, seq: first }, last: { ms, code, seq: last } };
}

/** The packs of a batch; undefined where it has none. */
export function packsOfBatch(db: Db, batch: number): PackFilter | undefined {
  const row = prepareQuery(
    db,
    `SELECT at_ms AS ms, at_code AS code, min(first_seq) AS first, max(last_seq) AS last FROM change_sweep
     WHERE batch_id = ? GROUP BY batch_id`,
  ).get(batch) as SpanRow | undefined;
  return row && { list: ALL_PACKS, within: spanOf(row) };
}

/**
 * Whether everything at an instant is one sweep's: the changes of each user then follow each other. Those of an import that is
 * running count, as not all of them are hidden.
 *
 * @param codes the lowest and the highest of the instant, however it is written
 */
export function isOneSweep(db: Db, ms: number, codes: readonly [number, number]): boolean {
  const place = [ms, ...codes];
  const found = prepareQuery(
    db,
    `SELECT (SELECT count(*) FROM change_sweep WHERE at_ms = ? AND at_code BETWEEN ? AND ?) = 1
     AND NOT EXISTS (SELECT 1 FROM change INDEXED BY change_at WHERE at_ms = ? AND at_code BETWEEN ? AND ?) AS one`,
  ).get(...place, ...place) as { one: number };
  return found.one === 1;
}

/** Changes read at once where they are rows. */
const ROWS_PER_READ = 500;

/** Who was changed where by a change. */
interface Touched {
  readonly userId: string;
  readonly audienceId: number;
  readonly at: Instant;
}

/** What the changes of a range of numbers touched, packs first. Holds no statement open between two of them. */
export function* changesOfRange(
  db: Db,
  { first, last }: { first: number; last: number },
): Generator<Touched, void, void> {
  const nextPack = db.prepare<[number, number], { first: number; ms: number; code: number; body: Buffer }>(
    `SELECT first_seq AS first, at_ms AS ms, at_code AS code, body FROM change_pack
     WHERE first_seq >= ? AND first_seq <= ? ORDER BY first_seq LIMIT 1`,
  );
  let pack = nextPack.get(first, last);
  while (pack !== undefined) {
    const at = { ms: pack.ms, code: pack.code };
    yield* unpack(pack.body, {}, ({ userId, audienceId }) => ({ userId, audienceId, at }));
    pack = nextPack.get(pack.first + 1, last);
  }
  const rows = db.prepare<
    [number, number],
    { seq: number; userId: string; audienceId: number; ms: number; code: number }
  >(
    `SELECT seq, user_id AS userId, audience_id AS audienceId, at_ms AS ms, at_code AS code FROM change
     WHERE seq > ? AND seq <= ? ORDER BY seq LIMIT ${ROWS_PER_READ}`,
  );
  let after = first - 1;
  for (let page = rows.all(after, last); page.length > 0; page = rows.all(after, last)) {
    for (const { userId, audienceId, ms, code } of page) yield { userId, audienceId, at: { ms, code } };
    after = page.at(-1)?.seq ?? last;
  }
}
