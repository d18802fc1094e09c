import { PACK_BODIES_END, PACK_RECORDS_END, PACK_WORDS, PLACE_CHARS } from '../input/kernel/layout.ts';
import type { PackedSpan } from '../input/profile-reader.ts';
import type { RecordPlace } from '../input/records.ts';
import { viewOf } from '../membership/segment.ts';
import type { BodyHash } from './body-hash.ts';
import { spanInPack } from './body-pack.ts';
import type { BufferPool } from './buffer-pool.ts';
import { CheckedRecord } from './checked-record.ts';
import { HASH_BYTES } from './hash-pages.ts';

/** A pack before its profiles have row ids. */
export interface ReadyPack {
  readonly count: number;
  readonly places: string;
  readonly bodies: Buffer;
}

/** Profiles of a file in packs, as its reader made them: no object is made of one, unless it has to be looked at by itself. */
export class PackedProfiles {
  readonly count: number;
  /** How many bytes it keeps. */
  readonly size: number;
  readonly #column: number;
  readonly #span: PackedSpan;
  readonly #view: DataView;
  readonly #line: number;
  readonly #pool: BufferPool;

  constructor(span: PackedSpan, { line, column }: RecordPlace, pool: BufferPool) {
    const bytes = pool.copyOf(span.bytes);
    this.count = span.count;
    this.size = span.bytes.length;
    this.#column = column;
    this.#span = { ...span, bytes };
    this.#view = viewOf(bytes);
    this.#line = line;
    this.#pool = pool;
  }

  /** Gives its bytes back, once neither it nor one of its records is needed any more. */
  release(): void {
    this.#pool.giveBack(this.#span.bytes);
  }

  /** The keys in their order, as the elements of a JSON array. */
  get keys(): Buffer {
    const { bytes, keys, bodies } = this.#span;
    return bytes.subarray(keys, bodies);
  }

  /** The hashes as a page has them. */
  get hashes(): Buffer {
    const { bytes, count } = this.#span;
    return bytes.subarray(count * 4, count * (4 + HASH_BYTES));
  }

  /** The packs in their order, valid until they are released. */
  *packs(): Generator<ReadyPack, void, void> {
    const { bytes, ends, places, bodies, packs } = this.#span;
    let first = 0;
    let start = bodies;
    for (let pack = 0; pack < packs; pack += 1) {
      const entry = ends + pack * PACK_WORDS * 4;
      const until = this.#view.getInt32(entry + PACK_RECORDS_END * 4, true);
      const end = bodies + this.#view.getInt32(entry + PACK_BODIES_END * 4, true);
      yield {
        count: until - first,
        places: bytes.toString('latin1', places + first * PLACE_CHARS, places + until * PLACE_CHARS),
        bodies: bytes.subarray(start, end),
      };
      first = until;
      start = end;
    }
  }

  /** The profiles one by one. */
  *records(): Generator<CheckedRecord, void, void> {
    let n = 0;
    for (const { count, places, bodies } of this.packs()) {
      for (let place = 0; place < count; place += 1, n += 1) {
        const { start, keyEnd, end } = spanInPack(places, place);
        yield new CheckedRecord(
          {
            bytes: bodies,
            open: keyEnd,
            close: end,
            keyStart: start,
            keyEnd,
            ascii: false,
            numbers: undefined,
          },
          { line: this.#line + this.#view.getInt32(n * 4, true), column: this.#column },
          { hash: hashIn(this.hashes, n) },
        );
      }
    }
  }
}

/** How many profiles these are together. */
export function countOf(all: readonly PackedProfiles[]): number {
  return all.reduce((sum, { count }) => sum + count, 0);
}

function hashIn(hashes: Buffer, n: number): BodyHash {
  return { a: hashes.readInt32BE(n * HASH_BYTES), b: hashes.readInt32BE(n * HASH_BYTES + 4) };
}
