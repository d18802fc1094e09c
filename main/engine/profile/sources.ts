import { type JsonRecord, jsonRecord, type TakeBytes } from '../input/records.ts';
import { type BodyHash, bodyHasher, NAMES_AUDIENCES } from './body-hash.ts';
import type { KnownBodies } from './known-bodies.ts';

/** A record as it was read, with the hash of its text where that is the whole record. */
export interface ReadRecord extends JsonRecord {
  readonly hash?: BodyHash | undefined;
}

/** A record that is byte for byte the text of a stored profile, given by its row id. Its own text was never built. */
export interface KnownRecord {
  readonly line: number;
  readonly column: number;
  readonly known: number;
}

export type Source = ReadRecord | KnownRecord;

const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

/** Makes sources of a file's bytes; once it is told what the store has, it finds what is known. */
export function createSources(keyField: string): {
  readonly take: TakeBytes<Source>;
  know(bodies: KnownBodies | undefined): void;
} {
  const hashBytes = bodyHasher(keyField);
  let known: KnownBodies | undefined;
  return {
    take(bytes, start, end, place) {
      // The store keeps the object alone, without white space around it.
      const isWhole = bytes[start] === OPEN_BRACE && bytes[end - 1] === CLOSE_BRACE;
      const hash = isWhole ? hashBytes(bytes, start, end) : undefined;
      const id = hash === undefined ? undefined : known?.find(hash);
      if (id !== undefined) return { line: place.line, column: place.column, known: id };
      const record = jsonRecord(bytes, start, end, place);
      return record === undefined ? undefined : { ...record, hash };
    },
    know(bodies) {
      known = bodies;
    },
  };
}

/** A hash with its bit for the audiences set. */
export function namingAudiences(hash: BodyHash | undefined): BodyHash | undefined {
  return hash === undefined ? undefined : { a: hash.a | NAMES_AUDIENCES, b: hash.b };
}
