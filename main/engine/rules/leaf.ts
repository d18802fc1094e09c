import type { BinaryOp } from './ast.ts';
import { plainText, toInt } from './coerce.ts';
import { applyBinary } from './compare.ts';
import { addMonths, parseTerm } from './datemath.ts';
import { parseDate } from './dates.ts';
import { compileGlob } from './glob.ts';
import type { Run, Scope } from './scope.ts';
import { FAULT, isKind, type ListValue, type Value } from './values.ts';

/**
 * Comparisons of a field with a constant, the bulk of every rule, compiled for the type that the constant suggests. A
 * value of any other type takes the general way, so these closures change speed and never an answer.
 */
export function compileLeaf(op: BinaryOp, slot: number, constant: Value): Run {
  const general: Run = (scope) => applyBinary(op, scope.values[slot], constant, scope.now);
  if (typeof constant === 'number') return numberTest(op, slot, constant, general) ?? general;
  if (typeof constant === 'string') return textTest(op, slot, constant, general);
  if (typeof constant === 'boolean') return boolTest(op, slot, constant, general);
  if (isKind(constant, 'list') && (op === 'in' || op === 'intersects'))
    return setTest(slot, constant, general);
  return general;
}

function numberTest(op: BinaryOp, slot: number, constant: number, general: Run): Run | undefined {
  switch (op) {
    case '==':
      return (scope) => {
        const value = scope.values[slot];
        return typeof value === 'number' ? value === constant : general(scope);
      };
    case '!=':
      return (scope) => {
        const value = scope.values[slot];
        return typeof value === 'number' ? value !== constant : general(scope);
      };
    case '>':
      return (scope) => {
        const value = scope.values[slot];
        return typeof value === 'number' ? value > constant : general(scope);
      };
    case '>=':
      return (scope) => {
        const value = scope.values[slot];
        return typeof value === 'number' ? value >= constant : general(scope);
      };
    case '<':
      return (scope) => {
        const value = scope.values[slot];
        return typeof value === 'number' ? value < constant : general(scope);
      };
    case '<=':
      return (scope) => {
        const value = scope.values[slot];
        return typeof value === 'number' ? value <= constant : general(scope);
      };
    default:
      return undefined;
  }
}

function textTest(op: BinaryOp, slot: number, constant: string, general: Run): Run {
  switch (op) {
    case '==':
    case '!=':
      return equalityTest(op, slot, constant, general);
    case 'contains':
      return (scope) => {
        const value = scope.values[slot];
        return typeof value === 'string' ? value.includes(constant) : general(scope);
      };
    case 'like': {
      const matches = compileGlob(constant);
      if (matches === undefined)
        return (scope) => (typeof scope.values[slot] === 'string' ? FAULT : general(scope));
      return (scope) => {
        const value = scope.values[slot];
        return typeof value === 'string' ? matches(value) : general(scope);
      };
    }
    default: {
      const seconds = secondsOf(constant);
      return seconds === undefined ? general : (timeTest(op, slot, seconds, general) ?? general);
    }
  }
}

/** A text may also name a time: `created == "12/18/2015"`. */
function equalityTest(op: '==' | '!=', slot: number, constant: string, general: Run): Run {
  const same = op === '==';
  return (scope) => {
    const value = scope.values[slot];
    return typeof value === 'string' ? (value === constant) === same : general(scope);
  };
}

function boolTest(op: BinaryOp, slot: number, constant: boolean, general: Run): Run {
  if (op !== '==' && op !== '!=') return general;
  const wanted = (op === '==') === constant;
  return (scope) => {
    const value = scope.values[slot];
    return typeof value === 'boolean' ? value === wanted : general(scope);
  };
}

/** Beyond these the result may be no date, which the general way looks after. */
const MAX_MONTHS = 12 * 1000;
const MAX_SECONDS = 1000 * 366 * 86_400;

type SecondsOf = (scope: Scope) => number;

/** The second that a text names: fixed for a date, moving with now for date math. */
function secondsOf(text: string): SecondsOf | undefined {
  if (!/^now./i.test(text)) {
    const fixed = parseDate(text);
    return fixed === undefined ? undefined : () => fixed.sec;
  }
  const term = parseTerm(text);
  if (term === undefined) return undefined;
  const { months, seconds } = term;
  if (Math.abs(months) > MAX_MONTHS || Math.abs(seconds) > MAX_SECONDS) return undefined;
  if (months === 0) return (scope) => scope.now.sec + seconds;
  // Calendar months are dear, and a whole batch of profiles is evaluated at the same now.
  let lastNow = Number.NaN;
  let last = 0;
  return ({ now }) => {
    if (now.sec !== lastNow) {
      lastNow = now.sec;
      last = addMonths(now.sec, months);
    }
    return last;
  };
}

function timeTest(op: BinaryOp, slot: number, seconds: SecondsOf, general: Run): Run | undefined {
  switch (op) {
    case '>':
      return (scope) => {
        const value = scope.values[slot];
        return isKind(value, 'time') ? value.sec > seconds(scope) : general(scope);
      };
    case '>=':
      return (scope) => {
        const value = scope.values[slot];
        return isKind(value, 'time') ? value.sec >= seconds(scope) : general(scope);
      };
    case '<':
      return (scope) => {
        const value = scope.values[slot];
        return isKind(value, 'time') ? value.sec < seconds(scope) : general(scope);
      };
    case '<=':
      return (scope) => {
        const value = scope.values[slot];
        return isKind(value, 'time') ? value.sec <= seconds(scope) : general(scope);
      };
    default:
      return undefined;
  }
}

function setTest(slot: number, constant: ListValue, general: Run): Run {
  const plain = constant.items.every((item) => typeof item === 'string' || typeof item === 'number');
  if (!plain) return general;
  const texts = new Set(constant.items.map(plainText));
  const ints = new Set(constant.items.map(toInt).filter((int) => typeof int === 'number'));
  const exact = constant.items.every((item) => typeof toInt(item) !== 'bigint');
  return (scope) => {
    const value = scope.values[slot];
    if (typeof value === 'string') return texts.has(value);
    if (typeof value === 'number' && exact && Number.isInteger(value)) return ints.has(value);
    if (isKind(value, 'strings')) return value.items.some((item) => texts.has(item));
    return general(scope);
  };
}
