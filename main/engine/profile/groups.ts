import { KnownProfiles, type Taken } from './checked-record.ts';
import { PackedProfiles } from './packed-profiles.ts';
import { type LooseSource, type Source, sizeOf } from './sources.ts';

/** Records of one group at most, with those that are known: each of these takes a tenth of a microsecond. */
const MOST_PER_GROUP = 8192;
/** What a record that is known counts for. */
const KNOWN_BYTES = 8;
/** What a record that is not known takes at least, with what is made of it. */
const RECORD_BYTES = 1024;
/** Bytes of records that the first transaction takes, so that what comes slowly is soon seen. */
const FIRST_BYTES = 64 * 1024;

/**
 * Puts the batches of a reader together, twice as much each time, up to `most` bytes: new users fall all over the
 * indexes, so a longer transaction writes each page of them fewer times.
 */
export async function* gathered(
  batches: AsyncGenerator<Source[], void, void>,
  most: number,
): AsyncGenerator<Source[], void, void> {
  let held: Source[] = [];
  let bytes = 0;
  let enough = Math.min(most, FIRST_BYTES);
  for await (const batch of batches) {
    for (const record of batch) {
      held.push(record);
      bytes +=
        record instanceof KnownProfiles ? record.count * KNOWN_BYTES : Math.max(RECORD_BYTES, sizeOf(record));
    }
    if (bytes < enough) continue;
    yield held;
    held = [];
    bytes = 0;
    enough = Math.min(most, enough * 2);
  }
  if (held.length > 0) yield held;
}

/** Where the group that begins at an index ends: so many records, and known ones between them. */
export function endOfGroup(
  sources: readonly LooseSource[] | readonly Taken[],
  from: number,
  records: number,
): number {
  let [end, left, most] = [from, records, MOST_PER_GROUP];
  for (; end < sources.length && left > 0 && most > 0; end += 1) {
    const source = sources[end];
    const isKnown = source instanceof KnownProfiles;
    if (!isKnown) left -= 1;
    most -= isKnown ? source.count : 1;
  }
  return end;
}

/** Sources as they can be written together: packed profiles, and those by themselves that stand behind them. */
export interface Run {
  readonly packed: readonly PackedProfiles[];
  readonly loose: readonly LooseSource[];
}

/** Parts sources into runs, in their order. Packed profiles are put together until they are `most`. */
export function* runsOf(sources: readonly Source[], most: number): Generator<Run, void, void> {
  for (let from = 0, end = 0; from < sources.length; from = end) {
    const packed: PackedProfiles[] = [];
    let count = 0;
    for (let next = sources[end]; isPacked(next) && count < most; next = sources[end]) {
      packed.push(next);
      count += next.count;
      end += 1;
    }
    const firstLoose = end;
    while (end < sources.length && !isPacked(sources[end])) end += 1;
    yield { packed, loose: sources.slice(firstLoose, end) as LooseSource[] };
  }
}

function isPacked(source: Source | undefined): source is PackedProfiles {
  return typeof source === 'object' && source instanceof PackedProfiles;
}
