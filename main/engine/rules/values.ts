/**
 * The values that a rule computes with. A whole `number` (or a `bigint` beyond 2^53) is an integer and a fractional one a
 * floating-point number, because the language treats the two differently (integer division, BETWEEN); a floating-point
 * number that happens to be whole is boxed as {@link FloatValue}. `null` is a value that is present and null; a field that
 * is not there, or an expression without an answer, is `undefined`.
 */
export type Value =
  | null
  | boolean
  | string
  | number
  | bigint
  | FloatValue
  | TimeValue
  | StringsValue
  | ListValue
  | MapValue
  | FaultValue;

export interface FloatValue {
  readonly kind: 'float';
  readonly value: number;
}

/** Offset of a time from now: calendar months (years are twelve) or seconds, never both. */
export interface NowTerm {
  readonly months: number;
  readonly seconds: number;
}

/** Seconds since 1970 UTC (floored) and nanoseconds within the second; `term` is set when the time moves with now. */
export interface TimeValue {
  readonly kind: 'time';
  readonly sec: number;
  readonly nano: number;
  readonly term: NowTerm | undefined;
}

/** A list whose type says that every element is text. It compares differently from {@link ListValue}. */
export interface StringsValue {
  readonly kind: 'strings';
  readonly items: readonly string[];
}

export interface ListValue {
  readonly kind: 'list';
  readonly items: readonly (Value | undefined)[];
}

/** `keysAsList`: maps of text, numbers or booleans also stand for the list of their keys on the right of an operator. */
export interface MapValue {
  readonly kind: 'map';
  readonly entries: ReadonlyMap<string, Value>;
  readonly keysAsList: boolean;
}

/** A value that exists but is no answer, such as `"a" < "b"`: false as a whole rule, an error inside one. */
export interface FaultValue {
  readonly kind: 'fault';
}

export const FAULT: FaultValue = { kind: 'fault' };

const INT64_MAX = 2n ** 63n - 1n;
const INT64_MIN = -(2n ** 63n);

export function floatValue(value: number): Value {
  return Number.isInteger(value) ? { kind: 'float', value } : value;
}

/** Narrows a bigint to a number where that loses nothing; beyond 64 bits it wraps, as the reference engine's int64. */
export function intValue(value: bigint): Value {
  const wrapped = value > INT64_MAX || value < INT64_MIN ? BigInt.asIntN(64, value) : value;
  const narrow = Number(wrapped);
  return Number.isSafeInteger(narrow) ? narrow : wrapped;
}

export function timeValue(sec: number, nano: number, term?: NowTerm): TimeValue {
  return { kind: 'time', sec, nano, term };
}

export function stringsValue(items: readonly string[]): StringsValue {
  return { kind: 'strings', items };
}

export function listValue(items: readonly (Value | undefined)[]): ListValue {
  return { kind: 'list', items };
}

export function mapValue(entries: ReadonlyMap<string, Value>, keysAsList = false): MapValue {
  return { kind: 'map', entries, keysAsList };
}

/** True for an integer of any size, false for a floating-point number. */
export function isInt(value: Value | undefined): value is number | bigint {
  return typeof value === 'number' ? Number.isInteger(value) : typeof value === 'bigint';
}

/** Equality of integers, whatever their size. */
export function sameInt(a: number | bigint | undefined, b: number | bigint): boolean {
  return a !== undefined && a >= b && a <= b;
}

/** The floating-point number in a value that is one (not an integer), else undefined. */
export function asFloat(value: Value | undefined): number | undefined {
  if (typeof value === 'number') return Number.isInteger(value) ? undefined : value;
  return isKind(value, 'float') ? value.value : undefined;
}

type Boxed = Exclude<Value, null | boolean | string | number | bigint>;

export function isKind<K extends Boxed['kind']>(
  value: Value | undefined,
  kind: K,
): value is Extract<Boxed, { kind: K }> {
  return typeof value === 'object' && value !== null && value.kind === kind;
}

/** Empty in the sense of the functions `oneof`, `any` and `all`: null, no text, not a number, no elements. */
export function isEmpty(value: Value | undefined): boolean {
  if (value === undefined || value === null || value === '') return true;
  if (typeof value === 'number') return Number.isNaN(value);
  if (typeof value !== 'object') return false;
  switch (value.kind) {
    case 'strings':
    case 'list':
      return value.items.length === 0;
    case 'map':
      return value.entries.size === 0;
    default:
      return false;
  }
}

/** The elements of a value that counts as a list, else undefined. */
export function listItems(value: Value | undefined): readonly (Value | undefined)[] | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  switch (value.kind) {
    case 'strings':
    case 'list':
      return value.items;
    case 'map':
      return value.keysAsList ? [...value.entries.keys()] : undefined;
    default:
      return undefined;
  }
}
