import type { Instant } from '../core/instant.ts';
import type { Db } from '../store/store.ts';
import { LISTED } from './listed.ts';
import { comparePlaces, type Order, type Place } from './place.ts';
import { prepareQuery } from './prepared.ts';
import { type BlockFilter, EVERY_EVENT, type Window } from './strand.ts';

/*
 * A snapshot's changes are by hundreds of thousands at one instant, with numbers one after the other, so in the order of time
 * they are a range of the table itself. Those ranges, the blocks, stand in `change_block`; `change_at`, `change_batch_at` and
 * `change_kind_at` have entries of all other changes only. Between the first and the last change of a block nothing else
 * stands in the order of time.
 */

/** A smaller snapshot is listed: its few entries cost less than a range more to look for on every walk. */
export const MIN_CHANGES = 1000;
/** Most numbers in a block from one change that it is for to the next, so that a page of fifty is found in some milliseconds. */
const MAX_OTHERS = 500;

/** Where the changes of a block are read from. */
export const TABLE = 'change NOT INDEXED';

interface Run {
  readonly event: number;
  first: number;
  last: number;
}

/** Notes the blocks of a batch whose changes come in the order of their numbers. */
export interface BlockNotes {
  /** Adds a change at the batch's own instant that is not listed. */
  add(event: number, seq: number): void;
  /** Writes the blocks, in the caller's transaction. Readers see them once the batch has taken effect. */
  write(db: Db): void;
}

export function createBlockNotes(batch: number, { ms, code }: Instant): BlockNotes {
  const done: Run[] = [];
  const open = new Map<number, Run>();

  function extend(event: number, seq: number): void {
    const run = open.get(event);
    if (run !== undefined && seq - run.last <= MAX_OTHERS) {
      run.last = seq;
      return;
    }
    if (run !== undefined) done.push(run);
    open.set(event, { event, first: seq, last: seq });
  }

  return {
    add(event, seq) {
      extend(EVERY_EVENT, seq);
      extend(event, seq);
    },
    write(db) {
      const insert = db.prepare('INSERT INTO change_block VALUES (?, ?, ?, ?, ?, ?)');
      for (const { event, first, last } of [...done, ...open.values()])
        insert.run(event, ms, code, first, last, batch);
    },
  };
}

/**
 * Cuts a part of a strand, in the order given, into what its index has and the blocks in between, each block as a strand along
 * the table. A block is looked up when the walk comes to it, so that a page costs the same however many there are.
 */
export function* piecesOf(
  db: Db,
  { strand, after, before }: Window,
  order: Order,
): Generator<Window, void, void> {
  const { blocks, ...rows } = strand;
  let low = after;
  let high = before;
  while (comparePlaces(low, high) < 0) {
    const block =
      blocks && (order === 'oldest' ? firstEndingAfter(db, blocks, low) : lastBefore(db, blocks, high));
    if (block === undefined || comparePlaces(block.last, low) <= 0 || comparePlaces(block.first, high) >= 0) {
      yield { strand, after: low, before: high };
      return;
    }
    const { first, last } = block;
    const table = { ...rows, source: TABLE };
    const own = { strand: table, after: later(low, step(first, -1)), before: earlier(high, step(last, 1)) };
    if (order === 'oldest') {
      if (comparePlaces(low, first) < 0) yield { strand, after: low, before: first };
      yield own;
      low = last;
    } else {
      if (comparePlaces(last, high) < 0) yield { strand, after: last, before: high };
      yield own;
      high = first;
    }
  }
}

const later = (a: Place, b: Place) => (comparePlaces(a, b) < 0 ? b : a);
const earlier = (a: Place, b: Place) => (comparePlaces(a, b) < 0 ? a : b);
const step = (place: Place, by: number): Place => ({ ...place, seq: place.seq + by });

interface Block {
  readonly first: Place;
  readonly last: Place;
}

/** The first block that ends behind a place. Blocks do not overlap, so only the last that begins up to there can reach over it. */
function firstEndingAfter(db: Db, filter: BlockFilter, place: Place): Block | undefined {
  const around = find(db, filter, '<= (?, ?, ?)', 'DESC', place);
  if (around !== undefined && comparePlaces(around.last, place) > 0) return around;
  return find(db, filter, '> (?, ?, ?)', 'ASC', place);
}

/** The last block that begins before a place. */
function lastBefore(db: Db, filter: BlockFilter, place: Place): Block | undefined {
  return find(db, filter, '< (?, ?, ?)', 'DESC', place);
}

interface BlockRow {
  ms: number;
  code: number;
  first: number;
  last: number;
}

function find(
  db: Db,
  { event, batch }: BlockFilter,
  bound: string,
  direction: 'ASC' | 'DESC',
  { ms, code, seq }: Place,
): Block | undefined {
  const ofBatch = batch === undefined ? '' : 'AND batch_id = ?';
  const row = prepareQuery(
    db,
    `SELECT block.at_ms AS ms, block.at_code AS code, first_seq AS first, last_seq AS last
     FROM change_block AS block CROSS JOIN batch ON batch.id = batch_id
     WHERE event = ? AND (block.at_ms, block.at_code, first_seq) ${bound} ${ofBatch} AND state <> 'running'
     ORDER BY block.at_ms ${direction}, block.at_code ${direction}, first_seq ${direction} LIMIT 1`,
  ).get(event, ms, code, seq, ...(batch === undefined ? [] : [batch])) as BlockRow | undefined;
  if (row === undefined) return undefined;
  const at = { ms: row.ms, code: row.code };
  return { first: { ...at, seq: row.first }, last: { ...at, seq: row.last } };
}

/**
 * Whether everything at an instant is one snapshot's: the changes of each user then follow each other.
 *
 * @param codes the lowest and the highest of the instant, however it is written
 */
export function isOneSnapshot(db: Db, ms: number, codes: readonly [number, number]): boolean {
  const place = [ms, ...codes];
  const found = prepareQuery(
    db,
    `SELECT (SELECT count(DISTINCT batch_id) FROM change_block
       WHERE event = ${EVERY_EVENT} AND at_ms = ? AND at_code BETWEEN ? AND ?) = 1
     AND NOT EXISTS (SELECT 1 FROM change INDEXED BY change_at
       WHERE at_ms = ? AND at_code BETWEEN ? AND ? AND ${LISTED}) AS one`,
  ).get(...place, ...place) as { one: number };
  return found.one === 1;
}
