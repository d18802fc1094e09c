/*
 * What the kernel that reads profiles (WebAssembly, compiled from this folder) and the engine both know. A record is one line, or
 * one element of an array, in words of four bytes. Addresses are bytes of the kernel's memory.
 */

export const RECORD_WORDS = 12;
/** The line on which it stands, counted from 0 since `findLines` or `beginRecords`. */
export const LINE = 0;
/** All of it, without its end of line. */
export const START = 1;
export const END = 2;
export const FLAGS = 3;
/** With HASHED: the hash of its bytes, as profile/body-hash.ts. */
export const HASH_A = 4;
export const HASH_B = 5;
/** With TAKEN: the object alone, from its opening brace to behind its closing one. */
export const OPEN = 6;
export const CLOSE = 7;
/** With TAKEN: the user's key, without quotes. */
export const KEY_START = 8;
export const KEY_END = 9;
/** With NAMED: the place of the first of the names of its audiences, and how many there are. */
export const NAMES = 10;
export const NAME_COUNT = 11;

/** It has bytes above ASCII, of which nobody has checked that they are UTF-8. */
export const ABOVE_ASCII = 1;
/** It begins and ends with a brace, and its hash is known. */
export const HASHED = 2;
/** Nobody has to read it: the engine sets this. */
export const PASSED = 4;
/** It is one JSON object with a key. */
export const TAKEN = 8;
/** It says in which audiences the user is. */
export const NAMED = 16;

/** Most records that are found before they are read. */
export const MOST_RECORDS = 4096;

/** A name as it stands in a record, in words; its number is -1 where the kernel does not keep it. */
export const NAME_WORDS = 3;
export const NAME_START = 0;
export const NAME_END = 1;
export const NAME_NUMBER = 2;
/** Most names of the records that are read together; what has more is left alone. */
export const MOST_NAMES = 65536;

/*
 * A pack, see profile/body-pack.ts: bytes of it with its places, what the place of a profile takes, and the words that say where
 * each pack of those that are made together ends.
 */
export const PACK_BYTES = 8000;
export const PLACE_DIGITS = 4;
export const PLACE_CHARS = 2 * PLACE_DIGITS;
export const PACK_WORDS = 2;
export const PACK_RECORDS_END = 0;
export const PACK_BODIES_END = 1;

/** What may be read behind any text. */
export const READ_AHEAD = 16;
