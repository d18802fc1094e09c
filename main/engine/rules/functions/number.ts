import { plainText, toBool, toFloat, toInt, toTime } from '../coerce.ts';
import { asFloat, floatValue, isEmpty, isInt, isKind, type Value } from '../values.ts';
import { ANY, arg, type Call, type FunctionTable, fn } from './spec.ts';

function isNumeric(value: Value): boolean {
  return isInt(value) || asFloat(value) !== undefined || isKind(value, 'time');
}

/** The numbers in the arguments of an aggregate; undefined when a list holds something that is no number. */
function numbersOf(args: readonly Value[], strictTexts: boolean): number[] | undefined {
  const numbers: number[] = [];
  for (const value of args) {
    const strings = isKind(value, 'strings');
    if (strings || isKind(value, 'list')) {
      for (const item of value.items) {
        const number = toFloat(item);
        if (number !== undefined && !Number.isNaN(number)) numbers.push(number);
        else if (!strings || strictTexts) return undefined;
      }
    } else if (typeof value === 'string' || isNumeric(value)) {
      const number = toFloat(value);
      if (number !== undefined) numbers.push(number);
    } else if (!isEmpty(value) && !strictTexts) {
      return undefined;
    }
  }
  return numbers;
}

function sum(args: readonly Value[]): Value | undefined {
  const numbers = numbersOf(args, false);
  const total = numbers?.filter((number) => !Number.isNaN(number)).reduce((a, b) => a + b, 0);
  // A sum of zero is no answer in the reference engine.
  return total === undefined || total === 0 ? undefined : floatValue(total);
}

function average(args: readonly Value[]): Value | undefined {
  const numbers = numbersOf(args, true);
  if (numbers === undefined || numbers.length === 0) return undefined;
  return floatValue(numbers.reduce((a, b) => a + b, 0) / numbers.length);
}

/** `cast(field, "type")` and `cast(field AS type)`. */
function cast(args: readonly Value[], { now }: Call): Value | undefined {
  const value = arg(args, 0);
  if (isEmpty(value)) return undefined;
  switch (plainText(args[args.length - 1]).toLowerCase()) {
    case 'string':
    case 'char':
      return plainText(value);
    case 'int':
      return toInt(value);
    case 'time':
      return toTime(value, now);
    default:
      return undefined;
  }
}

function unsign(args: readonly Value[]): Value | undefined {
  const int = toInt(arg(args, 0));
  return int === undefined ? undefined : String(BigInt.asUintN(64, BigInt(int)));
}

export const NUMBER: FunctionTable = {
  toint: fn(1, 1, (args) => toInt(arg(args, 0))),
  tonumber: fn(1, 1, (args) => {
    const number = toFloat(arg(args, 0));
    return number === undefined || Number.isNaN(number) ? undefined : floatValue(number);
  }),
  tobool: fn(1, 1, (args) => toBool(arg(args, 0))),
  tostring: fn(1, 1, (args) => plainText(arg(args, 0))),
  cast: fn(2, 3, cast, { kind: 'date-math', answer: 'time' }),
  unsign: fn(1, 1, unsign),
  sqrt: fn(1, 1, (args) => {
    const value = arg(args, 0);
    const number = isNumeric(value) ? toFloat(value) : undefined;
    return number === undefined ? undefined : floatValue(Math.sqrt(number));
  }),
  pow: fn(2, 2, (args) => {
    const [base, power] = [toFloat(arg(args, 0)), toFloat(arg(args, 1))];
    if (base === undefined || power === undefined || Number.isNaN(base) || Number.isNaN(power))
      return undefined;
    return floatValue(base ** power);
  }),
  sum: fn(1, ANY, sum),
  avg: fn(1, ANY, average),
  count: fn(1, 1, (args) => (isEmpty(arg(args, 0)) ? undefined : 1)),
};
