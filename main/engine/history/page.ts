import type { ChangeRow, HistoryFilter } from '../../../preload/contract/history.ts';
import { formatInstant } from '../core/instant.ts';
import type { Db } from '../store/store.ts';
import { causeOf, eventOf } from './codes.ts';
import { type PackedRow, piecesOf, readPack } from './packs.ts';
import { comparePlaces, cursorOf, type Order, type Place, placeOf } from './place.ts';
import { prepareQuery } from './prepared.ts';
import { type Plan, planOf } from './query.ts';
import { BY_TIME, isPacked, orderBy, stretchesOf, type Window } from './strand.ts';
import { windowsOf } from './windows.ts';

/** A change as it is stored. */
export interface StoredChange {
  readonly seq: number;
  readonly user_id: string;
  readonly audience_id: number;
  readonly event: number;
  readonly at_ms: number;
  readonly at_code: number;
  readonly enter_ms: number | null;
  readonly enter_code: number | null;
  readonly exit_ms: number | null;
  readonly exit_code: number | null;
  readonly cause: number;
  readonly batch_id: number;
}

const COLUMNS =
  'seq, user_id, audience_id, event, at_ms, at_code, enter_ms, enter_code, exit_ms, exit_code, cause, batch_id';

/**
 * One page of the history by keyset: a page a million rows in costs what the first one costs.
 *
 * @throws AUDIENCE_NOT_FOUND, INVALID_INPUT for a time or a cursor that is none
 */
export async function pageOfHistory(
  db: Db,
  filter: HistoryFilter,
  { order, cursor, limit }: { order: Order; cursor: string | null; limit: number },
): Promise<{ rows: ChangeRow[]; next: string | null }> {
  const plan = planOf(db, filter);
  const range = cursor === null ? plan : behind(plan, placeOf(cursor), order);
  const found: StoredChange[] = [];
  for (const strand of range.strands) {
    const of = await firstOf(db, { ...range, strands: [strand] }, { order, limit: limit + 1 });
    found.push(...of);
  }
  if (range.strands.length > 1) {
    const direction = order === 'oldest' ? 1 : -1;
    found.sort((a, b) => direction * comparePlaces(placeOfRow(a), placeOfRow(b)));
  }
  const shown = found.slice(0, limit);
  const last = shown.at(-1);
  const toRow = rowWriter(db);
  return {
    rows: shown.map(toRow),
    next: found.length > limit && last !== undefined ? cursorOf(placeOfRow(last)) : null,
  };
}

function placeOfRow({ at_ms, at_code, seq }: StoredChange): Place {
  return { ms: at_ms, code: at_code, seq };
}

function behind(plan: Plan, place: Place, order: Order): Plan {
  if (order === 'oldest')
    return { ...plan, after: comparePlaces(place, plan.after) > 0 ? place : plan.after };
  return { ...plan, before: comparePlaces(place, plan.before) < 0 ? place : plan.before };
}

/** The first changes of one strand. With nothing left to check they are looked up at once, otherwise window by window. */
async function firstOf(
  db: Db,
  plan: Plan,
  { order, limit }: { order: Order; limit: number },
): Promise<StoredChange[]> {
  const [strand] = plan.strands;
  if (strand === undefined) return [];
  const found: StoredChange[] = [];
  if (plan.rest === '') {
    for (const piece of piecesOf(db, { strand, after: plan.after, before: plan.before }, order)) {
      found.push(...readWindow(db, plan, piece, { order, limit: limit - found.length }));
      if (found.length >= limit) break;
    }
    return found;
  }
  for await (const window of windowsOf(db, plan, { order })) {
    found.push(...readWindow(db, plan, window, { order, limit: limit - found.length }));
    if (found.length >= limit) break;
  }
  return found;
}

/** The changes of a window that pass a plan's conditions, in order, at most `limit`. */
function readWindow(
  db: Db,
  { rest, restValues, packed }: Pick<Plan, 'rest' | 'restValues' | 'packed'>,
  window: Window,
  { order, limit }: { order: Order; limit: number },
): StoredChange[] {
  if (isPacked(window)) {
    const rows = readPack(db, window, packed, storedOf);
    return (order === 'oldest' ? rows : rows.reverse()).slice(0, limit);
  }
  const found: StoredChange[] = [];
  for (const { sql, values } of stretchesOf(window.strand, window.after, window.before, order)) {
    if (found.length >= limit) break;
    const rows = prepareQuery(db, `SELECT ${COLUMNS} ${sql} ${rest} ${orderBy(order)} LIMIT ?`).all(
      ...values,
      ...restValues,
      limit - found.length,
    );
    found.push(...(rows as StoredChange[]));
  }
  return found;
}

function storedOf({
  seq,
  userId,
  audienceId,
  event,
  at,
  enter,
  exit,
  cause,
  batch,
}: PackedRow): StoredChange {
  return {
    seq,
    user_id: userId,
    audience_id: audienceId,
    event,
    at_ms: at.ms,
    at_code: at.code,
    enter_ms: enter.ms,
    enter_code: enter.code,
    exit_ms: exit?.ms ?? null,
    exit_code: exit?.code ?? null,
    cause,
    batch_id: batch,
  };
}

/** Turns stored changes into the contract's rows; looks each audience's slug up once. */
export function rowWriter(db: Db): (row: StoredChange) => ChangeRow {
  const slugs = new Map<number, string>();
  const find = db.prepare<[number], string>('SELECT slug FROM audience WHERE id = ?').pluck();
  const slugOf = (id: number): string => {
    let slug = slugs.get(id);
    if (slug === undefined) {
      slug = find.get(id) ?? '';
      slugs.set(id, slug);
    }
    return slug;
  };
  return (row) => ({
    seq: row.seq,
    user_id: row.user_id,
    audience: slugOf(row.audience_id),
    event: eventOf(row.event),
    at: formatInstant({ ms: row.at_ms, code: row.at_code }),
    enter: textOf(row.enter_ms, row.enter_code),
    exit: textOf(row.exit_ms, row.exit_code),
    cause: causeOf(row.cause),
    batch: row.batch_id,
  });
}

function textOf(ms: number | null, code: number | null): string | null {
  return ms === null || code === null ? null : formatInstant({ ms, code });
}

/**
 * Every change of a filter in time order, a batch for each window.
 *
 * @throws as {@link pageOfHistory}, and CANCELLED
 */
export async function* changesInOrder(
  db: Db,
  filter: HistoryFilter,
  signal?: AbortSignal,
): AsyncGenerator<StoredChange[], void, void> {
  const plan = inOneStrand(planOf(db, filter));
  for await (const window of windowsOf(db, plan, { signal }))
    yield readWindow(db, plan, window, { order: 'oldest', limit: Number.MAX_SAFE_INTEGER });
}

/** Several strands as one walk along time: what told them apart becomes a condition on each row. */
function inOneStrand(plan: Plan): Plan {
  if (plan.strands.length === 1) return plan;
  const either = plan.strands.map(({ where }) => `(${where})`).join(' OR ');
  const packs = plan.strands.some((strand) => strand.packs !== undefined) ? BY_TIME.packs : undefined;
  return {
    ...plan,
    strands: [{ ...BY_TIME, packs }],
    rest: `AND (${either}) ${plan.rest}`,
    restValues: [...plan.strands.flatMap(({ values }) => values), ...plan.restValues],
  };
}
