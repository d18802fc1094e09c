import type { HistoryFilter } from '../../../preload/contract/history.ts';
import { requireAudience } from '../audience/store.ts';
import { type Instant, lowestCode, requireInstant } from '../core/instant.ts';
import type { Db } from '../store/store.ts';
import { CAUSE_CODES, EVENT_CODES } from './codes.ts';
import { type Gap, gapsOf, notHidden } from './hidden.ts';
import { LISTED } from './listed.ts';
import { FIRST_PLACE, LAST_PLACE, type Place } from './place.ts';
import { along, BY_TIME, EVERY_EVENT, type Strand } from './strand.ts';

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
