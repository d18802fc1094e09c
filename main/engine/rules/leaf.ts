import type { BinaryOp } from './ast.ts';
import { plainText, toInt } from './coerce.ts';
import { applyBetween, applyBinary } from './compare.ts';
import { addMonths, parseTerm } from './datemath.ts';
import { parseDate } from './dates.ts';
import { compileGlob } from './glob.ts';
import { compareSeconds } from './number-ops.ts';
import type { Run } from './scope.ts';
import { FAULT, isKind, type ListValue, timeValue, type Value } from './values.ts';

/**
 * Comparisons of a field with a constant, the bulk of every rule, compiled for the type that the constant suggests. A
 * value of any other type takes the general way, so these closures change speed and never an answer.
 */
export function compileLeaf(op: BinaryOp, slot: number, constant: Value): Run {
  // What a missing field gives does not depend on the time.
  const missing = applyBinary(op, undefined, constant, EPOCH);
  const general: Run = (scope) => {
    const value = scope.values[slot];
    return value === undefined ? missing : applyBinary(op, value, constant, scope.now);
  };
  if (typeof constant === 'number') return numberTest(op, slot, constant, general) ?? general;
  if (typeof constant === 'string') return textTest(op, slot, constant, general);
  if (typeof constant === 'boolean') return boolTest(op, slot, constant, general);
  if (isKind(constant, 'list') && (op === 'in' || op === 'intersects'))
    return setTest(slot, constant, general);
  return general;
}

const EPOCH = timeValue(0, 0);

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
      return (scope) => {
        const value = scope.values[slot];
        return typeof value === 'string' ? value === constant : general(scope);
      };
    case '!=':
      return (scope) => {
        const value = scope.values[slot];
        return typeof value === 'string' ? value !== constant : general(scope);
      };
    case 'contains':
      return (scope) => {
        const value = scope.values[slot];
        return typeof value === 'string' ? value.includes(constant) : general(scope);
      };
    case 'like': {
      const matches = compileGlob(constant);
      return (scope) => {
        const value = scope.values[slot];
        return typeof value === 'string' ? (matches?.(value) ?? FAULT) : general(scope);
      };
    }
    default: {
      const threshold = thresholdOf(constant);
      return threshold === undefined ? general : (timeTest(op, slot, threshold, general) ?? general);
    }
  }
}

function boolTest(op: BinaryOp, slot: number, constant: boolean, general: Run): Run {
  if (op !== '==' && op !== '!=') return general;
  const wanted = (op === '==') === constant;
  return (scope) => {
    const value = scope.values[slot];
    return typeof value === 'boolean' ? value === wanted : general(scope);
  };
}

/** The second that a constant names: `seconds`, after now if `moving`, and `months` by the calendar. */
interface Threshold {
  readonly seconds: number;
  readonly months: number;
  readonly moving: boolean;
}

/** Beyond these the result may be no date, which the general way looks after. */
const MAX_MONTHS = 12 * 1000;
const MAX_SECONDS = 1000 * 366 * 86_400;

function thresholdOf(text: string): Threshold | undefined {
  if (!/^now./i.test(text)) {
    const fixed = parseDate(text);
    return fixed === undefined ? undefined : { seconds: fixed.sec, months: 0, moving: false };
  }
  const term = parseTerm(text);
  if (term === undefined || Math.abs(term.months) > MAX_MONTHS || Math.abs(term.seconds) > MAX_SECONDS)
    return undefined;
  return { ...term, moving: true };
}

function timeTest(op: BinaryOp, slot: number, threshold: Threshold, general: Run): Run | undefined {
  const { seconds, months, moving } = threshold;
  if (months !== 0) return monthTest(op, slot, months, general);
  switch (op) {
    case '>':
      return (scope) => {
        const value = scope.values[slot];
        return isKind(value, 'time')
          ? value.sec > (moving ? scope.now.sec + seconds : seconds)
          : general(scope);
      };
    case '>=':
      return (scope) => {
        const value = scope.values[slot];
        return isKind(value, 'time')
          ? value.sec >= (moving ? scope.now.sec + seconds : seconds)
          : general(scope);
      };
    case '<':
      return (scope) => {
        const value = scope.values[slot];
        return isKind(value, 'time')
          ? value.sec < (moving ? scope.now.sec + seconds : seconds)
          : general(scope);
      };
    case '<=':
      return (scope) => {
        const value = scope.values[slot];
        return isKind(value, 'time')
          ? value.sec <= (moving ? scope.now.sec + seconds : seconds)
          : general(scope);
      };
    default:
      return undefined;
  }
}

/** Calendar months are dear, and a whole batch of profiles is evaluated at the same now. */
function monthTest(op: BinaryOp, slot: number, months: number, general: Run): Run {
  let lastNow = Number.NaN;
  let last = 0;
  return (scope) => {
    const value = scope.values[slot];
    if (!isKind(value, 'time')) return general(scope);
    if (scope.now.sec !== lastNow) {
      lastNow = scope.now.sec;
      last = addMonths(lastNow, months);
    }
    return compareSeconds(op, value.sec, last);
  };
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
    if (!isKind(value, 'strings')) return general(scope);
    for (const item of value.items) if (texts.has(item)) return true;
    return false;
  };
}

/** BETWEEN of a field and two constants, without the answer for `NOT BETWEEN`. */
export function compileBetweenLeaf(slot: number, low: Value, high: Value): Run {
  const general: Run = (scope) => {
    const value = scope.values[slot];
    return value === undefined ? undefined : applyBetween(value, low, high, scope.now);
  };
  if (
    typeof low === 'number' &&
    typeof high === 'number' &&
    Number.isInteger(low) &&
    Number.isInteger(high)
  ) {
    return (scope) => {
      const value = scope.values[slot];
      return typeof value === 'number' ? value > low && value < high : general(scope);
    };
  }
  const [from, to] = [low, high].map((bound) => (typeof bound === 'string' ? thresholdOf(bound) : undefined));
  if (from === undefined || to === undefined || from.months !== 0 || to.months !== 0) return general;
  return (scope) => {
    const value = scope.values[slot];
    if (!isKind(value, 'time')) return general(scope);
    const now = scope.now.sec;
    return (
      value.sec > (from.moving ? now : 0) + from.seconds && value.sec < (to.moving ? now : 0) + to.seconds
    );
  };
}
