import { SegueError } from '../core/errors.ts';
import { type Instant, parseInstant } from '../core/instant.ts';
import type { Statement } from './ast.ts';
import { type CompiledRule, compileFilter, instantText, timeOfInstant } from './compile.ts';
import { contextFromRecord, type FieldTypes } from './context.ts';
import { parseTerm, timeOfTerm } from './datemath.ts';
import { formatTime } from './dates.ts';
import { type ExactJson, parseExactJson } from './exact-json.ts';
import { parseFilter, parseFilters } from './parse.ts';
import type { ProfileContext, Tri } from './scope.ts';

type Json = { readonly [key: string]: ExactJson };

export interface EvalOutcome {
  readonly result: Tri | 'invalid';
  readonly boundary: string | null;
  /** Only when true: the boundary is the next full hour, as a function of now cannot be solved. */
  readonly approximate?: true;
}

/** One line of `filter eval`. `at` answers a case that lists several times. */
export type EvalLine = { readonly id: ExactJson } & (
  | EvalOutcome
  | { readonly time: string }
  | { readonly at: readonly (EvalOutcome & { readonly now: ExactJson })[] }
);

/**
 * Runs one case of `filter eval` (DESIGN §10): `{id, filter, context, types?, now, includes?}`, the same with
 * `at: [{now}]`, or `{id, expression, now}`. Never throws: what does not parse is `invalid`, what has no answer `error`.
 */
export function runEvalCase(record: ExactJson): EvalLine {
  const line = asRecord(record) ?? {};
  const id = typeof line.id === 'bigint' ? String(line.id) : (line.id ?? null);
  try {
    if (typeof line.expression === 'string') return { id, time: timeOf(line.expression, line.now) };
    const at = asList(line.at);
    if (at === undefined) return { id, ...runOne(prepare(line), line.now) };
    const prepared = prepare(line);
    return { id, at: at.map((each) => ({ now: nowOf(each), ...runOne(prepared, nowOf(each)) })) };
  } catch {
    return { id, result: 'error', boundary: null };
  }
}

function nowOf(json: ExactJson): ExactJson {
  return asRecord(json)?.now ?? null;
}

interface Prepared {
  readonly rule: CompiledRule;
  readonly context: ProfileContext;
}

function prepare(line: Json): Prepared | undefined {
  const statement = parsed(line.filter);
  if (statement === undefined) return undefined;
  const includes = includedStatements(line.includes);
  const rule = compileFilter(statement, { resolveInclude: (name) => includes.get(name) });
  return { rule, context: contextFromRecord(asRecord(line.context) ?? {}, typesOf(line.types)) };
}

function parsed(filter: ExactJson | undefined): Statement | undefined {
  try {
    return typeof filter === 'string' ? parseFilter(filter) : undefined;
  } catch {
    return undefined;
  }
}

function runOne(prepared: Prepared | undefined, now: ExactJson | undefined): EvalOutcome {
  if (prepared === undefined) return { result: 'invalid', boundary: null };
  const instant = typeof now === 'string' ? parseInstant(now) : undefined;
  if (instant === undefined) return { result: 'error', boundary: null };
  const { value, boundary, approximate } = prepared.rule.evaluate(prepared.context, instant);
  return { result: value, boundary: instantText(boundary), ...(approximate ? { approximate } : {}) };
}

/** Statements by alias. Includes that do not parse are as good as missing. */
function includedStatements(includes: ExactJson | undefined): Map<string, Statement> {
  const texts = typeof includes === 'string' ? [includes] : (asList(includes) ?? []);
  const found = new Map<string, Statement>();
  for (const text of texts) {
    try {
      for (const statement of typeof text === 'string' ? parseFilters(text) : []) {
        if (statement.alias !== undefined) found.set(statement.alias, statement);
      }
    } catch {
      // A rule that includes one of these has no answer.
    }
  }
  return found;
}

function timeOf(expression: string, now: ExactJson | undefined): string {
  const instant = typeof now === 'string' ? parseInstant(now) : undefined;
  return (instant === undefined ? undefined : evaluateDateExpression(expression, instant)) ?? 'error';
}

/** The time of a date-math text such as `now-1M` or `-1M`, RFC 3339 in UTC; undefined when it is none. */
export function evaluateDateExpression(expression: string, now: Instant): string | undefined {
  const term = parseTerm(expression);
  const time = term === undefined ? undefined : timeOfTerm(term, timeOfInstant(now));
  return time === undefined ? undefined : formatTime(time);
}

function typesOf(json: ExactJson | undefined): FieldTypes {
  const types = Object.entries(asRecord(json) ?? {});
  return Object.fromEntries(types.filter((entry): entry is [string, string] => typeof entry[1] === 'string'));
}

function asRecord(json: ExactJson | undefined): Json | undefined {
  const record = typeof json === 'object' && json !== null && asList(json) === undefined;
  return record ? (json as Json) : undefined;
}

function asList(json: ExactJson | undefined): readonly ExactJson[] | undefined {
  return Array.isArray(json) ? json : undefined;
}

/**
 * The cases in a file: a JSON array, or NDJSON. A line that is no JSON becomes a case without anything, which `invalid`
 * answers. Throws `FILE_FORMAT` for an array that is no JSON.
 */
export function parseEvalCases(text: string): ExactJson[] {
  const trimmed = text.trim();
  if (trimmed.startsWith('[')) {
    try {
      return [...(asList(parseExactJson(trimmed)) ?? [])];
    } catch (error) {
      throw new SegueError(
        'FILE_FORMAT',
        'The cases are no JSON array. Give an array or one case per line.',
        {},
        error,
      );
    }
  }
  return trimmed.split('\n').flatMap((line) => (line.trim() === '' ? [] : [parseLine(line)]));
}

function parseLine(line: string): ExactJson {
  try {
    return parseExactJson(line);
  } catch {
    return {};
  }
}
