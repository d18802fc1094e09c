import { SegueError } from '../core/errors.ts';

/**
 * JSON as text. Profiles reach a queue byte for byte (numbers above 2^53, key order, nanosecond times), so members are
 * found and spliced in the text itself; nothing here goes through JSON.parse and JSON.stringify.
 */

/** One top-level member: offsets into the text of its key (at the quote) and of its value. `key` is unescaped. */
export interface Member {
  readonly key: string;
  readonly keyStart: number;
  readonly valueStart: number;
  readonly valueEnd: number;
}

/** A scanned object: the offsets of its braces and its members in the order of the text, duplicates included. */
export interface ObjectText {
  readonly text: string;
  readonly open: number;
  readonly close: number;
  readonly members: readonly Member[];
}

/** One element of a scanned array, or the whole of a value: offsets into the text. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

const QUOTE = 0x22;
const COMMA = 0x2c;
const MINUS = 0x2d;
const DOT = 0x2e;
const ZERO = 0x30;
const COLON = 0x3a;
const OPEN_BRACKET = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

/**
 * Finds the members of a JSON object. The whole text is checked against the JSON grammar (RFC 8259, the same texts that
 * JSON.parse takes), but no value is built, so nesting depth and number size do not matter.
 *
 * @throws INVALID_INPUT with `offset` (from 0), `line` and `column` (from 1) where the text is not a JSON object
 */
export function scanObject(text: string): ObjectText {
  const open = skipSpace(text, 0);
  if (text.charCodeAt(open) !== OPEN_BRACE) fault(text, open, '"{"');
  const members: Member[] = [];
  const close = scanMembers(text, open, members);
  endOfText(text, close + 1);
  return { text, open, close, members };
}

/** Checks that a text is one JSON value. @throws as {@link scanObject} */
export function checkJson(text: string): Span {
  const start = skipSpace(text, 0);
  const end = skipValue(text, start);
  endOfText(text, end);
  return { start, end };
}

/** The members of an object that begins at an offset. @throws as {@link scanObject} */
export function membersAt(text: string, open: number): Member[] {
  const members: Member[] = [];
  if (text.charCodeAt(open) === OPEN_BRACE) scanMembers(text, open, members);
  return members;
}

/** The elements of an array that begins at an offset. @throws as {@link scanObject} */
export function elementsAt(text: string, open: number): Span[] {
  const elements: Span[] = [];
  if (text.charCodeAt(open) !== OPEN_BRACKET) return elements;
  let i = skipSpace(text, open + 1);
  if (text.charCodeAt(i) === CLOSE_BRACKET) return elements;
  for (;;) {
    const end = skipValue(text, i);
    elements.push({ start: i, end });
    i = skipSpace(text, end);
    const c = text.charCodeAt(i);
    if (c === CLOSE_BRACKET) return elements;
    if (c !== COMMA) fault(text, i, '"," or "]"');
    i = skipSpace(text, i + 1);
  }
}

/** The member that counts for a key: the last one, as JSON.parse has it. */
export function findMember(object: ObjectText, key: string): Member | undefined {
  for (let n = object.members.length - 1; n >= 0; n -= 1) {
    const member = object.members[n];
    if (member?.key === key) return member;
  }
  return undefined;
}

/** A member's value as it is written; undefined when the object has no such member. */
export function valueText(object: ObjectText, key: string): string | undefined {
  const member = findMember(object, key);
  return member === undefined ? undefined : object.text.slice(member.valueStart, member.valueEnd);
}

export type ValueKind = 'string' | 'number' | 'boolean' | 'null' | 'array' | 'object';

/** What a value's text is, from its first character. */
export function valueKind(value: string): ValueKind {
  switch (value.charCodeAt(0)) {
    case QUOTE:
      return 'string';
    case OPEN_BRACE:
      return 'object';
    case OPEN_BRACKET:
      return 'array';
    case 0x74:
    case 0x66:
      return 'boolean';
    case 0x6e:
      return 'null';
    default:
      return 'number';
  }
}

/** The text that a JSON string stands for, without its quotes and escapes. */
export function unquote(value: string): string {
  return value.includes('\\') ? String(JSON.parse(value)) : value.slice(1, -1);
}

/** Appends a member behind the last one. It does not look whether the key is there already. */
export function appendMember(object: ObjectText, key: string, value: string): string {
  return spliced(object, new Map(), `${JSON.stringify(key)}:${value}`);
}

/** Puts a member's value in place of the present one; appends it when there is none. */
export function replaceMember(object: ObjectText, key: string, value: string): string {
  const member = findMember(object, key);
  if (member === undefined) return appendMember(object, key, value);
  return object.text.slice(0, member.valueStart) + value + object.text.slice(member.valueEnd);
}

/**
 * Takes members out, every one of a duplicate key. The members that stay keep their bytes and the white space before
 * them, one comma goes with each that leaves.
 */
export function removeMembers(object: ObjectText, keys: ReadonlySet<string>): string {
  const { text, open, close, members } = object;
  if (!members.some(({ key }) => keys.has(key))) return text;
  const kept = members.flatMap((member, n) =>
    keys.has(member.key) ? [] : [text.slice(leadStart(object, n), member.valueEnd)],
  );
  const last = members.at(-1);
  const tail = text.slice(last === undefined ? open + 1 : last.valueEnd, close);
  return `${text.slice(0, open + 1)}${kept.join(',')}${kept.length === 0 ? '' : tail}${text.slice(close)}`;
}

/**
 * Merges two objects as an upsert does: a member of `update` takes the place of the same key's value in `present`, the
 * others are appended in their order. Everything else stays byte for byte. Of duplicate keys the last one counts.
 *
 * @throws INVALID_INPUT as {@link scanObject} when either text is not a JSON object
 */
export function mergeObjectText(present: string, update: string): string {
  const from = scanObject(update);
  const into = scanObject(present);
  const winners = new Map<string, Member>();
  for (const member of from.members) winners.set(member.key, member);
  const places = new Map<string, Member>();
  for (const member of into.members) if (winners.has(member.key)) places.set(member.key, member);
  const replaced = new Map<Member, string>();
  const added: string[] = [];
  for (const [key, winner] of winners) {
    const place = places.get(key);
    if (place === undefined) added.push(update.slice(winner.keyStart, winner.valueEnd));
    else replaced.set(place, update.slice(winner.valueStart, winner.valueEnd));
  }
  return spliced(into, replaced, added.join(','));
}

/** Writes an object again with some values replaced and members appended behind the last one. */
function spliced(object: ObjectText, replaced: ReadonlyMap<Member, string>, added: string): string {
  const { text, open, members } = object;
  let out = '';
  let at = 0;
  if (replaced.size > 0) {
    for (const member of members) {
      const value = replaced.get(member);
      if (value === undefined) continue;
      out += text.slice(at, member.valueStart) + value;
      at = member.valueEnd;
    }
  }
  if (added === '') return out + text.slice(at);
  const end = members.at(-1)?.valueEnd ?? open + 1;
  const comma = members.length === 0 ? '' : ',';
  return `${out}${text.slice(at, end)}${comma}${added}${text.slice(end)}`;
}

/** Where the text that belongs to a member begins: behind the brace or the comma before it. */
function leadStart({ text, open, members }: ObjectText, n: number): number {
  const before = members[n - 1];
  return before === undefined ? open + 1 : skipSpace(text, before.valueEnd) + 1;
}

function scanMembers(text: string, open: number, members: Member[]): number {
  let i = skipSpace(text, open + 1);
  if (text.charCodeAt(i) === CLOSE_BRACE) return i;
  for (;;) {
    const keyStart = i;
    if (text.charCodeAt(i) !== QUOTE) fault(text, i, members.length === 0 ? 'a key or "}"' : 'a key');
    const keyEnd = skipString(text, i);
    const valueStart = skipColon(text, keyEnd);
    const valueEnd = skipValue(text, valueStart);
    members.push({ key: unquote(text.slice(keyStart, keyEnd)), keyStart, valueStart, valueEnd });
    i = skipSpace(text, valueEnd);
    const c = text.charCodeAt(i);
    if (c === CLOSE_BRACE) return i;
    if (c !== COMMA) fault(text, i, '"," or "}"');
    i = skipSpace(text, i + 1);
  }
}

/** Skips any value. A stack of closing brackets instead of recursion: a hostile text nests deeper than the call stack. */
function skipValue(text: string, start: number): number {
  const first = text.charCodeAt(start);
  if (first === QUOTE) return skipString(text, start);
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
        if (closer === CLOSE_BRACE) i = skipKey(text, i, true);
        continue;
      }
      i += 1;
    } else {
      i = c === QUOTE ? skipString(text, i) : skipScalar(text, i);
    }
    for (;;) {
      const closer = closers[closers.length - 1];
      if (closer === undefined) return i;
      i = skipSpace(text, i);
      const d = text.charCodeAt(i);
      if (d === COMMA) {
        i = skipSpace(text, i + 1);
        if (closer === CLOSE_BRACE) i = skipKey(text, i, false);
        break;
      }
      if (d !== closer) fault(text, i, `"," or "${String.fromCharCode(closer)}"`);
      i += 1;
      closers.pop();
    }
  }
}

function skipKey(text: string, at: number, first: boolean): number {
  if (text.charCodeAt(at) !== QUOTE) fault(text, at, first ? 'a key or "}"' : 'a key');
  return skipColon(text, skipString(text, at));
}

function skipColon(text: string, at: number): number {
  const i = skipSpace(text, at);
  if (text.charCodeAt(i) !== COLON) fault(text, i, '":"');
  return skipSpace(text, i + 1);
}

function skipSpace(text: string, at: number): number {
  let i = at;
  for (;;) {
    const c = text.charCodeAt(i);
    if (c !== 0x20 && c !== 0x0a && c !== 0x0d && c !== 0x09) return i;
    i += 1;
  }
}

function skipString(text: string, at: number): number {
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

function endOfText(text: string, at: number): void {
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

function fault(text: string, offset: number, expected: string): never {
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
