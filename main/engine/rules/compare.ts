import type { BinaryOp } from './ast.ts';
import {
  boolOfText,
  equalValues,
  isBoolText,
  parseInteger,
  parseNumber,
  plainText,
  textToFloat,
  toFloat,
  toInt,
  toTime,
} from './coerce.ts';
import { cachedGlob } from './glob.ts';
import { compareSeconds, floatOp, intOp } from './number-ops.ts';
import {
  asFloat,
  FAULT,
  type FaultValue,
  isInt,
  isKind,
  type ListValue,
  listItems,
  type MapValue,
  type StringsValue,
  sameInt,
  type TimeValue,
  type Value,
} from './values.ts';

type Answer = Value | undefined;

/**
 * Applies an infix operator to two values as the reference engine does (FILTERQL.md, Evaluation; `evalBinary` of its
 * `vm/vm.go`): by the type of the left side first. `undefined` in and out is "no answer".
 */
export function applyBinary(op: BinaryOp, a: Answer, b: Answer, now: TimeValue): Answer {
  if (a === undefined || b === undefined) {
    const settled = withoutAnswer(op, a, b);
    if (settled !== null) return settled;
  }
  if (a === undefined || a === null) return nullLeft(op, b);
  if (typeof a === 'string') return textLeft(op, a, b, now);
  if (typeof a === 'boolean') return boolLeft(op, a, b);
  if (isInt(a)) return intLeft(op, a, b);
  const float = asFloat(a);
  if (float !== undefined) return floatLeft(op, float, b);
  if (isKind(a, 'time')) return timeOp(op, a, b, now);
  if (isKind(a, 'list')) return listLeft(op, a, b, now);
  if (isKind(a, 'strings')) return stringsLeft(op, a, b);
  return isKind(a, 'map') ? mapLeft(op, a, b) : undefined;
}

/** The cases that are settled because a side has no answer; null when they are not. */
function withoutAnswer(op: BinaryOp, a: Answer, b: Answer): boolean | undefined | null {
  const neither = a === undefined && b === undefined;
  switch (op) {
    case '==':
    case '>':
    case '>=':
    case '<':
    case '<=':
    case 'like':
      return false;
    case '!=':
      return !neither;
    case 'or':
      return neither ? false : null;
    case 'and':
    case '&&':
    case 'in':
    case 'intersects':
      return neither ? undefined : false;
    case 'contains':
      return neither || a !== undefined ? undefined : false;
    default:
      return neither ? undefined : null;
  }
}

function nullLeft(op: BinaryOp, b: Answer): Answer {
  switch (op) {
    case 'and':
      return false;
    case 'or':
      return typeof b === 'boolean' ? b : false;
    case '==':
      return b === undefined || b === null;
    case '!=':
      return true;
    default:
      return undefined;
  }
}

function boolLeft(op: BinaryOp, a: boolean, b: Answer): Answer {
  if (b === undefined || b === null) {
    if (op === 'or') return a;
    if (op === 'and' || op === '==') return false;
    return op === '!=' ? true : undefined;
  }
  if (typeof b !== 'boolean') return undefined;
  switch (op) {
    case 'and':
    case '&&':
      return a && b;
    case 'or':
      return a || b;
    case '==':
      return a === b;
    case '!=':
      return a !== b;
    default:
      return undefined;
  }
}

function intLeft(op: BinaryOp, a: number | bigint, b: Answer): Answer {
  // An operator that integers have not, and a division by zero, give null rather than no answer.
  if (isInt(b)) return intOp(op, a, b) ?? null;
  const float = asFloat(b);
  if (float !== undefined) return floatOp(op, Number(a), float);
  if (typeof b === 'string') {
    const int = parseInteger(b);
    if (isInt(int)) return intOp(op, a, int);
    const parsed = parseNumber(b);
    return parsed === undefined ? undefined : floatOp(op, Number(a), parsed);
  }
  if (isKind(b, 'list') && (op === 'in' || op === 'intersects'))
    return b.items.some((item) => sameInt(toInt(item), a));
  return undefined;
}

function floatLeft(op: BinaryOp, a: number, b: Answer): Answer {
  if (isInt(b)) return floatOp(op, a, Number(b));
  const float = asFloat(b);
  if (float !== undefined) return floatOp(op, a, float);
  if (typeof b === 'string') {
    const parsed = parseNumber(b);
    return parsed === undefined ? undefined : floatOp(op, a, parsed);
  }
  // Whatever the operator, a floating-point number on the left of a list asks whether it is in the list.
  return isKind(b, 'list') ? b.items.some((item) => numberIn(item) === a) : undefined;
}

function numberIn(item: Answer): number | undefined {
  if (typeof item === 'string') return textToFloat(item);
  return isInt(item) ? Number(item) : asFloat(item);
}

function textLeft(op: BinaryOp, a: string, b: Answer, now: TimeValue): Answer {
  if (typeof b === 'string') return textOp(op, a, b);
  if (b === undefined || b === null) {
    if (op === '==') return a === '';
    return op === '!=' ? a !== '' : undefined;
  }
  if (typeof b === 'boolean') return textAndBool(op, a, b);
  if (isInt(b)) return floatOp(op, textToFloat(a) ?? Number.NaN, Number(b));
  const float = asFloat(b);
  if (float !== undefined) return floatOp(op, textToFloat(a) ?? Number.NaN, float);
  if (isKind(b, 'time')) {
    const time = toTime(a, now);
    return time === undefined ? undefined : compareSeconds(op, time.sec, b.sec);
  }
  const items = listItems(b);
  if (items !== undefined) return textAndItems(op, a, items);
  return isKind(b, 'map') && (op === 'in' || op === 'intersects') ? b.entries.has(a) : undefined;
}

function textAndItems(op: BinaryOp, a: string, items: readonly Answer[]): Answer {
  switch (op) {
    case 'in':
    case 'intersects':
      return items.some((item) => plainText(item) === a);
    case 'contains':
      return items.some((item) => a.includes(plainText(item)));
    case 'like':
      return items.some((item) => cachedGlob(plainText(item))?.(a) === true);
    default:
      return undefined;
  }
}

function textAndBool(op: BinaryOp, a: string, b: boolean): Answer {
  if (isBoolText(a) && op === '==') return boolOfText(a) === b;
  if (isBoolText(a) && op === '!=') return boolOfText(a) !== b;
  return ['or', '==', 'and', '&&', 'in', 'intersects', 'contains', 'like'].includes(op) ? false : undefined;
}

/** Text has no order: `"a" < "b"` is a value that is no answer. */
function textOp(op: BinaryOp, a: string, b: string): boolean | FaultValue {
  switch (op) {
    case '==':
    case 'in':
    case 'intersects':
      return a === b;
    case '!=':
      return a !== b;
    case 'contains':
      return a.includes(b);
    case 'like':
      return cachedGlob(b)?.(a) ?? FAULT;
    default:
      return FAULT;
  }
}

function listLeft(op: BinaryOp, a: ListValue, b: Answer, now: TimeValue): Answer {
  switch (op) {
    case '==':
    case '!=':
    case '>':
    case '>=':
    case '<':
    case '<=':
      return listAgainstTime(op, a, b, now);
    case 'contains':
      if (typeof b === 'string') return a.items.some((item) => plainText(item).includes(b));
      return isInt(b) ? a.items.some((item) => sameInt(toInt(item), b)) : undefined;
    case 'like':
      return typeof b === 'string'
        ? a.items.some((item) => cachedGlob(b)?.(plainText(item)) === true)
        : undefined;
    case 'in':
    case 'intersects':
      if (isKind(b, 'list')) return a.items.some((x) => b.items.some((y) => equalValues(x, y, now) === true));
      return isKind(b, 'strings') ? a.items.some((item) => b.items.includes(plainText(item))) : undefined;
    case 'and':
    case '&&':
    case 'or':
      return false;
    default:
      return undefined;
  }
}

/** A list of times compares if any of its elements does; other lists do not compare. */
function listAgainstTime(op: BinaryOp, a: ListValue, b: Answer, now: TimeValue): Answer {
  if (a.items.length === 0) return false;
  if (!isKind(a.items[0], 'time')) return undefined;
  const time = toTime(b, now);
  if (time === undefined) return undefined;
  for (const item of a.items) {
    if (!isKind(item, 'time')) return undefined;
    if (compareSeconds(op, item.sec, time.sec) === true) return true;
  }
  return false;
}

function stringsLeft(op: BinaryOp, a: StringsValue, b: Answer): Answer {
  switch (op) {
    case 'contains':
      if (typeof b !== 'string' && typeof b !== 'boolean') return undefined;
      return a.items.some((item) => item.includes(String(b)));
    case 'like':
      return typeof b === 'string' ? a.items.some((item) => cachedGlob(b)?.(item) === true) : undefined;
    case 'in':
    case 'intersects': {
      if (!isKind(b, 'list') && !isKind(b, 'strings')) return undefined;
      const wanted = new Set(b.items.map(plainText));
      return a.items.some((item) => wanted.has(item));
    }
    case '==':
    case 'and':
    case '&&':
    case 'or':
      return false;
    default:
      return undefined;
  }
}

function mapLeft(op: BinaryOp, a: MapValue, b: Answer): Answer {
  const items = listItems(b);
  if (items === undefined || (op !== 'in' && op !== 'intersects')) return undefined;
  return items.some((item) => a.entries.has(plainText(item)));
}

function timeOp(op: BinaryOp, a: TimeValue, b: Answer, now: TimeValue): Answer {
  const time = toTime(b, now);
  return time === undefined ? undefined : compareSeconds(op, a.sec, time.sec);
}

/** BETWEEN, without both ends. The left side's type decides how the bounds are read; text has no BETWEEN. */
export function applyBetween(a: Answer, low: Answer, high: Answer, now: TimeValue): boolean | undefined {
  if (a === undefined || low === undefined || high === undefined) return undefined;
  if (isInt(a)) {
    const lowInt = toInt(low);
    const highInt = toInt(high);
    return lowInt === undefined || highInt === undefined ? undefined : a > lowInt && a < highInt;
  }
  const float = asFloat(a);
  if (float !== undefined) {
    const [lowFloat, highFloat] = [toFloat(low), toFloat(high)];
    return lowFloat === undefined || highFloat === undefined
      ? undefined
      : float > lowFloat && float < highFloat;
  }
  if (!isKind(a, 'time')) return undefined;
  const [lowTime, highTime] = [toTime(low, now), toTime(high, now)];
  if (lowTime === undefined || highTime === undefined) return undefined;
  return a.sec > lowTime.sec && a.sec < highTime.sec;
}
