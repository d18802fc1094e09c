import { audienceNameFault } from '../audience/name.ts';
import { createInterning } from '../input/interning.ts';
import { createProfileBytes, type ProfileSpan } from '../input/profile-bytes.ts';
import { type JsonRecord, jsonRecord, type TakeBytes } from '../input/records.ts';
import { viewOf } from '../membership/segment.ts';
import { type BodyHash, bodyHasher, NAMES_AUDIENCES } from './body-hash.ts';
import type { KnownBodies } from './known-bodies.ts';
import type { ProfileRecord } from './record.ts';

/** A record as it was read, not yet checked, with the hash of its text where that is the whole record. */
export interface ReadRecord extends JsonRecord {
  readonly hash?: BodyHash | undefined;
}

/** A record that was checked as bytes. */
export type CheckedRecord = ReadRecord & ProfileRecord;

/**
 * A record that is byte for byte the text of a stored profile is that profile's row id. Its own text was never built, and an
 * object for each would be most of what an import that changes little leaves to be collected.
 */
export type Source = ReadRecord | CheckedRecord | number;

const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

/** Makes sources of a file's bytes; once it is told what the store has, it finds what is known. */
export function createSources(keyField: string): {
  readonly take: TakeBytes<Source>;
  know(bodies: KnownBodies | undefined): void;
} {
  const hashBytes = bodyHasher(keyField);
  const read = createProfileBytes(keyField);
  const namesOf = audienceNames();
  let known: KnownBodies | undefined;
  let bytes: Buffer = Buffer.alloc(0);
  let view = viewOf(bytes);

  function hashOf(buffer: Buffer, start: number, end: number): BodyHash | undefined {
    // The store keeps the object alone, without white space around it.
    if (buffer[start] !== OPEN_BRACE || buffer[end - 1] !== CLOSE_BRACE) return undefined;
    if (buffer !== bytes) {
      bytes = buffer;
      view = viewOf(buffer);
    }
    return hashBytes(view, start, end);
  }

  return {
    take(buffer, start, end, place) {
      const { line, column } = place;
      const hash = hashOf(buffer, start, end);
      const id = hash === undefined ? undefined : known?.find(hash);
      if (id !== undefined) return id;
      const span = read(buffer, start, end);
      const audiences = span?.names === undefined ? undefined : namesOf(span, span.names);
      if (span !== undefined && audiences !== null) {
        const userId = textOf(span, span.keyStart, span.keyEnd);
        return { line, column, text: textOf(span, span.open, span.close), hash, userId, audiences };
      }
      const record = jsonRecord(buffer, start, end, place);
      return record === undefined ? undefined : { ...record, hash };
    },
    know(bodies) {
      known = bodies;
    },
  };
}

/** The names of a profile's audiences, each text made once; null where one may not be a name. */
function audienceNames(): (span: ProfileSpan, names: readonly number[]) => string[] | null {
  const texts: string[] = [];
  const intern = createInterning((name) => audienceNameFault(name) ?? texts.push(name) - 1);
  return ({ bytes, view }, names) => {
    const found: string[] = [];
    for (let i = 0; i < names.length; i += 2) {
      const index = intern(bytes, view, names[i] as number, names[i + 1] as number);
      const text = typeof index === 'string' ? undefined : texts[index];
      if (text === undefined) return null;
      found.push(text);
    }
    return found;
  };
}

function textOf({ bytes, ascii }: ProfileSpan, start: number, end: number): string {
  return bytes.toString(ascii ? 'latin1' : 'utf8', start, end);
}

/** A hash with its bit for the audiences set. */
export function namingAudiences(hash: BodyHash | undefined): BodyHash | undefined {
  return hash === undefined ? undefined : { a: hash.a | NAMES_AUDIENCES, b: hash.b };
}
