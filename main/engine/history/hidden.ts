import { hiddenChanges } from '../batch/batch.ts';
import type { Instant } from '../core/instant.ts';
import type { Db } from '../store/store.ts';
import { comparePlaces, type Order, type Place } from './place.ts';

/** A range of places, exclusive at both ends. */
export interface PlaceRange {
  readonly after: Place;
  readonly before: Place;
}

/** SQL that leaves out what no reader may see yet, see {@link hiddenChanges}; empty when nothing is hidden. */
export function notHidden(db: Db): string {
  return hiddenChanges(db)
    .map(({ first, last }) => `AND seq NOT BETWEEN ${Number(first)} AND ${Number(last)}`)
    .join(' ');
}

/** Hidden changes that stand together in the order of time: the first and the last place of them. */
export interface Gap {
  readonly first: Place;
  readonly last: Place;
}

/**
 * Where the hidden changes are, in the order of time. A snapshot's are by millions at its own instant, with sequence numbers in
 * one range, so that a walk along time can step over them. Those at another instant (an enter time of the file) are left to
 * {@link notHidden}.
 */
export function gapsOf(db: Db): Gap[] {
  return hiddenChanges(db)
    .flatMap(({ first, last, at }) =>
      at === null ? [] : { first: placeAt(at, Number(first)), last: placeAt(at, Number(last)) },
    )
    .sort((a, b) => comparePlaces(a.first, b.first));
}

function placeAt({ ms, code }: Instant, seq: number): Place {
  return { ms, code, seq };
}

/** What is left of a range between the gaps, in the order given. */
export function rangesBetween(
  { after, before }: PlaceRange,
  gaps: readonly Gap[],
  order: Order,
): PlaceRange[] {
  const ranges: PlaceRange[] = [];
  let low = after;
  for (const { first, last } of gaps) {
    if (comparePlaces(last, low) <= 0) continue;
    if (comparePlaces(first, before) >= 0) break;
    if (comparePlaces(low, first) < 0) ranges.push({ after: low, before: first });
    low = last;
  }
  if (comparePlaces(low, before) < 0) ranges.push({ after: low, before });
  return order === 'oldest' ? ranges : ranges.reverse();
}
