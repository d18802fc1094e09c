import { openProfileMemory, type ProfileMemory } from '../input/profile-kernel.ts';
import { SEGMENT_FIELDS } from '../input/segments.ts';
import { findMember, scanStored } from '../message/json-text.ts';

/**
 * 63 bits of hash of a profile's text, in two integers of 32 bits, and whether the text names audiences: the lowest bit of `a`.
 * Of two million changed profiles in a store of ten million one is taken for an unchanged one with a probability of 1 in 500,000.
 */
export interface BodyHash {
  readonly a: number;
  readonly b: number;
}

/** The bit of `a` that says that the text names audiences. */
export const NAMES_AUDIENCES = 1;

/**
 * Hashes the UTF-8 text of a profile: two lanes of MurmurHash3, see input/kernel/hash.ts.
 *
 * @param keyField part of what is hashed, as the same text under another key field is another profile
 */
export function bodyHasher(keyField: string): (view: DataView, start: number, end: number) => BodyHash {
  let memory: ProfileMemory | undefined;
  return ({ buffer, byteOffset }, start, end) => {
    memory ??= openProfileMemory(keyField);
    const { kernel, textRoom } = memory;
    kernel.hashText(textRoom, memory.put([new Uint8Array(buffer, byteOffset + start, end - start)]));
    return { a: kernel.hashA.value, b: kernel.hashB.value };
  };
}

/** The hash with its bit for the audiences set as is true of a stored text. */
export function withAudiences(hash: BodyHash, text: string): BodyHash {
  const object = scanStored(text);
  const names = SEGMENT_FIELDS.some((field) => findMember(object, field) !== undefined);
  return names ? { a: hash.a | NAMES_AUDIENCES, b: hash.b } : hash;
}
