import type { IdentNode } from './ast.ts';
import type { BoundarySink } from './boundary.ts';
import type { TimeValue, Value } from './values.ts';

/** A profile as rules see it: fields are typed when they are first asked for. */
export interface ProfileContext {
  /** The value of a field by its exact name; undefined when the profile has none. */
  get(name: string): Value | undefined;
  entries(): Iterable<readonly [string, Value]>;
  /** What was read last by which layout and when, so that many rules read a profile once. */
  scope: Scope | undefined;
}

/**
 * The fields that a set of rules reads, each with a place. Rules that share a layout share one reading of a profile, and
 * each field is found and typed once.
 */
export interface FieldLayout {
  readonly fields: readonly IdentNode[];
  slotOf(ident: IdentNode): number;
}

/** What an evaluation reads: the fields by place, the profile for functions that look at all of it, and the time. */
export interface Scope {
  readonly values: readonly (Value | undefined)[];
  readonly context: ProfileContext;
  readonly layout: FieldLayout;
  readonly now: TimeValue;
}

/** A compiled expression; undefined is "no answer". */
export type Run = (scope: Scope) => Value | undefined;

/** Tells when a part of a rule can change without new data. */
export type Probe = (scope: Scope, sink: BoundarySink) => void;

/** The answer of a rule: `error` when it has none, in which case the profile does not match. */
export type Tri = boolean | 'error';

/** A whole rule that gives something else than true or false does not match, but is no error either. */
export function triOf(value: ReturnType<Run>): Tri {
  if (value === undefined) return 'error';
  return value === true;
}
