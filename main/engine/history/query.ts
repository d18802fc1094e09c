import type { HistoryFilter } from '../../../preload/contract/history.ts';
import { requireAudience } from '../audience/store.ts';
import { type Instant, lowestCode, requireInstant } from '../core/instant.ts';
import type { Db } from '../store/store.ts';
import { type BlockFilter, EVERY_EVENT, LISTED } from './blocks.ts';
import { CAUSE_CODES, EVENT_CODES } from './codes.ts';
import { type Gap, gapsOf, notHidden, type PlaceRange } from './hidden.ts';
import { FIRST_PLACE, LAST_PLACE, type Order, type Place } from './place.ts';

/** One walk in time order along an index: equality on its first columns, then a range. A user's is sorted, as it has two. */
export interface Strand {
  /** What stands behind FROM. */
  readonly source: string;
  /** SQL of the equalities that the index serves, with their values. */
  readonly where: string;
  readonly values: readonly (string | number)[];
  /** The blocks of changes that an index of {@link LISTED} ones leaves out, all of which `where` is asked of as well. */
  readonly blocks?: BlockFilter;
}

/** A part of a strand, exclusive at both ends. */
export interface Window extends PlaceRange {
  readonly strand: Strand;
}

/** Every change. */
export const BY_TIME: Strand = {
  source: along('change_at'),
  where: 'TRUE',
  values: [],
  blocks: { event: EVERY_EVENT },
};

/**
 * A filter as the strands that together hold every candidate, the conditions that are left to check on each row, the
 * time range, exclusive at both ends, and the gaps in it to step over.
 */
export interface Plan {
  readonly strands: readonly Strand[];
  readonly rest: string;
  readonly restValues: readonly (string | number)[];
  readonly after: Place;
  readonly before: Place;
  readonly gaps: readonly Gap[];
}

/**
 * Plans how a filter is served: by the user's changes, else the batch's, else each audience's, else those of each cause
 * and event, else all by time. Every index ends in time order, so pages need no sorting, except of one user's changes.
 *
 * @throws AUDIENCE_NOT_FOUND, INVALID_INPUT for a time that is none
 */
export function planOf(db: Db, filter: HistoryFilter): Plan {
  const { from, to, userId, batch, event, cause } = filter;
  const audiences = [...new Set(filter.audiences.map((ref) => requireAudience(db, ref).id))];
  const rest: string[] = [];
  const restValues: (string | number)[] = [];
  const check = (sql: string, ...values: (string | number)[]) => {
    rest.push(`AND ${sql}`);
    restValues.push(...values);
  };
  const placed = strandsOf({ userId, batch, audiences, event, cause });
  if (batch !== undefined && placed.by !== 'batch') check('batch_id = ?', batch);
  if (audiences.length > 0 && placed.by !== 'audience')
    check(`audience_id IN (${audiences.map(() => '?').join(', ')})`, ...audiences);
  if (placed.by !== 'kind') {
    if (event !== undefined) check('event = ?', EVENT_CODES[event]);
    if (cause !== undefined) check('cause = ?', CAUSE_CODES[cause]);
  }
  const hidden = notHidden(db);
  if (hidden !== '') rest.push(hidden);
  return {
    strands: placed.strands,
    rest: rest.join(' '),
    restValues,
    after: from === undefined ? FIRST_PLACE : startOf(requireInstant(from, 'from')),
    before: to === undefined ? LAST_PLACE : startOf(requireInstant(to, 'to')),
    gaps: hidden === '' ? [] : gapsOf(db),
  };
}

/** The place before every change at an instant, however it is written. */
function startOf(instant: Instant): Place {
  return { ms: instant.ms, code: lowestCode(instant), seq: 0 };
}

type Placed = { by: 'user' | 'batch' | 'audience' | 'kind' | 'time'; strands: Strand[] };

function strandsOf({
  userId,
  batch,
  audiences,
  event,
  cause,
}: Pick<HistoryFilter, 'userId' | 'batch' | 'event' | 'cause'> & { audiences: readonly number[] }): Placed {
  if (userId !== undefined)
    return { by: 'user', strands: [{ source: 'change_of_user', where: 'user_id = ?', values: [userId] }] };
  if (batch !== undefined)
    return {
      by: 'batch',
      strands: [
        {
          source: along('change_batch_at'),
          where: 'batch_id = ?',
          values: [batch],
          blocks: { event: EVERY_EVENT, batch },
        },
      ],
    };
  if (audiences.length > 0) {
    const strands = audiences.map((id) => ({
      source: along('change_audience_at'),
      where: 'audience_id = ?',
      values: [id],
    }));
    return { by: 'audience', strands };
  }
  if (event === undefined && cause === undefined) return { by: 'time', strands: [BY_TIME] };
  const causes = cause === undefined ? Object.values(CAUSE_CODES) : [CAUSE_CODES[cause]];
  const events = event === undefined ? Object.values(EVENT_CODES) : [EVENT_CODES[event]];
  const strands = causes.flatMap((causeCode) => events.map((eventCode) => kindStrand(causeCode, eventCode)));
  return { by: 'kind', strands };
}

function kindStrand(cause: number, event: number): Strand {
  const strand = {
    source: along('change_kind_at'),
    where: 'cause = ? AND event = ?',
    values: [cause, event],
  };
  if (cause === CAUSE_CODES.snapshot) return { ...strand, blocks: { event } };
  return { ...strand, where: `${strand.where} AND ${LISTED}` };
}

/** The history along one of its indexes. */
export function along(index: string): string {
  return `change INDEXED BY ${index}`;
}

/** A part of a strand's range that SQLite finds along the index by all its columns: `FROM … WHERE …` and its values. */
export interface Stretch {
  readonly sql: string;
  readonly values: readonly (string | number)[];
}

/**
 * The changes that a strand's source has between two places, both exclusive, as at most three stretches in the order asked
 * for: the rest of the first instant, what lies between, the beginning of the last instant. In one condition, `(at_ms, at_code, seq) > …`,
 * SQLite would use the first two columns only and walk through all changes of one instant, which a snapshot has by millions.
 * It does the same for an exclusive bound of two columns, so what lies between has inclusive ones; codes are whole numbers.
 */
export function stretchesOf(strand: Strand, after: Place, before: Place, order: Order = 'oldest'): Stretch[] {
  const where = `FROM ${strand.source} WHERE ${strand.where}${strand.blocks === undefined ? '' : ` AND ${LISTED}`}`;
  const at = 'AND at_ms = ? AND at_code = ?';
  if (after.ms === before.ms && after.code === before.code) {
    const values = [...strand.values, after.ms, after.code, after.seq, before.seq];
    return [{ sql: `${where} ${at} AND seq > ? AND seq < ?`, values }];
  }
  const stretches = [
    { sql: `${where} ${at} AND seq > ?`, values: [...strand.values, after.ms, after.code, after.seq] },
    {
      sql: `${where} AND (at_ms, at_code) >= (?, ?) AND (at_ms, at_code) <= (?, ?)`,
      values: [...strand.values, after.ms, after.code + 1, before.ms, before.code - 1],
    },
    { sql: `${where} ${at} AND seq < ?`, values: [...strand.values, before.ms, before.code, before.seq] },
  ];
  return order === 'oldest' ? stretches : stretches.reverse();
}

/** How a walk along an index is ordered. */
export function orderBy(order: Order): string {
  const direction = order === 'oldest' ? 'ASC' : 'DESC';
  return `ORDER BY at_ms ${direction}, at_code ${direction}, seq ${direction}`;
}
