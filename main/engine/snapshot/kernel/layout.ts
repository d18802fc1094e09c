/*
 * What the kernel (WebAssembly, compiled from this folder) and the engine both know. A row of a snapshot between reading and
 * comparing, in words of four bytes:
 *
 *   word 0   key bytes (13 bits) | kind << 13 (2 bits) | PACKED | audience << 16
 *   words    of TIMED: milliseconds and code of the enter instant, as two doubles
 *   words    the key's UTF-8 bytes, with PACKED as core/kernel/hex.ts packs them, padded with zeros
 *
 * The hash of the key is not kept: to make it again costs less than to write and read it.
 */

/** A row's kind: it names a user and an audience, and that is all. */
export const PAIR = 0;
/** It has its own enter instant. */
export const TIMED = 1;
/** It is the first of a line that states all of a user's audiences: what earlier lines said of the user is replaced. */
export const FIRST = 2;
/** As FIRST, of a line with no audience: the row names none. */
export const NONE = 3;

/** In word 0: the key is packed. */
export const PACKED = 0x8000;
/** In word 0: the bytes of the key's text, and where the kind stands. */
export const KEY_BYTES = 0x1fff;
export const KIND_SHIFT = 13;

export const RECORD_HEADER_WORDS = 1;
export const INSTANT_WORDS = 4;

/** The top eight bits of a hash. The tables of one partition of a million users stay in a processor's cache. */
export const PARTITIONS = 256;

/** Buckets of the store's memberships (membership/key.ts), of which there are 4,096, in a partition. */
export const BUCKETS_PER_PARTITION = 16;

/**
 * What one partition collects before it moves to its region: with all of them, what a processor's second cache holds. Where rows
 * were put into their regions at once, scanning a file took a third longer (measured).
 */
export const BUFFER_BYTES = 1024;

/** What one partition collects before it goes to the file. */
export const REGION_BYTES = 16384;

/** Room for text to read: the beginning of a line that has not ended, and a chunk of a file. */
export const TEXT_BYTES = 512 * 1024;
/** What may be read behind any text. */
export const READ_AHEAD = 16;

/** How `scanRows` ended. All but the first leave a line, from `lineStart`, for the caller to deal with. */
export const SCAN_DONE = 0;
/** The line has a quote or a NUL byte. */
export const SCAN_NOT_PLAIN = 1;
/** The line has bytes above ASCII that nobody has checked. */
export const SCAN_NOT_ASCII = 2;
/** The number of columns is not the header's: `fields` has it. */
export const SCAN_COLUMNS = 3;
/** The user's key, from `keyStart` to `keyEnd`, is empty or may be too long. */
export const SCAN_KEY = 4;
/** The enter time, from `timeStart` to `timeEnd`, is not the one before. */
export const SCAN_TIME = 5;
/** The audience, from `nameStart` to `nameEnd`, is not known. */
export const SCAN_AUDIENCE = 6;

/** Longest text of an enter time that is remembered. */
export const TIME_TEXT_BYTES = 64;

/** Fields of a slot of the table of users, in words; behind them the masks before and after. Addresses are bytes. */
export const SLOT_HASH = 0;
export const SLOT_KEY = 1;
export const SLOT_LENGTH = 2;
/** 1 when the file has the user. */
export const SLOT_SEEN = 3;
/** The newest of the user's entries in segments, and of the rows with an enter time; 0 for none. */
export const SLOT_ENTRY = 4;
export const SLOT_ROW = 5;
export const SLOT_MASKS = 6;

/** Fields of an entry: where it lies, its segment, and the same user's entry before it. */
export const ENTRY_AT = 0;
export const ENTRY_SEGMENT = 1;
export const ENTRY_PREVIOUS = 2;
export const ENTRY_WORDS = 3;

/** Fields of a row with an enter time: where it lies, and the same user's row before it. */
export const ROW_AT = 0;
export const ROW_PREVIOUS = 1;
export const ROW_WORDS = 2;
