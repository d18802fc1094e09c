import { setImmediate } from 'node:timers/promises';
import { SegueError } from '../core/errors.ts';
import type { Db } from '../store/store.ts';
import { type Place, type Plan, rangeSql, rangeValues, type Strand } from './query.ts';

/** Candidates of one window: some five milliseconds of work, also when every row has to be looked at. */
const WINDOW_ROWS = 4000;

/** A stretch of one strand, exclusive at both ends. */
export interface Window {
  readonly strand: Strand;
  readonly after: Place;
  readonly before: Place;
}

interface PlaceRow {
  ms: number;
  code: number;
  seq: number;
}

/**
 * Cuts the strands of a plan into windows of a few thousand candidates, in the order given, and lets the event loop run
 * between two of them: a filter that matches one row in ten million holds nobody up. No statement stays open meanwhile, so
 * others may write; what they add behind the present place is seen.
 *
 * @throws CANCELLED once the signal is aborted
 */
export async function* windowsOf(
  db: Db,
  { strands, after, before }: Pick<Plan, 'strands' | 'after' | 'before'>,
  { order = 'oldest', signal }: { order?: 'oldest' | 'newest'; signal?: AbortSignal } = {},
): AsyncGenerator<Window, void, void> {
  for (const strand of strands) {
    const direction = order === 'oldest' ? 'ASC' : 'DESC';
    const edge = db.prepare<(string | number)[], PlaceRow>(
      `SELECT at_ms AS ms, at_code AS code, seq ${rangeSql(strand)}
       ORDER BY at_ms ${direction}, at_code ${direction}, seq ${direction} LIMIT 1 OFFSET ${WINDOW_ROWS}`,
    );
    let low = after;
    let high = before;
    for (;;) {
      if (signal?.aborted === true) throw new SegueError('CANCELLED', 'Reading the history was cancelled.');
      const end = edge.get(...rangeValues(strand, low, high));
      if (end === undefined) {
        yield { strand, after: low, before: high };
        break;
      }
      // The edge row itself belongs to the next window: exclusive bounds on both sides, one step apart.
      if (order === 'oldest') {
        yield { strand, after: low, before: end };
        low = { ...end, seq: end.seq - 1 };
      } else {
        yield { strand, after: end, before: high };
        high = { ...end, seq: end.seq + 1 };
      }
      await setImmediate();
    }
  }
}
