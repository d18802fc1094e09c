import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatInstant, type Instant, instantOfMs, parseInstant } from '../../../main/engine/core/instant.ts';
import {
  type CompiledRule,
  compileFilter,
  contextFromRecord,
  parseFilter,
  parseFilters,
  runEvalCase,
} from '../../../main/engine/rules/rules.ts';

const HOUR = 3_600_000;
const START = Date.parse('2026-03-30T00:00:00Z');

function at(text: string): Instant {
  const instant = parseInstant(text);
  if (instant === undefined) throw new Error(`no time: ${text}`);
  return instant;
}

function isoOf(ms: number): string {
  return formatInstant(instantOfMs(ms));
}

function range(from: number, to: number, step: number): number[] {
  return Array.from({ length: Math.max(0, Math.ceil((to - from) / step)) }, (_, i) => from + i * step);
}

function rule(text: string, includes = ''): CompiledRule {
  const included = new Map(parseFilters(includes).map((statement) => [statement.alias, statement]));
  return compileFilter(parseFilter(text), { resolveInclude: (name) => included.get(name) });
}

function boundary(filter: string, context: Record<string, string | string[]>, now: string): unknown {
  const line = runEvalCase({ id: 0, filter, context, now });
  return 'boundary' in line ? [line.result, line.boundary] : line;
}

describe('the boundary', () => {
  it.each([
    ['FILTER t > "now-1M"', '2026-01-31T10:00:00Z', '2026-02-01T00:00:00Z', [true, '2026-03-01T00:00:00Z']],
    ['FILTER t > "now-1M"', '2026-02-28T10:00:00Z', '2026-03-01T00:00:00Z', [true, '2026-03-28T10:00:00Z']],
    ['FILTER t < "now-1y"', '2024-02-29T10:00:00Z', '2024-03-01T00:00:00Z', [false, '2025-03-01T00:00:00Z']],
    ['FILTER t < "now-12M"', '2025-06-15T10:00:00Z', '2026-06-15T09:00:00Z', [false, '2026-06-15T10:00:00Z']],
    ['FILTER t < "now+1M"', '2026-07-20T10:00:00Z', '2026-06-01T00:00:00Z', [false, '2026-06-20T10:00:00Z']],
    ['FILTER "now-1y" <= t', '2026-01-01T00:00:00Z', '2026-06-01T00:00:00Z', [true, '2027-01-01T00:00:00Z']],
  ])('of months and years follows the calendar: %s for %s at %s', (filter, t, now, wanted) => {
    expect(boundary(filter, { t }, now)).toEqual(wanted);
  });

  it('of a month that overflows is where the answer turns, even back', () => {
    // now-1M is 3 March on 31 March, and 1 March a day later: a time of 2 March is in, out and in again.
    const filter = 'FILTER t >= "now-1M"';
    const t = '2026-03-02T12:00:00Z';
    expect(boundary(filter, { t }, '2026-03-29T00:00:00Z')).toEqual([true, '2026-03-30T12:00:00Z']);
    expect(boundary(filter, { t }, '2026-03-31T00:00:00Z')).toEqual([false, '2026-04-01T00:00:00Z']);
    expect(boundary(filter, { t }, '2026-04-01T00:00:00Z')).toEqual([true, '2026-04-02T12:00:00Z']);
    expect(boundary(filter, { t }, '2026-04-03T00:00:00Z')).toEqual([false, null]);
  });

  it('of a list of times is that of the element that decides', () => {
    const t = ['2026-06-01T00:00:00Z', '2026-06-10T00:00:00Z', '2026-06-05T00:00:00Z'];
    expect(boundary('FILTER t > "now-7d"', { t }, '2026-06-11T00:00:00Z')).toEqual([
      true,
      '2026-06-17T00:00:00Z',
    ]);
    expect(boundary('FILTER t < "now-7d"', { t }, '2026-06-07T00:00:00Z')).toEqual([
      false,
      '2026-06-08T00:00:00Z',
    ]);
    expect(boundary('FILTER t < "now-7d"', { t }, '2026-06-09T00:00:00Z')).toEqual([true, null]);
  });

  it('is the earliest over NOT, AND, OR, BETWEEN and INCLUDE', () => {
    const context = { a: '2026-06-01T00:00:00Z', b: '2026-06-03T00:00:00Z' };
    const now = '2026-06-04T00:00:00Z';
    expect(boundary('FILTER NOT OR (a > "now-7d", b > "now-4d")', context, now)).toEqual([
      false,
      '2026-06-07T00:00:00Z',
    ]);
    expect(boundary('FILTER AND (a BETWEEN "now-4d" AND "now", b > "now-9d")', context, now)).toEqual([
      'error',
      '2026-06-12T00:00:00Z',
    ]);
    const line = runEvalCase({
      id: 0,
      filter: 'FILTER AND (EXISTS a, NOT INCLUDE recent)',
      includes: 'FILTER b > "now-2d" ALIAS Recent',
      context,
      now,
    });
    expect(line).toEqual({ id: 0, result: false, boundary: '2026-06-05T00:00:00Z' });
  });

  it('keeps nanoseconds', () => {
    const t = '2026-06-01T00:00:00.123456789Z';
    expect(boundary('FILTER t > "now-1d"', { t }, '2026-06-01T12:00:00.5Z')).toEqual([
      true,
      '2026-06-02T00:00:00.123456789Z',
    ]);
  });

  it.each([
    ['FILTER t > now()', '2026-06-20T00:00:00Z'],
    ['FILTER todate("now+3d") > t', '2026-06-17T00:00:00Z'],
    ['FILTER hourofday() == 16', '2026-06-15T13:00:00Z'],
    ['FILTER dayofweek() == 2', '2026-06-16T00:00:00Z'],
    ['FILTER mm() == 7', '2026-07-01T00:00:00Z'],
    ['FILTER yy() == 27', '2027-01-01T00:00:00Z'],
    ['FILTER timewindow(t, 1, 10)', '2026-06-20T00:00:00Z'],
  ])('of a function of now is solved: %s', (filter, wanted) => {
    const line = runEvalCase({
      id: 0,
      filter,
      context: { t: '2026-06-20T00:00:00Z' },
      now: '2026-06-15T12:20:00Z',
    });
    expect(line).toMatchObject({ boundary: wanted });
    expect(line).not.toHaveProperty('approximate');
  });

  it('of a function of now that cannot be solved is the next hour, and says so', () => {
    const line = runEvalCase({
      id: 0,
      filter: 'FILTER toint(now()) > 5',
      context: {},
      now: '2026-06-15T12:20:00Z',
    });
    expect(line).toEqual({ id: 0, result: true, boundary: '2026-06-15T13:00:00Z', approximate: true });
  });

  it('is none for a rule without time', () => {
    expect(rule('FILTER AND (a == 1, b > "2026-01-01")').timeDependent).toBe(false);
  });
});

const offsets = fc.integer({ min: -50, max: 50 }).map((hours) => isoOf(START + hours * HOUR + 7000));
const farOffsets = fc.integer({ min: -40 * 24, max: 5 * 24 }).map((hours) => isoOf(START + hours * HOUR));
const terms = fc.constantFrom(
  'now-1h',
  'now+2h',
  'now-1d',
  'now-30m',
  'now+1d',
  'now-45s',
  'now-1w',
  'now-1M',
  'now+1M',
  'now-12M',
);
const fields = fc.constantFrom('a', 'b', 'times', 'missing');
const comparisons = fc.oneof(
  fc
    .tuple(fields, fc.constantFrom('>', '>=', '<', '<=', '==', '!='), terms)
    .map(([f, op, t]) => `${f} ${op} "${t}"`),
  fc.tuple(terms, fc.constantFrom('>', '>=', '<', '<='), fields).map(([t, op, f]) => `"${t}" ${op} ${f}`),
  fc
    .tuple(fields, fc.constantFrom('BETWEEN', 'NOT BETWEEN'), terms, terms)
    .map(([f, op, low, high]) => `${f} ${op} "${low}" AND "${high}"`),
  fields.map((f) => `${f} > now()`),
  fc.constantFrom(
    'INCLUDE other',
    'NOT INCLUDE other',
    'hourofday() > 12',
    'timewindow(times, 2, 1)',
    'EXISTS a',
    'flag == true',
  ),
);
const rules = fc.letrec<{ rule: string }>((tie) => ({
  rule: fc.oneof(
    { maxDepth: 2 },
    comparisons,
    tie('rule').map((inner) => `NOT (${inner})`),
    fc
      .tuple(
        fc.constantFrom('AND', 'OR', 'NOT AND', 'NOT OR'),
        fc.array(tie('rule'), { minLength: 1, maxLength: 3 }),
      )
      .map(([op, items]) => `${op} (${items.join(', ')})`),
  ),
})).rule;

describe('the change', () => {
  const profiles = fc.record({
    a: fc.oneof(offsets, farOffsets),
    b: offsets,
    times: fc.array(fc.oneof(offsets, farOffsets), { maxLength: 3 }),
    flag: fc.boolean(),
  });

  it('is never later than a change of the answer, looked at second by second around it and hour by hour before', () => {
    fc.assert(
      fc.property(rules, profiles, fc.integer({ min: 0, max: 72 * 3600 }), (text, profile, offset) => {
        const compiled = rule(`FILTER ${text}`, 'FILTER OR (b > "now-1d", a < "now-1M") ALIAS other');
        const types = { a: 'time', b: 'time', times: '[]time' };
        const context = contextFromRecord(profile, types);
        const now = START + offset * 1000;
        const answer = (ms: number) => compiled.matches(context, instantOfMs(ms));
        const before = answer(now);
        const { changesAt } = compiled.evaluate(context, instantOfMs(now));
        const end = changesAt?.ms ?? now + 40 * 24 * HOUR;
        expect(end).toBeGreaterThan(now);
        const hours = range(now, Math.min(end, now + 60 * 24 * HOUR), 3 * HOUR);
        const seconds = [
          ...range(now, Math.min(end, now + 60_000), 1000),
          ...range(Math.max(now, end - 5000), end, 1000),
        ];
        const early = [...hours, ...seconds].filter((ms) => answer(ms) !== before);
        expect(early.map(isoOf)).toEqual([]);
      }),
      { numRuns: 400 },
    );
  });

  it('leads to the flip of the whole rule, which is exact', () => {
    fc.assert(
      fc.property(rules, profiles, (text, profile) => {
        const compiled = rule(`FILTER ${text}`, 'FILTER OR (b > "now-1d", a < "now-1M") ALIAS other');
        const context = contextFromRecord(profile, { a: 'time', b: 'time', times: '[]time' });
        const now = instantOfMs(START);
        const before = compiled.matches(context, now);
        const { at: flip, approximate } = compiled.nextFlip(context, now);
        if (flip === null || approximate) return;
        expect(compiled.matches(context, instantOfMs(flip.ms - 1000))).toBe(before);
        expect(compiled.matches(context, flip)).not.toBe(before);
      }),
      { numRuns: 400 },
    );
  });

  it('of a strict comparison comes one second after the boundary, of > at it', () => {
    const strict = rule('FILTER t < "now-1d"').evaluate(
      contextFromRecord({ t: '2026-06-01T00:00:00Z' }),
      at('2026-06-01T05:00:00Z'),
    );
    expect([strict.boundary, strict.changesAt]).toEqual([
      at('2026-06-02T00:00:00Z'),
      at('2026-06-02T00:00:01Z'),
    ]);
    const later = rule('FILTER t > "now-1d"').evaluate(
      contextFromRecord({ t: '2026-06-01T00:00:00Z' }),
      at('2026-06-01T05:00:00Z'),
    );
    expect([later.boundary, later.changesAt]).toEqual([
      at('2026-06-02T00:00:00Z'),
      at('2026-06-02T00:00:00Z'),
    ]);
  });
});
