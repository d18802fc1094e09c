import { setImmediate } from 'node:timers/promises';
import { SegueError } from '../core/errors.ts';
import type { Db } from '../store/store.ts';
import { rangesBetween } from './hidden.ts';
import { piecesOf } from './packs.ts';
import type { Order, Place } from './place.ts';
import { prepareQuery } from './prepared.ts';
import type { Plan } from './query.ts';
import { orderBy, stretchesOf, type Window } from './strand.ts';

/** A window holds at most three times as many candidates: some five milliseconds of work, all of them looked at. */
const WINDOW_ROWS = 1500;

/**
 * Cuts the strands of a plan into windows of a few thousand candidates, in the order given, and lets the event loop run
 * between two of them: a filter that matches one row in ten million holds nobody up. No statement stays open meanwhile, so
 * others may write; what they add behind the present place is seen. Gaps are stepped over.
 *
 * @throws CANCELLED once the signal is aborted
 */
export async function* windowsOf(
  db: Db,
  { strands, after, before, gaps }: Pick<Plan, 'strands' | 'after' | 'before' | 'gaps'>,
  { order = 'oldest', signal }: { order?: Order; signal?: AbortSignal | undefined } = {},
): AsyncGenerator<Window, void, void> {
  const ranges = rangesBetween({ after, before }, gaps, order);
  for (const strand of strands) {
    for (const range of ranges) {
      for (const window of cutWindows(db, { strand, ...range }, { order, rows: WINDOW_ROWS })) {
        if (signal?.aborted === true) throw new SegueError('CANCELLED', 'Reading the history was cancelled.');
        yield window;
        await setImmediate();
      }
    }
  }
}

/** Cuts a part of a strand into windows of one, two or three times so many candidates at most, in the order given. */
export function* cutWindows(
  db: Db,
  range: Window,
  { order, rows }: { order: Order; rows: number },
): Generator<Window, void, void> {
  for (const piece of piecesOf(db, range, order)) {
    // A pack is smaller than any window.
    if (piece.pack === undefined) yield* cutPiece(db, piece, { order, rows });
    else yield piece;
  }
}

function* cutPiece(
  db: Db,
  { strand, after, before }: Window,
  { order, rows }: { order: Order; rows: number },
): Generator<Window, void, void> {
  let low = after;
  let high = before;
  for (;;) {
    const end = edgeOf(db, { strand, after: low, before: high }, { order, rows });
    if (end === undefined) {
      yield { strand, after: low, before: high };
      return;
    }
    // The edge row itself belongs to the next window: exclusive bounds on both sides, one step apart.
    if (order === 'oldest') {
      yield { strand, after: low, before: end };
      low = { ...end, seq: end.seq - 1 };
    } else {
      yield { strand, after: end, before: high };
      high = { ...end, seq: end.seq + 1 };
    }
  }
}

/** The first place that has a window's worth of changes of its stretch before it; undefined when nothing is that far. */
function edgeOf(
  db: Db,
  { strand, after, before }: Window,
  { order, rows }: { order: Order; rows: number },
): Place | undefined {
  for (const { sql, values } of stretchesOf(strand, after, before, order)) {
    const edge = prepareQuery(
      db,
      `SELECT at_ms AS ms, at_code AS code, seq ${sql} ${orderBy(order)} LIMIT 1 OFFSET ${rows}`,
    ).get(...values);
    if (edge !== undefined) return edge as Place;
  }
  return undefined;
}
