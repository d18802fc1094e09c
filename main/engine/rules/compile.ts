import { formatInstant, type Instant, MAX_CODE, parseInstant } from '../core/instant.ts';
import type { Node, Statement } from './ast.ts';
import { childrenOf } from './ast.ts';
import { newSink } from './boundary.ts';
import { compilePhrase, EVERYONE } from './compile-node.ts';
import { createLayout, scopeAt } from './context.ts';
import { formatTime } from './dates.ts';
import { type ExplainNode, explainNode } from './explain.ts';
import {
  type FieldLayout,
  type Probe,
  type ProfileContext,
  type Run,
  type Scope,
  type Tri,
  triOf,
} from './scope.ts';
import { summarize } from './summary.ts';
import { type TimeValue, timeValue } from './values.ts';

/** Finds the statement behind an INCLUDE by its name in lower case; undefined when there is none. */
export type ResolveInclude = (lowerName: string) => Statement | undefined;

export interface CompileOptions {
  readonly resolveInclude?: ResolveInclude;
  /** Shared by rules that are evaluated on the same profiles, so that each profile is read once. */
  readonly layout?: FieldLayout;
}

export interface RuleAnswer {
  readonly value: Tri;
  /**
   * When the answer can flip with no new data, as FILTERQL.md (9) defines it: the earliest time in the rule at which two
   * sides meet. A strict comparison flips one second later.
   */
  readonly boundary: Instant | null;
  /** The first whole second after now at which a part of the rule has another answer; what a timer waits for. */
  readonly changesAt: Instant | null;
  /** A function of now cannot be solved: `changesAt` is the next full hour, when the rule has to be evaluated again. */
  readonly approximate: boolean;
}

export interface CompiledRule {
  /**
   * The fastest way to ask many rules about one profile: read the scope once ({@link scopeOf}) with the layout that the
   * rules share. The profile matches where this is `true`; `undefined` is no answer, anything else no match.
   */
  readonly run: Run;
  /**
   * Beside `run`: the first whole second (since 1970) after the scope's time at which a part of the rule has another
   * answer, as `changesAt` of {@link RuleAnswer}; undefined where time changes nothing.
   */
  nextChangeSec(scope: Scope): number | undefined;
  /** Only the answer. */
  matches(context: ProfileContext, now: Instant): Tri;
  evaluate(context: ProfileContext, now: Instant): RuleAnswer;
  /**
   * The first second after now at which the answer of the whole rule is another one, or null. Looks at no more than
   * `steps` changes of its parts; `approximate` as in {@link RuleAnswer}, also when the steps did not suffice.
   */
  nextFlip(
    context: ProfileContext,
    now: Instant,
    steps?: number,
  ): { at: Instant | null; approximate: boolean };
  explain(context: ProfileContext, now: Instant): ExplainNode;
  readonly statement: Statement;
  /** The names of the fields that the rule and what it includes read. */
  readonly fields: readonly string[];
  /** The audiences that the rule includes, directly or through others, in lower case. */
  readonly includes: readonly string[];
  /** The included audiences that do not exist or lead back to themselves. */
  readonly unresolvedIncludes: readonly string[];
  /** Whether time alone can change an answer. */
  readonly timeDependent: boolean;
  /** The rule looks at every field (`match`). */
  readonly readsAllFields: boolean;
}

/** Includes within includes, and the nesting of their rules, together. */
const MAX_INCLUDE_DEPTH = 1000;
const DEFAULT_STEPS = 100;
const NANOS_PER_MS = 1_000_000;
const LAST_SECOND = 253_402_300_799;

/** Compiles a parsed statement once; the result is evaluated any number of times. */
export function compileFilter(statement: Statement, options: CompileOptions = {}): CompiledRule {
  const layout = options.layout ?? createLayout();
  const probes: Probe[] = [];
  const includes = includeTable(options.resolveInclude ?? (() => undefined), layout, probes);
  const run = compilePhrase(statement.filter, { layout, probes, include: includes.resolve });
  const summary = summarize([statement, ...includes.found.values()]);
  const read = (context: ProfileContext, now: Instant): Scope => scopeOf(layout, context, now);
  const sinkAt = (scope: Scope) => {
    const sink = newSink();
    for (const probe of probes) probe(scope, sink);
    return sink;
  };
  return {
    statement,
    run,
    fields: summary.fields,
    readsAllFields: summary.functions.includes('match'),
    includes: [...includes.seen],
    unresolvedIncludes: [...includes.seen].filter((name) => includes.resolve(name) === undefined),
    timeDependent: probes.length > 0,
    nextChangeSec(scope) {
      if (probes.length === 0) return undefined;
      const { changeSec } = sinkAt(scope);
      return changeSec === undefined || changeSec > LAST_SECOND ? undefined : changeSec;
    },
    matches: (context, now) => triOf(run(read(context, now))),
    evaluate(context, now) {
      const scope = read(context, now);
      const value = triOf(run(scope));
      if (probes.length === 0) return { value, boundary: null, changesAt: null, approximate: false };
      const { boundary, changeSec, approximate } = sinkAt(scope);
      return { value, boundary: instantOf(boundary), changesAt: instantOfSecond(changeSec), approximate };
    },
    nextFlip(context, now, steps = DEFAULT_STEPS) {
      const start = read(context, now);
      const before = triOf(run(start));
      let scope = start;
      for (let step = 0; step < steps; step++) {
        const { changeSec, approximate } = sinkAt(scope);
        if (changeSec === undefined) return { at: null, approximate: false };
        scope = { ...scope, now: timeValue(changeSec, 0) };
        if (approximate || triOf(run(scope)) !== before)
          return { at: instantOfSecond(changeSec), approximate };
      }
      return { at: instantOf(scope.now), approximate: true };
    },
    explain: (context, now) =>
      explainNode(statement.filter, {
        layout,
        include: includes.resolve,
        included: (name) => includes.found.get(name)?.filter,
        opened: new Map(),
        context,
        now: timeOfInstant(now),
      }),
  };
}

/** Reads a profile for the rules of a layout; asking again at the same instant costs nothing. */
export function scopeOf(layout: FieldLayout, context: ProfileContext, now: Instant): Scope {
  return scopeAt(layout, context, timeOfInstant(now));
}

/**
 * The included audiences of one rule. Each is compiled once however often it is named. One that includes an audience which
 * is not found, or itself, cannot be resolved either: that is known before anything is evaluated.
 */
function includeTable(resolveInclude: ResolveInclude, layout: FieldLayout, probes: Probe[]) {
  const compiled = new Map<string, Run | undefined>();
  const found = new Map<string, Statement>();
  const seen = new Set<string>();
  const open: string[] = [];
  let depth = 0;
  let broken = false;
  const resolve = (name: string): Run | undefined => {
    seen.add(name);
    if (compiled.has(name)) {
      const known = compiled.get(name);
      if (known === undefined) broken = true;
      return known;
    }
    const statement = open.includes(name) ? undefined : resolveInclude(name);
    const levels = statement === undefined ? 0 : levelsOf(statement.filter) + 1;
    if (statement === undefined || depth + levels > MAX_INCLUDE_DEPTH) {
      broken = true;
      return undefined;
    }
    found.set(name, statement);
    open.push(name);
    depth += levels;
    const outerBroken = broken;
    broken = false;
    const own: Probe[] = [];
    const run = compilePhrase(statement.filter, { layout, probes: own, include: resolve });
    const result = broken ? undefined : remembered(run);
    broken = outerBroken || broken;
    depth -= levels;
    open.pop();
    compiled.set(name, result);
    if (result !== undefined) probes.push(...own);
    return result;
  };
  return { resolve, found, seen };
}

/** An audience that is included many times over is evaluated once per profile and time. */
function remembered(run: Run): Run {
  if (run === EVERYONE) return run;
  let lastScope: Scope | undefined;
  let last: ReturnType<Run>;
  return (scope) => {
    if (scope !== lastScope) {
      last = run(scope);
      lastScope = scope;
    }
    return last;
  };
}

function levelsOf(node: Node): number {
  return 1 + childrenOf(node).reduce((deepest, child) => Math.max(deepest, levelsOf(child)), 0);
}

/** An instant of the store as the rules compute with it. */
export function timeOfInstant(instant: Instant): TimeValue {
  if (instant === lastInstant) return lastTime;
  lastInstant = instant;
  lastTime = convertInstant(instant);
  return lastTime;
}

// A batch of profiles is evaluated at one instant, the same object each time.
let lastInstant: Instant | undefined;
let lastTime = timeValue(0, 0);

function convertInstant({ ms, code }: Instant): TimeValue {
  const sec = Math.floor(ms / 1000);
  const nanosInMs = Math.floor(code / (MAX_CODE / NANOS_PER_MS));
  return timeValue(sec, (ms - sec * 1000) * NANOS_PER_MS + nanosInMs);
}

function instantOf(time: TimeValue | undefined): Instant | null {
  if (time === undefined || time.sec > LAST_SECOND) return null;
  return parseInstant(formatTime(time)) ?? null;
}

function instantOfSecond(sec: number | undefined): Instant | null {
  return sec === undefined ? null : instantOf(timeValue(sec, 0));
}

/** RFC 3339 of an instant in UTC, with as many decimals as it needs. */
export function instantText(instant: Instant | null): string | null {
  return instant === null ? null : formatInstant(instant);
}
