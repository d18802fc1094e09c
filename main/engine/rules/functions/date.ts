import { epochMs, toText, toTime } from '../coerce.ts';
import { parseDate } from '../dates.ts';
import { asFloat, floatValue, isInt, isKind, type TimeValue, type Value } from '../values.ts';
import { parseByLayout } from './go-layout.ts';
import { arg, type Call, type FunctionSpec, type FunctionTable, fn } from './spec.ts';
import { strftime } from './strftime.ts';

/** A value as a date without date math: `yy("now-1d")` has no answer. */
function dateOf(value: Value): TimeValue | undefined {
  if (isKind(value, 'time')) return value;
  const text = toText(value);
  return text === undefined ? undefined : parseDate(text);
}

/** A part of a date, of now without an argument. */
function part(unit: 'hour' | 'day' | 'month' | 'year', read: (date: Date) => Value): FunctionSpec {
  const run = (args: readonly Value[], { now }: Call) => {
    const time = args.length === 0 ? now : dateOf(arg(args, 0));
    return time === undefined ? undefined : read(new Date(time.sec * 1000));
  };
  return fn(0, 1, run, { kind: 'calendar', unit });
}

function shortYear(date: Date): number {
  const year = date.getUTCFullYear();
  return year >= 2000 ? year - 2000 : year >= 1900 ? year - 1900 : year;
}

function yearMonth(date: Date): string {
  const pad = (n: number) => String(n % 100).padStart(2, '0');
  return pad(date.getUTCFullYear()) + pad(date.getUTCMonth() + 1);
}

function toDate(args: readonly Value[], { now }: Call): Value | undefined {
  if (args.length === 1) {
    const value = arg(args, 0);
    return isKind(value, 'time') ? value : toTime(toText(value), now);
  }
  const [layout, text] = [toText(arg(args, 0)), toText(arg(args, 1))];
  return layout === undefined || text === undefined ? undefined : parseByLayout(layout, text);
}

function toDateIn(args: readonly Value[], { now }: Call): Value | undefined {
  const [text, zone] = [toText(arg(args, 0)), toText(arg(args, 1))];
  if (text === undefined || zone === undefined) return undefined;
  return /^now./i.test(text) ? toTime(text, now) : parseDate(text, zone);
}

/** Seconds since 1970 of a date, or of a duration such as `M10:30` and `30.6`. */
function seconds(args: readonly Value[]): Value | undefined {
  const value = arg(args, 0);
  const amount = isInt(value) ? Number(value) : asFloat(value);
  if (amount !== undefined) return floatValue(amount);
  if (typeof value !== 'string') return undefined;
  const date = parseDate(value);
  if (date !== undefined) return floatValue(date.sec);
  const text = value.replace(/^M/, '');
  const number = (digits: string) => (/^[+-]?\d+(?:\.\d+)?$/.test(digits) ? Number(digits) : undefined);
  if (!text.includes(':')) {
    const plain = number(text);
    return plain === undefined ? undefined : floatValue(plain);
  }
  const parts = text.split(':');
  const total = 60 * (number(parts[0] ?? '') ?? 0) + (number(parts[1] ?? '') ?? 0);
  return parts.length === 2 && total > 0 ? floatValue(total) : undefined;
}

/** Unix time as text: whole seconds, or by precision with decimals cut towards zero. */
function unixTrunc(args: readonly Value[], { now }: Call): Value | undefined {
  const value = arg(args, 0);
  if (args.length === 1) {
    const date = dateOf(value);
    return date === undefined ? undefined : String(date.sec);
  }
  const time = toTime(value, now);
  if (time === undefined) return undefined;
  const micros = BigInt(time.sec) * 1_000_000n + BigInt(Math.floor(time.nano / 1000));
  const decimals = (all: bigint, scale: bigint, digits: number) =>
    `${all / scale}.${String(all % scale < 0n ? -(all % scale) : all % scale).padStart(digits, '0')}`;
  switch (toText(arg(args, 1))?.toLowerCase()) {
    case 's':
    case 'seconds':
      return decimals(BigInt(epochMs(time)), 1000n, 3);
    case 'ms':
    case 'milliseconds':
      return String(epochMs(time));
    case 'sm':
    case 'secondsmicro':
      return decimals(micros, 1_000_000n, 6);
    default:
      return undefined;
  }
}

const format = fn(2, 2, (args) => {
  const [date, pattern] = [dateOf(arg(args, 0)), toText(arg(args, 1))];
  return date === undefined || pattern === undefined ? undefined : strftime(date, pattern);
});
const month = part('month', (date) => date.getUTCMonth() + 1);

export const DATE: FunctionTable = {
  now: fn(0, 0, (_, { now }) => ({ ...now, term: { months: 0, seconds: 0 } }), { kind: 'term' }),
  todate: fn(1, 2, toDate, { kind: 'date-math', answer: 'time' }),
  todatein: fn(2, 2, toDateIn, { kind: 'date-math', answer: 'time' }),
  totimestamp: fn(1, 1, (args) => dateOf(arg(args, 0))?.sec),
  yy: part('year', shortYear),
  mm: month,
  monthofyear: month,
  yymm: part('month', yearMonth),
  dayofweek: part('day', (date) => date.getUTCDay()),
  hourofday: part('hour', (date) => date.getUTCHours()),
  hourofweek: part('hour', (date) => date.getUTCDay() * 24 + date.getUTCHours()),
  seconds: fn(1, 1, seconds),
  unixtrunc: fn(1, 2, unixTrunc, { kind: 'date-math', answer: 'other' }),
  strftime: format,
  extract: format,
};
