import type { PlaceRange } from './hidden.ts';
import { ALL_PACKS } from './pack.ts';
import type { Order, Place } from './place.ts';

/** A range of places, with both ends. */
export interface Span {
  readonly first: Place;
  readonly last: Place;
}

/** Which packs a strand walks through: those of a list, which is {@link ALL_PACKS}, one of {@link PACK_LISTS}, or an audience's row id. */
export interface PackFilter {
  readonly list: number;
  readonly within?: Span;
}

/** One walk in time order along an index: equality on its first columns, then a range. A user's is sorted, as it has two. */
export interface Strand {
  /** What stands behind FROM. */
  readonly source: string;
  /** SQL of the equalities that the index serves, with their values. */
  readonly where: string;
  readonly values: readonly (string | number)[];
  /** The packs whose changes belong to the walk as well, as far as `where` is true of them. */
  readonly packs?: PackFilter | undefined;
}

/** A part of a strand, exclusive at both ends: along its index, or in a pack. */
export interface Window extends PlaceRange {
  readonly strand: Strand;
  readonly pack?: PackPart;
}

/** A pack, by its first number, of which the changes of a list are meant. */
export interface PackPart {
  readonly first: number;
  readonly list: number;
  /** How many changes of the list it has, where the window has them all. */
  readonly totals: PackTotals | undefined;
}

/** How many changes there are of each event. */
export interface PackTotals {
  readonly enters: number;
  readonly exits: number;
}

/** Whether a window is in a pack. */
export function isPacked(window: Window): window is Window & { readonly pack: PackPart } {
  return window.pack !== undefined;
}

/** Every change. */
export const BY_TIME: Strand = {
  source: along('change_at'),
  where: 'TRUE',
  values: [],
  packs: { list: ALL_PACKS },
};

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
  const where = `FROM ${strand.source} WHERE ${strand.where}`;
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
