import { equalValues, toBool, toFloat, toInt } from '../coerce.ts';
import { asFloat, isEmpty, isInt, isKind, sameInt, type Value } from '../values.ts';
import { ANY, arg, type FunctionTable, fn } from './spec.ts';

function order(holds: (a: number, b: number) => boolean) {
  return fn(2, 2, (args) => {
    const [a, b] = [toFloat(arg(args, 0)), toFloat(arg(args, 1))];
    return a === undefined || b === undefined || Number.isNaN(a) || Number.isNaN(b) ? undefined : holds(a, b);
  });
}

/** `all` lets a number pass only if its whole part is zero, as the reference engine does. */
function failsAll(value: Value): boolean {
  if (isEmpty(value) || value === false) return true;
  const number =
    isInt(value) || asFloat(value) !== undefined || isKind(value, 'time') ? toInt(value) : undefined;
  return number !== undefined && !sameInt(number, 0);
}

export const LOGIC: FunctionTable = {
  eq: fn(2, 2, (args, { now }) => equalValues(arg(args, 0), arg(args, 1), now)),
  ne: fn(2, 2, (args, { now }) => {
    const equal = equalValues(arg(args, 0), arg(args, 1), now);
    return equal === undefined ? undefined : !equal;
  }),
  gt: order((a, b) => a > b),
  ge: order((a, b) => a >= b),
  lt: order((a, b) => a < b),
  le: order((a, b) => a <= b),
  not: fn(1, 1, (args) => {
    const bool = toBool(arg(args, 0));
    return bool === undefined ? undefined : !bool;
  }),
  exists: fn(1, 1, (args) => arg(args, 0) !== null),
  any: fn(1, ANY, (args) => args.some((value) => !isEmpty(value))),
  all: fn(1, ANY, (args) => !args.some(failsAll)),
  oneof: fn(2, ANY, (args) => args.find((value) => !isEmpty(value))),
};
