import type { Instant } from '../core/instant.ts';
import type { ProfileSpan } from '../input/profile-reader.ts';
import type { JsonRecord, RecordPlace } from '../input/records.ts';
import type { BodyHash } from './body-hash.ts';
import type { Body } from './body-pack.ts';
import type { ProfileRecord } from './record.ts';

/** A record as it was read, not yet checked, with the hash of its text where that is the whole record. */
export interface ReadRecord extends JsonRecord {
  readonly hash?: BodyHash | undefined;
}

/** A record that was checked as bytes, and keeps them: its text is made when it is asked for. */
export class CheckedRecord implements ReadRecord, ProfileRecord {
  readonly line: number;
  readonly column: number;
  readonly userId: string;
  readonly audiences: readonly string[] | undefined;
  /** With its bit for the audiences. */
  readonly hash: BodyHash | undefined;
  /** The object alone, in UTF-8, is `bytes[start..end)`. */
  readonly bytes: Buffer;
  readonly start: number;
  readonly end: number;
  readonly #encoding: 'latin1' | 'utf8';

  constructor(
    { bytes, open, close, keyStart, keyEnd, ascii }: ProfileSpan,
    { line, column }: Pick<RecordPlace, 'line' | 'column'>,
    { hash, audiences }: { hash: BodyHash | undefined; audiences?: readonly string[] | undefined },
  ) {
    this.line = line;
    this.column = column;
    this.#encoding = ascii ? 'latin1' : 'utf8';
    this.userId = bytes.toString(this.#encoding, keyStart, keyEnd);
    this.audiences = audiences;
    this.hash = hash;
    this.bytes = bytes;
    this.start = open;
    this.end = close;
  }

  get text(): string {
    return this.bytes.toString(this.#encoding, this.start, this.end);
  }
}

/** A record of which everything is checked; `at` where it has a time of its own. */
export type TakenRecord = ReadRecord & ProfileRecord & Body & { readonly at?: Instant };

/**
 * Records one behind the other, each byte for byte the text of a stored profile, whose row ids follow each other as well: those
 * from the first on. Where a file has changed little, nearly all of it is such runs.
 */
export class KnownProfiles {
  readonly first: number;
  readonly count: number;

  constructor(first: number, count: number) {
    this.first = first;
    this.count = count;
  }
}

/** A source by itself as it is to be written: known profiles, or a record. */
export type Taken = KnownProfiles | TakenRecord;

/** Whether this is a record, not known profiles. */
export function isRecord(taken: Taken): taken is TakenRecord {
  return !(taken instanceof KnownProfiles);
}
