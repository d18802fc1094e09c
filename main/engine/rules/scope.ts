import type { BoundarySink } from './boundary.ts';
import type { FieldLayout, ProfileContext } from './context.ts';
import type { TimeValue, Value } from './values.ts';

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
