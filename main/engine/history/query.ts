import type { HistoryFilter } from '../../../preload/contract/history.ts';
import { requireAudience } from '../audience/store.ts';
import { SegueError } from '../core/errors.ts';
import { type Instant, lowestCode, requireInstant } from '../core/instant.ts';
import type { Db } from '../store/store.ts';
import { CAUSE_CODES, EVENT_CODES } from './codes.ts';
import { notHidden } from './last-change.ts';

/** A place in the history's order of time: instant, then sequence number. */
export interface Place {
  readonly ms: number;
  readonly code: number;
  readonly seq: number;
}

/** Before and behind every change. */
export const FIRST_PLACE: Place = { ms: Number.MIN_SAFE_INTEGER, code: 0, seq: 0 };
export const LAST_PLACE: Place = { ms: Number.MAX_SAFE_INTEGER, code: 0, seq: 0 };

/** One walk along one index: equality on its first columns, then a range in time order. */
export interface Strand {
  readonly index: string;
  /** SQL of the equalities that the index serves, with their values. */
  readonly where: string;
  readonly values: readonly (string | number)[];
}

/**
 * A filter as the strands that together hold every candidate, the conditions that are left to check on each row, and the
 * time range, exclusive at both ends.
 */
export interface Plan {
  readonly strands: readonly Strand[];
  readonly rest: string;
  readonly restValues: readonly (string | number)[];
  readonly after: Place;
  readonly before: Place;
}

/**
 * Plans how a filter is served: by the user's changes, else the batch's, else each audience's, else those of each cause
 * and event, else all by time. Every index ends in time order, so pages need no sorting.
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
    return { by: 'user', strands: [{ index: 'change_user_at', where: 'user_id = ?', values: [userId] }] };
  if (batch !== undefined)
    return { by: 'batch', strands: [{ index: 'change_batch_at', where: 'batch_id = ?', values: [batch] }] };
  if (audiences.length > 0) {
    const strands = audiences.map((id) => ({
      index: 'change_audience_at',
      where: 'audience_id = ?',
      values: [id],
    }));
    return { by: 'audience', strands };
  }
  if (event === undefined && cause === undefined)
    return { by: 'time', strands: [{ index: 'change_at', where: 'TRUE', values: [] }] };
  const causes = cause === undefined ? Object.values(CAUSE_CODES) : [CAUSE_CODES[cause]];
  const events = event === undefined ? Object.values(EVENT_CODES) : [EVENT_CODES[event]];
  const strands = causes.flatMap((causeCode) =>
    events.map((eventCode) => ({
      index: 'change_kind_at',
      where: 'cause = ? AND event = ?',
      values: [causeCode, eventCode],
    })),
  );
  return { by: 'kind', strands };
}

/** Writes a place as a page's cursor. */
export function cursorOf({ ms, code, seq }: Place): string {
  return `${ms},${code},${seq}`;
}

/** Reads a cursor. @throws INVALID_INPUT for a text that {@link cursorOf} did not write */
export function placeOf(cursor: string): Place {
  const match = /^(-?\d{1,16}),(\d{1,16}),(\d{1,16})$/.exec(cursor);
  if (match === null)
    throw new SegueError(
      'INVALID_INPUT',
      'The page cursor is not one that a page gave. Start at the first page.',
    );
  return { ms: Number(match[1]), code: Number(match[2]), seq: Number(match[3]) };
}

/** Negative, zero or positive as a place is before, at or behind another. */
export function comparePlaces(a: Place, b: Place): number {
  return a.ms - b.ms || a.code - b.code || a.seq - b.seq;
}

/** SQL of a strand's candidates between two places; its values are those of {@link rangeValues}. */
export function rangeSql({ index, where }: Strand): string {
  return `FROM change INDEXED BY ${index} WHERE ${where}
    AND (at_ms, at_code, seq) > (?, ?, ?) AND (at_ms, at_code, seq) < (?, ?, ?)`;
}

/** The values for {@link rangeSql}. */
export function rangeValues({ values }: Strand, after: Place, before: Place): (string | number)[] {
  return [...values, after.ms, after.code, after.seq, before.ms, before.code, before.seq];
}
