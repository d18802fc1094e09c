/*
 * The grammar of JSON (RFC 8259) over the bytes of one record. It takes nothing that message/json-grammar.ts does not take; what
 * it gives up on (-1) that one has to look at, to say what is wrong. Each function takes an address and gives the address behind
 * what it read. The byte behind the record is an end of line, which no string, number or word goes over: only white space looks
 * where the record ends.
 */

export const QUOTE: i32 = 0x22;
export const COMMA: i32 = 0x2c;
export const COLON: i32 = 0x3a;
export const OPEN_BRACKET: i32 = 0x5b;
export const CLOSE_BRACKET: i32 = 0x5d;
export const OPEN_BRACE: i32 = 0x7b;
export const CLOSE_BRACE: i32 = 0x7d;
export const MINUS: i32 = 0x2d;
const BACKSLASH: i32 = 0x5c;
const SPACE: i32 = 0x20;
const ZERO: i32 = 0x30;

/** Four bytes as a little-endian word. */
const TRUE: i32 = 0x65757274;
const FALS: i32 = 0x736c6166;
const NULL: i32 = 0x6c6c756e;

/** Deeper values are given up on: a word has a bit for each that is open. */
const MAX_DEPTH = 64;

/** Whether the string read last had an escape. */
export let escaped = false;

let end: i32 = 0;

/** Sets where the record ends. */
export function setEnd(address: i32): void {
  end = address;
}

export function byteAt(at: i32): i32 {
  return load<u8>(at);
}

/** The first byte from `at` on that is no white space; the end of the record when there is none. */
export function space(at: i32): i32 {
  return byteAt(at) > SPACE ? at : skipSpace(at);
}

function skipSpace(from: i32): i32 {
  for (let at = from; at < end; at += 1) {
    const c = byteAt(at);
    if (c !== SPACE && c !== 0x09 && c !== 0x0a && c !== 0x0d) return at;
  }
  return end;
}

/** A string, from its opening quote. */
export function string(open: i32): i32 {
  let at = open + 1;
  escaped = false;
  while (true) {
    const bytes = v128.load(at);
    const marks = i8x16.bitmask(
      v128.or(
        v128.or(i8x16.eq(bytes, i8x16.splat(0x22)), i8x16.eq(bytes, i8x16.splat(0x5c))),
        i8x16.le_u(bytes, i8x16.splat(0x1f)),
      ),
    );
    if (marks === 0) {
      at += 16;
      continue;
    }
    at += ctz(marks);
    const c = byteAt(at);
    if (c === QUOTE) return at + 1;
    if (c !== BACKSLASH) return -1;
    escaped = true;
    at = skipEscape(at);
    if (at < 0) return -1;
  }
}

function skipEscape(at: i32): i32 {
  switch (byteAt(at + 1)) {
    case 0x22:
    case 0x5c:
    case 0x2f:
    case 0x62:
    case 0x66:
    case 0x6e:
    case 0x72:
    case 0x74:
      return at + 2;
    case 0x75:
      for (let i = at + 2; i < at + 6; i += 1) if (!isHex(byteAt(i))) return -1;
      return at + 6;
    default:
      return -1;
  }
}

export function isDigit(c: i32): bool {
  return <u32>(c - ZERO) <= 9;
}

function isHex(c: i32): bool {
  return isDigit(c) || <u32>((c | 0x20) - 0x61) <= 5;
}

function scalar(at: i32): i32 {
  const c = byteAt(at);
  if (c === QUOTE) return string(at);
  if (c === MINUS || isDigit(c)) return number(at);
  const word = load<i32>(at);
  if (word === TRUE || word === NULL) return at + 4;
  return word === FALS && byteAt(at + 4) === 0x65 ? at + 5 : -1;
}

function number(from: i32): i32 {
  let at = byteAt(from) === MINUS ? from + 1 : from;
  at = byteAt(at) === ZERO ? at + 1 : digits(at);
  if (at > 0 && byteAt(at) === 0x2e) at = digits(at + 1);
  if (at > 0 && (byteAt(at) | 0x20) === 0x65) {
    const sign = byteAt(at + 1);
    at = digits(sign === MINUS || sign === 0x2b ? at + 2 : at + 1);
  }
  return at;
}

function digits(from: i32): i32 {
  let at = from;
  while (isDigit(byteAt(at))) at += 1;
  return at === from ? -1 : at;
}

/** A key and its colon; gives the address of the value. */
function key(at: i32): i32 {
  if (byteAt(at) !== QUOTE) return -1;
  const behind = string(at);
  if (behind < 0) return -1;
  const colon = space(behind);
  return byteAt(colon) === COLON ? space(colon + 1) : -1;
}

/** Any value. */
export function value(from: i32): i32 {
  if (!isOpening(byteAt(from))) return scalar(from);
  let depth = 0;
  /** A bit for each that is open, the innermost lowest: set for an object. */
  let objects: u64 = 0;
  let at = from;
  while (true) {
    const c = byteAt(at);
    if (isOpening(c)) {
      at = space(at + 1);
      // In ASCII each closing bracket stands two behind its opening one.
      if (byteAt(at) !== c + 2) {
        if (depth === MAX_DEPTH) return -1;
        depth += 1;
        objects = (objects << 1) | u64(c === OPEN_BRACE);
        if (c === OPEN_BRACE) at = key(at);
        if (at < 0) return -1;
        continue;
      }
      at += 1;
    } else at = scalar(at);
    for (;;) {
      if (at < 0 || depth === 0) return at;
      at = space(at);
      const d = byteAt(at);
      const isObject = (objects & 1) !== 0;
      if (d === COMMA) {
        at = space(at + 1);
        if (isObject) at = key(at);
        break;
      }
      if (d !== (isObject ? CLOSE_BRACE : CLOSE_BRACKET)) return -1;
      at += 1;
      objects >>= 1;
      depth -= 1;
    }
    if (at < 0) return -1;
  }
}

function isOpening(c: i32): bool {
  return c === OPEN_BRACE || c === OPEN_BRACKET;
}
