import type { HistoryFilter } from '../../../preload/contract/history.ts';
import { SegueError } from '../core/errors.ts';
import { formatInstant } from '../core/instant.ts';
import type { Db } from '../store/store.ts';
import { EVENT_CODES, eventOf } from './codes.ts';
import { knownTotals, readPack } from './packs.ts';
import { prepareQuery } from './prepared.ts';
import { type Plan, planOf } from './query.ts';
import { isPacked, type PackPart, stretchesOf, type Window } from './strand.ts';
import { windowsOf } from './windows.ts';

/** How many changes a filter has. @throws as {@link planOf}, CANCELLED */
export async function countHistory(db: Db, filter: HistoryFilter, signal?: AbortSignal): Promise<number> {
  const plan = planOf(db, filter);
  let count = 0;
  for await (const window of windowsOf(db, plan, { signal })) {
    const totals = isPacked(window)
      ? totalsOfPack(db, plan, window)
      : totalsOf(db, plan, window, 'count(*) AS changes');
    for (const { changes } of totals) count += changes;
  }
  return count;
}

interface TotalRow {
  bucket: number;
  event: number;
  changes: number;
}

function totalsOf(db: Db, plan: Plan, window: Window, what: string, group = ''): TotalRow[] {
  return stretchesOf(window.strand, window.after, window.before).flatMap(
    ({ sql, values }) =>
      prepareQuery(db, `SELECT ${what} ${sql} ${plan.rest} ${group}`).all(
        ...values,
        ...plan.restValues,
      ) as TotalRow[],
  );
}

/** The changes of a window that are in a pack, by event: all of them are at one instant. */
function totalsOfPack(db: Db, plan: Plan, window: Window & { readonly pack: PackPart }): TotalRow[] {
  const known = knownTotals(window, plan.packed);
  if (known !== undefined) {
    const bucket = window.before.ms;
    return [
      { bucket, event: EVENT_CODES.enter, changes: known.enters },
      { bucket, event: EVENT_CODES.exit, changes: known.exits },
    ].filter(({ changes }) => changes > 0);
  }
  const totals = new Map<number, TotalRow>();
  for (const event of readPack(db, window, plan.packed, (row) => row.event)) {
    const total = totals.get(event) ?? { bucket: window.before.ms, event, changes: 0 };
    total.changes += 1;
    totals.set(event, total);
  }
  return [...totals.values()];
}

/** One column of the histogram: changes from `start` for an hour or a day (UTC). */
export interface Bucket {
  start: string;
  enter: number;
  exit: number;
  change: number;
}

const BUCKET_MS = { hour: 3_600_000, day: 86_400_000 };
/** More than ten years of days, more than a year of hours. */
const MAX_BUCKETS = 10_000;

/**
 * Changes by hour or day, in UTC, oldest first; hours and days without a change are left out.
 *
 * @throws as {@link planOf}, CANCELLED, LIMIT_EXCEEDED for more than 10,000 buckets
 */
export async function histogramOf(
  db: Db,
  filter: HistoryFilter,
  bucket: 'hour' | 'day',
  signal?: AbortSignal,
): Promise<Bucket[]> {
  const plan = planOf(db, filter);
  const width = BUCKET_MS[bucket];
  const buckets = new Map<number, Bucket>();
  // Integer division rounds towards zero; times before 1970 need the floor.
  const start = `at_ms - (at_ms % ${width} + ${width}) % ${width}`;
  for await (const window of windowsOf(db, plan, { signal })) {
    const what = `${start} AS bucket, event, count(*) AS changes`;
    const totals = isPacked(window)
      ? totalsOfPack(db, plan, window)
      : totalsOf(db, plan, window, what, 'GROUP BY 1, 2');
    for (const row of totals) add(buckets, { ...row, bucket: Math.floor(row.bucket / width) * width });
    if (buckets.size > MAX_BUCKETS) {
      throw new SegueError(
        'LIMIT_EXCEEDED',
        `The histogram has more than ${MAX_BUCKETS} ${bucket}s. Choose a shorter time, or days instead of hours.`,
        { limit: MAX_BUCKETS },
      );
    }
  }
  return [...buckets].sort((a, b) => a[0] - b[0]).map(([, one]) => one);
}

function add(buckets: Map<number, Bucket>, { bucket, event, changes }: TotalRow): void {
  let one = buckets.get(bucket);
  if (one === undefined) {
    one = { start: formatInstant({ ms: bucket, code: 0 }), enter: 0, exit: 0, change: 0 };
    buckets.set(bucket, one);
  }
  one[eventOf(event)] += changes;
}
