import { audienceNameFault } from '../audience/name.ts';
import { createProfileReader } from '../input/profile-reader.ts';
import { jsonRecord, type Taker } from '../input/records.ts';
import { type BodyHash, NAMES_AUDIENCES } from './body-hash.ts';
import { createBufferPool } from './buffer-pool.ts';
import { CheckedRecord, KnownProfiles, type ReadRecord } from './checked-record.ts';
import type { KnownBodies } from './known-bodies.ts';
import { PackedProfiles } from './packed-profiles.ts';

/** A record, or several that are known: no text was made of these. */
export type LooseSource = ReadRecord | CheckedRecord | KnownProfiles;

/** New profiles may come as a whole. */
export type Source = LooseSource | PackedProfiles;

/** How much a record, or packed ones, take: about its bytes. */
export function sizeOf(record: ReadRecord | CheckedRecord | PackedProfiles): number {
  if (record instanceof PackedProfiles) return record.size;
  return record instanceof CheckedRecord ? record.end - record.start : record.text.length;
}

/** What an import says of what it reads. */
export interface Expected {
  /** What the store has. */
  readonly known: KnownBodies | undefined;
  /** Whether profiles that are not known are taken for new ones, and packed. */
  readonly areNew: () => boolean;
}

/** Makes sources of a file's bytes; once it is told what to expect, it finds what is known, and packs what is new. */
export function createSources(keyField: string): {
  readonly taker: Taker<Source>;
  expect(expected: Expected): void;
} {
  const names: string[] = [];
  const pool = createBufferPool();
  let expected: Expected = { known: undefined, areNew: () => false };
  const taker = createProfileReader<Source>(keyField, {
    keeps: true,
    hashed: true,
    numberOf: (name) => audienceNameFault(name) ?? names.push(name) - 1,
    known: {
      find: (hash) => expected.known?.find(hash),
      run: (first, count) => new KnownProfiles(first, count),
    },
    packed: {
      isWanted: () => expected.areNew(),
      take: (span, place) => new PackedProfiles(span, place, pool),
    },
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
    expect(said) {
      expected = said;
    },
  };
}

/** A hash with its bit for the audiences set. */
export function namingAudiences(hash: BodyHash | undefined): BodyHash | undefined {
  return hash === undefined ? undefined : { a: hash.a | NAMES_AUDIENCES, b: hash.b };
}
