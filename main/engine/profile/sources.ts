import { audienceNameFault } from '../audience/name.ts';
import { createProfileReader, type ProfileSpan } from '../input/profile-reader.ts';
import { type JsonRecord, jsonRecord, type RecordPlace, type Taker } from '../input/records.ts';
import { type BodyHash, NAMES_AUDIENCES } from './body-hash.ts';
import type { KnownBodies } from './known-bodies.ts';
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
    { line, column }: RecordPlace,
    { hash, audiences }: { hash: BodyHash | undefined; audiences: readonly string[] | undefined },
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

/**
 * A record that is byte for byte the text of a stored profile is that profile's row id. Its own text was never built, and an
 * object for each would be most of what an import that changes little leaves to be collected.
 */
export type Source = ReadRecord | CheckedRecord | number;

/** How much a record takes: about its bytes. */
export function sizeOf(record: ReadRecord | CheckedRecord): number {
  return record instanceof CheckedRecord ? record.end - record.start : record.text.length;
}

/** Makes sources of a file's bytes; once it is told what the store has, it finds what is known. */
export function createSources(keyField: string): {
  readonly taker: Taker<Source>;
  know(bodies: KnownBodies | undefined): void;
} {
  const names: string[] = [];
  let bodies: KnownBodies | undefined;
  const taker = createProfileReader<Source>(keyField, {
    keeps: true,
    hashed: true,
    numberOf: (name) => audienceNameFault(name) ?? names.push(name) - 1,
    known: (hash) => bodies?.find(hash),
    take(span, place, hash) {
      const audiences = span.numbers?.map((number) => names[number] as string);
      const named = audiences === undefined ? hash : namingAudiences(hash);
      return new CheckedRecord(span, place, { hash: named, audiences });
    },
    leave(bytes, start, end, place, hash) {
      const record = jsonRecord(bytes, start, end, place);
      return record && { ...record, hash };
    },
  });
  return {
    taker,
    know(known) {
      bodies = known;
    },
  };
}

/** A hash with its bit for the audiences set. */
export function namingAudiences(hash: BodyHash | undefined): BodyHash | undefined {
  return hash === undefined ? undefined : { a: hash.a | NAMES_AUDIENCES, b: hash.b };
}
