import { SegueError } from '../core/errors.ts';

/** Which end of the history comes first. */
export type Order = 'newest' | 'oldest';

/** A place in the history's order of time: instant, then sequence number. */
export interface Place {
  readonly ms: number;
  readonly code: number;
  readonly seq: number;
}

/** Before and behind every change. */
export const FIRST_PLACE: Place = { ms: Number.MIN_SAFE_INTEGER, code: 0, seq: 0 };
export const LAST_PLACE: Place = { ms: Number.MAX_SAFE_INTEGER, code: 0, seq: 0 };

/** Negative, zero or positive as a place is before, at or behind another. */
export function comparePlaces(a: Place, b: Place): number {
  return a.ms - b.ms || a.code - b.code || a.seq - b.seq;
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
