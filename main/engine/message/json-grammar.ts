import { SegueError } from '../core/errors.ts';

/** The grammar of JSON (RFC 8259) over text: checks and skips, builds no values. Throws INVALID_INPUT with the place. */

const SPACE = 0x20;
export const QUOTE = 0x22;
export const COMMA = 0x2c;
export const MINUS = 0x2d;
export const DOT = 0x2e;
export const ZERO = 0x30;
export const COLON = 0x3a;
export const OPEN_BRACKET = 0x5b;
export const BACKSLASH = 0x5c;
export const CLOSE_BRACKET = 0x5d;
export const OPEN_BRACE = 0x7b;
export const CLOSE_BRACE = 0x7d;

// Every character but control characters and the backslash.
const NOT_PLAIN = /[^\u0020-\u005b\u005d-\uffff]/;

/**
 * True for a text without escapes and control characters, as most lines of data are: its strings end at the next quote,
 * which a native search finds. One pattern over the whole text costs less than looking at each character of each string.
 */
export function isPlain(text: string): boolean {
  return !NOT_PLAIN.test(text);
}

/**
 * Scans an object from its opening brace and pushes each member's four offsets (see ObjectText). Returns the offset of its
 * closing brace.
 */
export function scanMembers(text: string, open: number, offsets: number[], plain: boolean): number {
  let i = skipSpace(text, open + 1);
  if (text.charCodeAt(i) === CLOSE_BRACE) return i;
  for (;;) {
    const keyStart = i;
    if (text.charCodeAt(i) !== QUOTE) fault(text, i, offsets.length === 0 ? 'a key or "}"' : 'a key');
    const keyEnd = skipString(text, i, plain);
    const valueStart = skipColon(text, keyEnd);
    const valueEnd = skipValue(text, valueStart, plain);
    offsets.push(keyStart, keyEnd, valueStart, valueEnd);
    i = text.charCodeAt(valueEnd) > SPACE ? valueEnd : skipSpace(text, valueEnd);
    const c = text.charCodeAt(i);
    if (c === CLOSE_BRACE) return i;
    if (c !== COMMA) fault(text, i, '"," or "}"');
    i = text.charCodeAt(i + 1) > SPACE ? i + 1 : skipSpace(text, i + 1);
  }
}

/** The end of the value that begins at an offset. A stack of closing brackets instead of recursion: a hostile text nests deeper than the call stack. */
export function skipValue(text: string, start: number, plain: boolean): number {
  const first = text.charCodeAt(start);
  if (first === QUOTE) return skipString(text, start, plain);
  if (first !== OPEN_BRACE && first !== OPEN_BRACKET) return skipScalar(text, start);
  const closers: number[] = [];
  let i = start;
  for (;;) {
    const c = text.charCodeAt(i);
    if (c === OPEN_BRACE || c === OPEN_BRACKET) {
      // In ASCII each closing bracket stands two behind its opening one.
      const closer = c + 2;
      i = skipSpace(text, i + 1);
      if (text.charCodeAt(i) !== closer) {
        closers.push(closer);
        if (closer === CLOSE_BRACE) i = skipKey(text, i, plain, true);
        continue;
      }
      i += 1;
    } else {
      i = c === QUOTE ? skipString(text, i, plain) : skipScalar(text, i);
    }
    for (;;) {
      const closer = closers[closers.length - 1];
      if (closer === undefined) return i;
      i = skipSpace(text, i);
      const d = text.charCodeAt(i);
      if (d === COMMA) {
        i = skipSpace(text, i + 1);
        if (closer === CLOSE_BRACE) i = skipKey(text, i, plain, false);
        break;
      }
      if (d !== closer) fault(text, i, `"," or "${String.fromCharCode(closer)}"`);
      i += 1;
      closers.pop();
    }
  }
}

function skipKey(text: string, at: number, plain: boolean, first: boolean): number {
  if (text.charCodeAt(at) !== QUOTE) fault(text, at, first ? 'a key or "}"' : 'a key');
  return skipColon(text, skipString(text, at, plain));
}

function skipColon(text: string, at: number): number {
  let i = at;
  if (text.charCodeAt(i) !== COLON) {
    i = skipSpace(text, i);
    if (text.charCodeAt(i) !== COLON) fault(text, i, '":"');
  }
  return text.charCodeAt(i + 1) > SPACE ? i + 1 : skipSpace(text, i + 1);
}

/** The first offset that is not white space. */
export function skipSpace(text: string, at: number): number {
  let i = at;
  for (;;) {
    const c = text.charCodeAt(i);
    if (c !== 0x20 && c !== 0x0a && c !== 0x0d && c !== 0x09) return i;
    i += 1;
  }
}

function skipString(text: string, at: number, plain: boolean): number {
  if (plain) {
    const quote = text.indexOf('"', at + 1);
    return quote < 0 ? fault(text, text.length, 'the end of a string') : quote + 1;
  }
  let i = at + 1;
  for (;;) {
    const c = text.charCodeAt(i);
    if (c === QUOTE) return i + 1;
    if (c === BACKSLASH) i = skipEscape(text, i);
    else if (c >= 0x20) i += 1;
    else fault(text, i, i < text.length ? 'no raw control character in a string' : 'the end of a string');
    // Past the end charCodeAt gives NaN, which is not >= 0x20.
  }
}

function skipEscape(text: string, at: number): number {
  const c = text.charAt(at + 1);
  if (c === 'u') {
    for (let i = at + 2; i < at + 6; i += 1)
      if (!isHex(text.charCodeAt(i))) fault(text, i, 'a hexadecimal digit');
    return at + 6;
  }
  if (c === '' || !'"\\/bfnrt'.includes(c))
    fault(text, at + 1, 'one of " \\ / b f n r t u behind a backslash');
  return at + 2;
}

function isHex(c: number): boolean {
  return (c >= ZERO && c <= 0x39) || (c >= 0x41 && c <= 0x46) || (c >= 0x61 && c <= 0x66);
}

function skipScalar(text: string, at: number): number {
  const c = text.charCodeAt(at);
  if (c === MINUS || isDigit(c)) return skipNumber(text, at);
  for (const word of ['true', 'false', 'null']) if (text.startsWith(word, at)) return at + word.length;
  return fault(text, at, 'a value');
}

function skipNumber(text: string, at: number): number {
  let i = text.charCodeAt(at) === MINUS ? at + 1 : at;
  i = text.charCodeAt(i) === ZERO ? i + 1 : skipDigits(text, i);
  if (text.charCodeAt(i) === DOT) i = skipDigits(text, i + 1);
  const c = text.charCodeAt(i);
  if (c === 0x65 || c === 0x45) {
    const sign = text.charCodeAt(i + 1);
    i = skipDigits(text, sign === MINUS || sign === 0x2b ? i + 2 : i + 1);
  }
  return i;
}

function skipDigits(text: string, at: number): number {
  if (!isDigit(text.charCodeAt(at))) fault(text, at, 'a digit');
  let i = at + 1;
  while (isDigit(text.charCodeAt(i))) i += 1;
  return i;
}

function isDigit(c: number): boolean {
  return c >= ZERO && c <= 0x39;
}

/** Throws unless nothing but white space follows. */
export function endOfText(text: string, at: number): void {
  const i = skipSpace(text, at);
  if (i < text.length) fault(text, i, 'the end');
}

/** Line and column of an offset, both from 1, as editors count them. */
export function positionOf(text: string, offset: number): { line: number; column: number } {
  let line = 1;
  let start = 0;
  for (let i = text.indexOf('\n'); i >= 0 && i < offset; i = text.indexOf('\n', i + 1)) {
    line += 1;
    start = i + 1;
  }
  return { line, column: offset - start + 1 };
}

/** Says where a text leaves the grammar and what was expected there. */
export function fault(text: string, offset: number, expected: string): never {
  const at = Math.min(offset, text.length);
  const { line, column } = positionOf(text, at);
  const found =
    at >= text.length ? 'the text ends' : JSON.stringify(String.fromCodePoint(text.codePointAt(at) ?? 0));
  throw new SegueError(
    'INVALID_INPUT',
    `Not valid JSON at line ${line}, column ${column}: expected ${expected}, found ${found}.`,
    { offset: at, line, column, expected },
  );
}
