import type { HistoryFilter } from '../../../preload/contract/history.ts';
import {
  type ChangeCause,
  changeCause,
  type EventKind,
  eventKind,
} from '../../../preload/contract/values.ts';
import { requireAudience } from '../audience/store.ts';
import { type Instant, lowestCode, requireInstant } from '../core/instant.ts';
import type { Db } from '../store/store.ts';
import { CAUSE_CODES, EVENT_CODES } from './codes.ts';
import { type Gap, gapsOf, notHidden } from './hidden.ts';
import { isPackedCause, PACK_LISTS } from './pack.ts';
import { type PackedTest, packsOfBatch } from './packs.ts';
import { FIRST_PLACE, LAST_PLACE, type Place } from './place.ts';
import { along, BY_TIME, type PackFilter, type Strand } from './strand.ts';

/**
 * A filter as the strands that together hold every candidate, the conditions that are left to check on each row, the
 * time range, exclusive at both ends, and the gaps in it to step over.
 */
export interface Plan {
  readonly strands: readonly Strand[];
  readonly rest: string;
  readonly restValues: readonly (string | number)[];
  /** The same as `rest`, of packed changes. */
  readonly packed: PackedTest;
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
  const placed = strandsOf({ userId, batch, audiences, event, cause }, () => packsOfBatch(db, batch ?? 0));
  if (batch !== undefined && placed.by !== 'batch') check('batch_id = ?', batch);
  if (audiences.length > 0 && placed.by !== 'audience')
    check(`audience_id IN (${audiences.map(() => '?').join(', ')})`, ...audiences);
  if (placed.by !== 'kind') {
    if (event !== undefined) check('event = ?', EVENT_CODES[event]);
    if (cause !== undefined) check('cause = ?', CAUSE_CODES[cause]);
  }
  const hidden = notHidden(db);
  if (hidden !== '') rest.push(hidden);
  const isPackable = cause === undefined || isPackedCause(cause);
  return {
    strands: isPackable ? placed.strands : placed.strands.map((strand) => ({ ...strand, packs: undefined })),
    rest: rest.join(' '),
    restValues,
    packed: {
      batch,
      cause: cause && CAUSE_CODES[cause],
      userId,
      audienceIds: audiences.length === 0 ? undefined : new Set(audiences),
      events: event === undefined ? undefined : new Set([EVENT_CODES[event]]),
    },
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

function strandsOf(
  {
    userId,
    batch,
    audiences,
    event,
    cause,
  }: Pick<HistoryFilter, 'userId' | 'batch' | 'event' | 'cause'> & { audiences: readonly number[] },
  packsOf: () => PackFilter | undefined,
): Placed {
  if (userId !== undefined)
    return { by: 'user', strands: [{ source: 'change_of_user', where: 'user_id = ?', values: [userId] }] };
  if (batch !== undefined) {
    const strand = { source: along('change_batch_at'), where: 'batch_id = ?', values: [batch] };
    return { by: 'batch', strands: [{ ...strand, packs: packsOf() }] };
  }
  if (audiences.length > 0) {
    const strands = audiences.map((id) => ({
      source: along('change_audience_at'),
      where: 'audience_id = ?',
      values: [id],
      packs: { list: id },
    }));
    return { by: 'audience', strands };
  }
  if (event === undefined && cause === undefined) return { by: 'time', strands: [BY_TIME] };
  const causes = cause === undefined ? changeCause.options : [cause];
  const events = event === undefined ? eventKind.options : [event];
  return { by: 'kind', strands: causes.flatMap((one) => events.map((of) => kindStrand(one, of))) };
}

function kindStrand(cause: ChangeCause, event: EventKind): Strand {
  return {
    source: along('change_kind_at'),
    where: 'cause = ? AND event = ?',
    values: [CAUSE_CODES[cause], EVENT_CODES[event]],
    packs: isPackedCause(cause) && event !== 'change' ? { list: PACK_LISTS[cause][event] } : undefined,
  };
}
