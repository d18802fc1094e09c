/**
 * The grammar of JSON (RFC 8259) over the bytes of one line, for reading millions of them without making texts. It takes
 * nothing that message/json-grammar.ts does not take; what it gives up on (-1) that one has to look at, to say what is wrong.
 */

export const QUOTE = 0x22;
export const COMMA = 0x2c;
export const COLON = 0x3a;
export const OPEN_BRACKET = 0x5b;
export const CLOSE_BRACKET = 0x5d;
export const OPEN_BRACE = 0x7b;
export const CLOSE_BRACE = 0x7d;
const BACKSLASH = 0x5c;
const MINUS = 0x2d;
const PLUS = 0x2b;
const DOT = 0x2e;
const ZERO = 0x30;
const SPACE = 0x20;

/** Four bytes as a little-endian word. */
const TRUE = 0x65757274;
const FALS = 0x736c6166;
const NULL = 0x6c6c756e;

/** Deeper values are given up on. */
const MAX_DEPTH = 64;

/** A reader of one line. Each method takes an offset and gives the offset behind what it read, or -1. */
export interface JsonBytes {
  /** Sets the line: all offsets are into `bytes`, which has to go on for four bytes behind `end`, whatever they are. */
  line(bytes: Uint8Array, view: DataView, end: number): void;
  /** The first byte from `at` on that is no white space; the end of the line when there is none. */
  space(at: number): number;
  /** A string, from its opening quote. */
  string(at: number): number;
  /** Any value. */
  value(at: number): number;
  /** Whether the string read last had an escape. */
  escaped(): boolean;
  /** Whether any word of a string had a byte above ASCII, since the line was set. */
  beyondAscii(): boolean;
}

export function createJsonBytes(): JsonBytes {
  let bytes: Uint8Array = new Uint8Array(0);
  let view = new DataView(bytes.buffer);
  let end = 0;
  let escapes = false;
  let seen = 0;
  const closers = new Uint8Array(MAX_DEPTH);

  function space(from: number): number {
    let at = from;
    while (at < end) {
      const c = bytes[at] as number;
      if (c > SPACE || (c !== SPACE && c !== 0x09 && c !== 0x0a && c !== 0x0d)) return at;
      at += 1;
    }
    return end;
  }

  function string(open: number): number {
    let at = open + 1;
    let had = 0;
    escapes = false;
    while (at < end) {
      const word = view.getInt32(at, true);
      had |= word;
      const quote = word ^ 0x22222222;
      const backslash = word ^ 0x5c5c5c5c;
      // The top bit of each byte that is a quote, a backslash or a control character; exact up to the first such byte.
      const found =
        (((quote - 0x01010101) & ~quote) |
          ((backslash - 0x01010101) & ~backslash) |
          ((word - 0x20202020) & ~word)) &
        0x80808080;
      if (found === 0) {
        at += 4;
        continue;
      }
      at += (31 - Math.clz32(found ^ (found - 1))) >> 3;
      const c = bytes[at] as number;
      if (c === QUOTE) {
        seen |= had;
        return at < end ? at + 1 : -1;
      }
      if (c !== BACKSLASH) return -1;
      escapes = true;
      at = skipEscape(at);
      if (at < 0) return -1;
    }
    return -1;
  }

  function skipEscape(at: number): number {
    switch (bytes[at + 1]) {
      case QUOTE:
      case BACKSLASH:
      case 0x2f:
      case 0x62:
      case 0x66:
      case 0x6e:
      case 0x72:
      case 0x74:
        return at + 2;
      case 0x75:
        for (let i = at + 2; i < at + 6; i += 1) if (i >= end || !isHex(bytes[i] as number)) return -1;
        return at + 6;
      default:
        return -1;
    }
  }

  function scalar(at: number): number {
    const c = bytes[at] as number;
    if (c === QUOTE) return string(at);
    if (c === MINUS || isDigit(c)) return number(at);
    const word = view.getInt32(at, true);
    if ((word === TRUE || word === NULL) && at + 4 <= end) return at + 4;
    return word === FALS && at + 5 <= end && bytes[at + 4] === 0x65 ? at + 5 : -1;
  }

  function number(from: number): number {
    let at = bytes[from] === MINUS ? from + 1 : from;
    at = bytes[at] === ZERO && at < end ? at + 1 : digits(at);
    if (at > 0 && at < end && bytes[at] === DOT) at = digits(at + 1);
    if (at > 0 && at < end && (bytes[at] === 0x65 || bytes[at] === 0x45)) {
      const sign = bytes[at + 1];
      at = digits(sign === MINUS || sign === PLUS ? at + 2 : at + 1);
    }
    return at;
  }

  function digits(from: number): number {
    let at = from;
    while (at < end && isDigit(bytes[at] as number)) at += 1;
    return at === from ? -1 : at;
  }

  /** A key and its colon; gives the offset of the value. */
  function key(at: number): number {
    if (at >= end || bytes[at] !== QUOTE) return -1;
    const behind = string(at);
    if (behind < 0) return -1;
    const colon = space(behind);
    return colon < end && bytes[colon] === COLON ? space(colon + 1) : -1;
  }

  function value(from: number): number {
    if (from >= end) return -1;
    const first = bytes[from] as number;
    if (first !== OPEN_BRACE && first !== OPEN_BRACKET) return scalar(from);
    let depth = 0;
    let at = from;
    for (;;) {
      if (at < 0 || at >= end) return -1;
      const c = bytes[at] as number;
      if (c === OPEN_BRACE || c === OPEN_BRACKET) {
        // In ASCII each closing bracket stands two behind its opening one.
        const closer = c + 2;
        at = space(at + 1);
        if (at >= end) return -1;
        if (bytes[at] !== closer) {
          if (depth === MAX_DEPTH) return -1;
          closers[depth] = closer;
          depth += 1;
          if (closer === CLOSE_BRACE) at = key(at);
          continue;
        }
        at += 1;
      } else at = scalar(at);
      for (;;) {
        if (at < 0 || depth === 0) return at;
        at = space(at);
        if (at >= end) return -1;
        const d = bytes[at] as number;
        at += 1;
        if (d === COMMA) {
          at = space(at);
          if (closers[depth - 1] === CLOSE_BRACE) at = key(at);
          break;
        }
        if (d !== closers[depth - 1]) return -1;
        depth -= 1;
      }
    }
  }

  return {
    line(ofBytes, ofView, lineEnd) {
      bytes = ofBytes;
      view = ofView;
      end = lineEnd;
      seen = 0;
    },
    space,
    string,
    value,
    escaped: () => escapes,
    beyondAscii: () => (seen & 0x80808080) !== 0,
  };
}

function isDigit(c: number): boolean {
  return c >= ZERO && c <= 0x39;
}

function isHex(c: number): boolean {
  return isDigit(c) || (c >= 0x41 && c <= 0x46) || (c >= 0x61 && c <= 0x66);
}
