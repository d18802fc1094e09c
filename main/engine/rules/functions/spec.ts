import type { TimeValue, Value } from '../values.ts';

/** What a function may use besides its arguments. */
export interface Call {
  readonly now: TimeValue;
  /** Every field of the profile. */
  entries(): Iterable<readonly [string, Value]>;
}

/** How the answer of a function moves with now, apart from what its arguments do. */
export type ClockUse =
  /** The answer is a time that carries its distance from now, so that comparisons with it can be solved. */
  | { readonly kind: 'term' }
  /** As `term`, where an argument is date math. */
  | { readonly kind: 'date-math'; readonly answer: 'time' | 'other' }
  /** Without arguments the answer changes only where a UTC hour, day, month or year begins. */
  | { readonly kind: 'calendar'; readonly unit: 'hour' | 'day' | 'month' | 'year' }
  /** The function itself knows when its answer changes next, in seconds since 1970. */
  | {
      readonly kind: 'own';
      readonly nextChange: (args: readonly Value[], nowSec: number) => number | undefined;
    }
  /** Not known; with at most `maxArgs` arguments the answer depends on now. */
  | { readonly kind: 'unknown'; readonly maxArgs: number };

/** A function of the language. A missing argument arrives as null; `undefined` as a result is "no answer". */
export interface FunctionSpec {
  readonly min: number;
  readonly max: number;
  readonly clock?: ClockUse;
  run(args: readonly Value[], call: Call): Value | undefined;
}

export type FunctionTable = Readonly<Record<string, FunctionSpec>>;

export const ANY = Number.POSITIVE_INFINITY;

/** A function of `min` to `max` arguments. */
export function fn(min: number, max: number, run: FunctionSpec['run'], clock?: ClockUse): FunctionSpec {
  return clock === undefined ? { min, max, run } : { min, max, run, clock };
}

/** The argument at a place, null when there is none. */
export function arg(args: readonly Value[], index: number): Value {
  return args[index] ?? null;
}
