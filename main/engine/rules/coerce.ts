import { parseDateMath } from './datemath.ts';
import { parseDate, timeText } from './dates.ts';
import {
  asFloat,
  floatValue,
  intValue,
  isInt,
  isKind,
  listItems,
  sameInt,
  type TimeValue,
  type Value,
} from './values.ts';

const DECIMAL = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;
const INFINITE = /^[+-]?inf(?:inity)?$/i;
const INTEGER = /^[+-]?\d+$/;
/** Signs that people write around amounts; they are taken out before a second attempt to read a number. */
const MONEY = /[$,£€ ]/g;
const TRUE_WORDS = new Set(['1', 't', 'T', 'TRUE', 'true', 'True']);
const FALSE_WORDS = new Set(['0', 'f', 'F', 'FALSE', 'false', 'False']);
const FIRST_YEAR = 1800;
const LAST_YEAR = 2120;

/** A decimal number as text, strictly: no spaces, no signs of currency. Undefined when it is none. */
export function parseNumber(text: string): number | undefined {
  if (DECIMAL.test(text)) return Number(text);
  if (INFINITE.test(text)) return text.startsWith('-') ? -Infinity : Infinity;
  return /^[+-]?nan$/i.test(text) ? Number.NaN : undefined;
}

/** A 64-bit integer as text, exact at any size within that; undefined when it is none. */
export function parseInteger(text: string): Value | undefined {
  if (!INTEGER.test(text)) return undefined;
  const narrow = Number(text);
  if (Number.isSafeInteger(narrow)) return narrow;
  const wide = BigInt(text.startsWith('+') ? text.slice(1) : text);
  return wide === BigInt.asIntN(64, wide) ? wide : undefined;
}

export function isBoolText(text: string): boolean {
  return TRUE_WORDS.has(text) || FALSE_WORDS.has(text);
}

export function boolOfText(text: string): boolean {
  return TRUE_WORDS.has(text);
}

/** Text to number as the language's comparisons of text with a number do it, amounts such as `$5,000.00` included. */
export function textToFloat(text: string): number | undefined {
  return text === '' ? undefined : (parseNumber(text) ?? parseNumber(text.replace(MONEY, '')));
}

/** Any value to a floating-point number; undefined when it has none. */
export function toFloat(value: Value | undefined): number | undefined {
  if (typeof value === 'number') return value;
  if (typeof value === 'bigint') return Number(value);
  if (typeof value === 'string') return textToFloat(value);
  if (typeof value === 'boolean') return value ? 1 : 0;
  if (isKind(value, 'float')) return value.value;
  return isKind(value, 'time') ? epochMs(value) : undefined;
}

/** Any value to an integer, fractions cut off; a list gives its first element's. Booleans have none. */
export function toInt(value: Value | undefined): number | bigint | undefined {
  if (typeof value === 'bigint') return value;
  if (typeof value === 'number') return Number.isNaN(value) ? undefined : Math.trunc(value);
  if (typeof value === 'string') return textToInt(value) ?? textToInt(value.replace(MONEY, ''));
  if (isKind(value, 'float')) return value.value;
  if (isKind(value, 'time')) return epochMs(value);
  const items = listItems(value);
  return items === undefined || items.length === 0 ? undefined : toInt(items[0]);
}

function textToInt(text: string): number | bigint | undefined {
  if (text.includes('.')) {
    const parsed = parseNumber(text);
    return parsed === undefined || !Number.isFinite(parsed) ? undefined : Math.trunc(parsed);
  }
  const parsed = parseInteger(text);
  return isInt(parsed) ? parsed : undefined;
}

export function toBool(value: Value | undefined): boolean | undefined {
  if (typeof value === 'boolean') return value;
  if (typeof value === 'string') return isBoolText(value) ? boolOfText(value) : undefined;
  const int = isInt(value) || asFloat(value) !== undefined ? toInt(value) : undefined;
  return sameInt(int, 1) ? true : sameInt(int, 0) ? false : undefined;
}

/** The text of a scalar, or of a list's first element; undefined for what has no text. */
export function toText(value: Value | undefined): string | undefined {
  if (value === undefined || value === null || isKind(value, 'map') || isKind(value, 'fault'))
    return undefined;
  if (isKind(value, 'time')) return timeText(value);
  const items = listItems(value);
  if (items === undefined) return plainText(value);
  const first = items[0];
  return first === undefined ? undefined : plainText(first);
}

/** The text of any value as CONTAINS, LIKE and IN see it inside a list: nothing for null, milliseconds for a time. */
export function plainText(value: Value | undefined): string {
  if (typeof value === 'string') return value;
  if (value === undefined || value === null) return '';
  if (typeof value === 'number') return Number.isInteger(value) ? String(value) : floatText(value);
  if (typeof value === 'bigint' || typeof value === 'boolean') return String(value);
  switch (value.kind) {
    case 'float':
      return floatText(value.value);
    case 'time':
      return String(epochMs(value));
    case 'strings':
      return value.items.join(',');
    case 'list':
      return value.items.map(plainText).join(',');
    default:
      return '';
  }
}

/** A floating-point number as Go's `%v`: exponents below 1e-4 and from 1e6, written with at least two digits. */
function floatText(value: number): string {
  const size = Math.abs(value);
  if (Number.isFinite(value) && value !== 0 && (size < 1e-4 || size >= 1e6)) {
    return value.toExponential().replace(/e([+-])(\d)$/, 'e$10$2');
  }
  if (Number.isNaN(value)) return 'NaN';
  return Number.isFinite(value) ? String(value) : value > 0 ? '+Inf' : '-Inf';
}

export function epochMs(time: TimeValue): number {
  return time.sec * 1000 + Math.floor(time.nano / 1e6);
}

/**
 * A value as a time: a time, text in one of the known date formats, date math such as `now-3d` relative to `now`, a list
 * of text (its first element), or a number of seconds, milliseconds, micro- or nanoseconds since 1970 by its length.
 */
export function toTime(value: Value | undefined, now: TimeValue): TimeValue | undefined {
  if (typeof value === 'string') return textToTime(value, now);
  if (isKind(value, 'time')) return value;
  if (isKind(value, 'strings')) {
    const first = value.items[0];
    return first === undefined ? undefined : textToTime(first, now);
  }
  if (!isInt(value) && asFloat(value) === undefined) return undefined;
  const time = parseDate(plainText(value));
  if (time === undefined) return undefined;
  const year = new Date(time.sec * 1000).getUTCFullYear();
  return year < FIRST_YEAR || year > LAST_YEAR ? undefined : time;
}

function textToTime(text: string, now: TimeValue): TimeValue | undefined {
  if (text.length > 3 && text.slice(0, 3).toLowerCase() === 'now') return parseDateMath(text, now);
  return parseDate(text);
}

/** Equality as IN, INTERSECTS and `eq()` use it, by the left side's type; undefined when the types have no equality. */
export function equalValues(a: Value | undefined, b: Value | undefined, now: TimeValue): boolean | undefined {
  if (a === undefined || a === null) return b === undefined || b === null;
  if (b === undefined || b === null) return false;
  if (typeof a === 'string') return a === plainText(b);
  // The reference engine compares with zero, or with false, when the right side has no such value.
  if (isInt(a)) return sameInt(toInt(b) ?? 0, a);
  if (typeof a === 'boolean') return a === (toBool(b) ?? false);
  const float = asFloat(a);
  if (float !== undefined) return float === toFloat(b);
  if (isKind(a, 'time')) {
    const time = toTime(b, now);
    return time !== undefined && a.sec === time.sec && a.nano === time.nano;
  }
  const left = listItems(a);
  const right = listItems(b);
  if (left === undefined || right === undefined) return undefined;
  return left.length === right.length && left.every((item, i) => equalValues(item, right[i], now) === true);
}

/** The value of a number as it is written in a rule: whole numbers are integers, `5.0` and `1e3` too. */
export function literalNumber(text: string): Value | undefined {
  if (/^0x[0-9a-f]+$/i.test(text)) return intValue(BigInt(text));
  const integer = parseInteger(text);
  if (integer !== undefined) return integer;
  const parsed = parseNumber(text);
  if (parsed === undefined) return undefined;
  return Number.isSafeInteger(parsed) ? parsed : floatValue(parsed);
}
