import {
  CLOSE_BRACKET,
  COMMA,
  endOfText,
  fault,
  isPlain,
  OPEN_BRACE,
  OPEN_BRACKET,
  QUOTE,
  scanMembers,
  skipSpace,
  skipValue,
} from './json-grammar.ts';
import { storedMembers } from './json-stored.ts';

export { positionOf } from './json-grammar.ts';

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

/**
 * A scanned object: the offsets of its braces, and of each member in the order of the text, duplicates included, the four
 * offsets keyStart, keyEnd, valueStart, valueEnd. Flat numbers, because a record and a key text per member cost more than
 * the scan itself; {@link membersOf} makes records.
 */
export interface ObjectText {
  readonly text: string;
  readonly open: number;
  readonly close: number;
  readonly offsets: readonly number[];
}

/** One element of a scanned array, or the whole of a value: offsets into the text. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/**
 * Finds the members of a JSON object. The whole text is checked against the JSON grammar (RFC 8259, the same texts that
 * JSON.parse takes), but no value is built, so nesting depth and number size do not matter.
 *
 * @throws INVALID_INPUT with `offset` (from 0), `line` and `column` (from 1) where the text is not a JSON object
 */
export function scanObject(text: string): ObjectText {
  const open = skipSpace(text, 0);
  if (text.charCodeAt(open) !== OPEN_BRACE) fault(text, open, '"{"');
  const offsets: number[] = [];
  const close = scanMembers(text, open, offsets, isPlain(text));
  endOfText(text, close + 1);
  return { text, open, close, offsets };
}

/**
 * {@link scanObject} for a text that was checked when it came in, a stored profile: three times as fast, because it trusts
 * the grammar. A text that is not an object gives no members, never an exception.
 */
export function scanStored(text: string): ObjectText {
  const open = text.indexOf('{');
  const offsets: number[] = [];
  const close = storedMembers(text, open, offsets);
  return { text, open, close, offsets };
}

/** Checks that a text is one JSON value. @throws as {@link scanObject} */
export function checkJson(text: string): Span {
  const start = skipSpace(text, 0);
  const end = skipValue(text, start, isPlain(text));
  endOfText(text, end);
  return { start, end };
}

/** An object inside a larger text, from the offset of its brace. @throws as {@link scanObject} */
export function objectAt(text: string, open: number): ObjectText {
  const offsets: number[] = [];
  const close = scanMembers(text, open, offsets, false);
  return { text, open, close, offsets };
}

/** The members as records, in the order of the text. */
export function membersOf({ text, offsets }: ObjectText): Member[] {
  const members: Member[] = [];
  for (let n = 0; n < offsets.length; n += 4) members.push(memberAt(text, offsets, n));
  return members;
}

/** The elements of an array that begins at an offset. @throws as {@link scanObject} */
export function elementsAt(text: string, open: number): Span[] {
  const elements: Span[] = [];
  if (text.charCodeAt(open) !== OPEN_BRACKET) return elements;
  let i = skipSpace(text, open + 1);
  if (text.charCodeAt(i) === CLOSE_BRACKET) return elements;
  for (;;) {
    const end = skipValue(text, i, false);
    elements.push({ start: i, end });
    i = skipSpace(text, end);
    const c = text.charCodeAt(i);
    if (c === CLOSE_BRACKET) return elements;
    if (c !== COMMA) fault(text, i, '"," or "]"');
    i = skipSpace(text, i + 1);
  }
}

/** The member that counts for a key: the last one, as JSON.parse has it. */
export function findMember({ text, offsets }: ObjectText, key: string): Member | undefined {
  for (let n = offsets.length - 4; n >= 0; n -= 4) {
    if (keyIs(text, offsets[n] ?? 0, offsets[n + 1] ?? 0, key)) return memberAt(text, offsets, n);
  }
  return undefined;
}

function memberAt(text: string, offsets: readonly number[], n: number): Member {
  const [keyStart = 0, keyEnd = 0, valueStart = 0, valueEnd = 0] = offsets.slice(n, n + 4);
  return { key: unquote(text.slice(keyStart, keyEnd)), keyStart, valueStart, valueEnd };
}

/** Compares in place where lengths agree; an escaped key is longer than what it stands for. */
function keyIs(text: string, start: number, end: number, key: string): boolean {
  const length = end - start - 2;
  if (length === key.length) return text.startsWith(key, start + 1) && !key.includes('\\');
  return (
    length > key.length && text.slice(start, end).includes('\\') && unquote(text.slice(start, end)) === key
  );
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
  const end = lastEnd(object);
  const comma = object.offsets.length === 0 ? '' : ',';
  return `${object.text.slice(0, end)}${comma}${JSON.stringify(key)}:${value}${object.text.slice(end)}`;
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
  const { text, open, close } = object;
  const members = membersOf(object);
  if (!members.some(({ key }) => keys.has(key))) return text;
  const kept = members.flatMap((member, n) =>
    keys.has(member.key) ? [] : [text.slice(leadStart(text, open, members[n - 1]), member.valueEnd)],
  );
  const last = members.at(-1);
  const tail = text.slice(last === undefined ? open + 1 : last.valueEnd, close);
  return `${text.slice(0, open + 1)}${kept.join(',')}${kept.length === 0 ? '' : tail}${text.slice(close)}`;
}

/**
 * Merges two objects as an upsert does, both of them texts that were checked (see {@link scanStored}). A member of `update` takes
 * the place of the same key's value in `present`, the others are appended in their order. Everything else stays byte for byte. Of
 * duplicate keys the last one counts.
 */
export function mergeObjectText(present: string, update: string): string {
  const into = scanStored(present);
  const from = scanStored(update);
  const places = lastOfEachKey(into);
  const added: string[] = [];
  const replaced: { start: number; end: number; value: string }[] = [];
  for (const [key, n] of lastOfEachKey(from)) {
    const end = from.offsets[n + 3] as number;
    const place = places.get(key);
    if (place === undefined) {
      added.push(update.slice(from.offsets[n], end));
      continue;
    }
    const value = update.slice(from.offsets[n + 2], end);
    const span = { start: into.offsets[place + 2] as number, end: into.offsets[place + 3] as number };
    if (!isAt(value, present, span)) replaced.push({ ...span, value });
  }
  replaced.sort((a, b) => a.start - b.start);
  let out = '';
  let at = 0;
  for (const { start, end, value } of replaced) {
    out += present.slice(at, start) + value;
    at = end;
  }
  if (added.length === 0) return out + present.slice(at);
  const end = lastEnd(into);
  return `${out}${present.slice(at, end)}${into.offsets.length === 0 ? '' : ','}${added.join(',')}${present.slice(end)}`;
}

function isAt(value: string, text: string, { start, end }: Span): boolean {
  return end - start === value.length && text.startsWith(value, start);
}

/** Where the offsets of each key's last member begin, in the order of the keys' first ones. */
function lastOfEachKey({ text, offsets }: ObjectText): Map<string, number> {
  const last = new Map<string, number>();
  for (let n = 0; n < offsets.length; n += 4)
    last.set(unquote(text.slice(offsets[n] as number, offsets[n + 1] as number)), n);
  return last;
}

/** Where the last member ends; behind the opening brace in an empty object. */
function lastEnd({ open, offsets }: ObjectText): number {
  return offsets[offsets.length - 1] ?? open + 1;
}

/** Where the text that belongs to a member begins: behind the brace or the comma before it. */
function leadStart(text: string, open: number, before: Member | undefined): number {
  return before === undefined ? open + 1 : skipSpace(text, before.valueEnd) + 1;
}
