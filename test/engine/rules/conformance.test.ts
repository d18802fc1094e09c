import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  checkFilter,
  type ExactJson,
  OMITTED_FUNCTIONS,
  parseEvalCases,
  parseFilters,
  runEvalCase,
} from '../../../main/engine/rules/rules.ts';

const folder = join(import.meta.dirname, '../../fixtures/conformance');

type Case = { readonly [key: string]: ExactJson };

function load(file: string): Case[] {
  return parseEvalCases(readFileSync(join(folder, file), 'utf8')) as Case[];
}

/** The ids of the cases for which `holds` is false, with what came out instead. */
function failures(cases: readonly Case[], problemOf: (one: Case) => string | undefined): string[] {
  return cases.flatMap((one) => {
    const problem = problemOf(one);
    return problem === undefined ? [] : [`${String(one.id)}: ${problem}`];
  });
}

const omitted = new Set(Object.keys(OMITTED_FUNCTIONS));

function callsOmitted(one: Case): boolean {
  return Array.isArray(one.functions) && one.functions.some((name) => omitted.has(String(name)));
}

describe("the reference engine's published tests", () => {
  it('parse to the same canonical text, AST and clauses', () => {
    const cases = load('filterql-parse.json');
    expect(cases).toHaveLength(121);
    expect(failures(cases, parseProblem)).toEqual([]);
  });

  it('evaluate to the same answer, functions that are left out apart', () => {
    const cases = load('filterql-eval.json');
    expect(cases).toHaveLength(598);
    const covered = cases.filter((one) => !callsOmitted(one));
    expect(cases.length - covered.length).toBe(23);
    expect(failures(covered, evalProblem)).toEqual([]);
  });

  it('have no answer where they call a function that is left out', () => {
    const cases = load('filterql-eval.json').filter(callsOmitted);
    const matching = cases.filter((one) => runEvalCaseAnswer(one) === true);
    expect(matching).toEqual([]);
    expect(omitted.size).toBeLessThanOrEqual(10);
  });

  it('give the same answer for every operator, type and null', () => {
    const cases = load('filterql-matrix-sample.json');
    expect(cases).toHaveLength(304);
    expect(failures(cases, evalProblem)).toEqual([]);
  });

  it('compute the same dates and boundaries', () => {
    const cases = load('datemath.json');
    expect(cases).toHaveLength(76);
    expect(failures(cases, dateProblem)).toEqual([]);
  });
});

describe('a known defect of the reference engine', () => {
  // It lower-cases date math before it looks for the boundary, and so reads a month as a minute (FILTERQL.md, 9).
  it('is not repeated: the boundary of now-1M is a month away', () => {
    const line = runEvalCase({
      id: 1,
      filter: 'FILTER seen > "now-1M"',
      context: { seen: '2026-06-01T09:30:00Z' },
      types: { seen: 'time' },
      now: '2026-06-15T12:00:00Z',
    });
    expect(line).toEqual({ id: 1, result: true, boundary: '2026-07-01T09:30:00Z' });
  });

  // It has no boundary for a list of times.
  it('is not repeated: a list of times has a boundary', () => {
    const line = runEvalCase({
      id: 2,
      filter: 'FILTER seen < "now-7d"',
      context: { seen: ['2026-06-10T09:30:00Z', '2026-06-12T00:00:00Z'] },
      types: { seen: '[]time' },
      now: '2026-06-15T12:00:00Z',
    });
    expect(line).toEqual({ id: 2, result: false, boundary: '2026-06-17T09:30:00Z' });
  });
});

function parseProblem(one: Case): string | undefined {
  const text = String(one.text);
  try {
    if (one.mode === 'parsemany') return differs('statements', parseFilters(text).length, one.statements);
    const checked = checkFilter(text, { strict: one.mode === 'parseselect-strict' });
    if (one.expect === 'error') return 'parses';
    const clauses = ['from', 'alias', 'limit', 'description'] as const;
    return (
      (one.canonical === undefined ? undefined : differs('canonical', checked.canonical, one.canonical)) ??
      (one.ast === undefined ? undefined : differs('ast', checked.ast, one.ast)) ??
      (one.with === undefined ? undefined : differs('with', sorted(checked.with), sorted(one.with))) ??
      (one.columns === undefined ? undefined : differs('columns', checked.columns, one.columns)) ??
      clauses
        .map((name) => differs(name, checked[name], one[name] ?? null))
        .find((each) => each !== undefined)
    );
  } catch (error) {
    return one.expect === 'error' ? undefined : String(error);
  }
}

function sorted(value: unknown): unknown {
  return Object.entries(value ?? {}).sort();
}

function differs(what: string, actual: unknown, wanted: unknown): string | undefined {
  const [a, b] = [JSON.stringify(actual), JSON.stringify(wanted)];
  return a === b ? undefined : `${what} ${a}, expected ${b}`;
}

function runEvalCaseAnswer(one: Case): unknown {
  const line = runEvalCase(one);
  return 'result' in line ? line.result : line;
}

function evalProblem(one: Case): string | undefined {
  return differs(String(one.filter), runEvalCaseAnswer(one), one.expect);
}

function dateProblem(one: Case): string | undefined {
  const line = runEvalCase(one);
  switch (one.kind) {
    case 'value':
      return differs(String(one.expression), line, { id: one.id, time: one.expect_time });
    case 'boundary':
      return differs('answer', line, { id: one.id, result: one.expect_match, boundary: one.expect_boundary });
    case 'flip': {
      const at = (one.at as Case[]).map(({ now, match, boundary }) => ({ now, result: match, boundary }));
      return differs('answers', line, { id: one.id, at });
    }
    default:
      return syntaxProblem(one, runEvalCaseAnswer(one));
  }
}

/** A bare `now` is date math, but no operand of a comparison: it has no answer (FILTERQL.md, 8). */
function syntaxProblem(one: Case, answer: unknown): string | undefined {
  const bareNow = String(one.filter).includes('"now"');
  const wanted = one.expect_datemath === 'error' || bareNow ? 'error' : false;
  return differs('answer', answer, wanted);
}
