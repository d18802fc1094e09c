import { describe, expect, it } from 'vitest';
import { instantOfMs } from '../../../main/engine/core/instant.ts';
import {
  compileFilter,
  contextFromProfileText,
  contextFromRecord,
  createLayout,
  type ExactJson,
  parseEvalCases,
  parseFilter,
  parseFilters,
  runEvalCase,
  type Tri,
} from '../../../main/engine/rules/rules.ts';

const NOW = instantOfMs(Date.parse('2026-06-15T12:00:00Z'));

function answer(filter: string, profile = '{}', includes = ''): Tri {
  const included = new Map(parseFilters(includes).map((statement) => [statement.alias, statement]));
  const rule = compileFilter(parseFilter(`FILTER ${filter}`), {
    resolveInclude: (name) => included.get(name),
  });
  return rule.matches(contextFromProfileText(profile), NOW);
}

describe('a profile', () => {
  it('keeps integers beyond 2^53 exact', () => {
    const profile = '{"id": 9007199254740993, "ids": [9223372036854775807], "text": "9007199254740993"}';
    expect(answer('id == 9007199254740993', profile)).toBe(true);
    expect(answer('id == 9007199254740992', profile)).toBe(false);
    expect(answer('id > 9007199254740992', profile)).toBe(true);
    expect(answer('id == "9007199254740993"', profile)).toBe(true);
    expect(answer('id IN (9007199254740993)', profile)).toBe(true);
    expect(answer('ids INTERSECTS (9223372036854775807)', profile)).toBe(true);
    expect(answer('ids INTERSECTS (9223372036854775806)', profile)).toBe(false);
    expect(answer('id + 1 == 9007199254740994', profile)).toBe(true);
  });

  it('has the types that its JSON suggests', () => {
    const profile =
      '{"t": "2026-06-14T12:00:00Z", "n": "5", "f": 5.5, "list": ["a", "b"], "times": ["2020-01-01T00:00:00Z"], "m": {"k": 3}}';
    expect(answer('t > "now-2d"', profile)).toBe(true);
    expect(answer('n == 5', profile)).toBe(true);
    expect(answer('f > "5"', profile)).toBe(true);
    expect(answer('list IN ("b")', profile)).toBe(true);
    expect(answer('times < "now-1y"', profile)).toBe(true);
    expect(answer('m.k >= 3', profile)).toBe(true);
    expect(answer('"k" IN m', profile)).toBe(true);
  });

  it('cannot reach anything but its own fields', () => {
    expect(answer('EXISTS constructor')).toBe(false);
    expect(answer('EXISTS `__proto__`')).toBe(false);
    expect(answer('EXISTS `__proto__`', '{"__proto__": 1}')).toBe(true);
    expect(answer('EXISTS m.toString', '{"m": {}}')).toBe(false);
  });

  it('that is no JSON object is refused', () => {
    expect(() => contextFromProfileText('[1]')).toThrowError(
      expect.objectContaining({ code: 'INVALID_INPUT' }),
    );
    expect(() => contextFromProfileText('{')).toThrowError(
      expect.objectContaining({ code: 'INVALID_INPUT' }),
    );
  });
});

describe('INCLUDE', () => {
  it('ignores case and follows chains', () => {
    const includes = 'FILTER INCLUDE b ALIAS A; FILTER x > 5 ALIAS B';
    expect(answer('INCLUDE a', '{"x": 6}', includes)).toBe(true);
    expect(answer('NOT INCLUDE A', '{"x": 6}', includes)).toBe(false);
  });

  it('of nothing and of itself has no answer, plain or negated', () => {
    const includes =
      'FILTER INCLUDE b ALIAS a; FILTER OR (x > 5, INCLUDE a) ALIAS b; FILTER OR (x > 5, INCLUDE gone) ALIAS c';
    for (const name of ['a', 'b', 'c', 'gone']) {
      expect(answer(`INCLUDE ${name}`, '{"x": 6}', includes)).toBe('error');
      expect(answer(`NOT INCLUDE ${name}`, '{"x": 6}', includes)).toBe('error');
    }
    expect(answer('OR (INCLUDE gone, x > 5)', '{"x": 6}', includes)).toBe(true);
  });

  it('of a rule without an answer is an error, NOT INCLUDE of it is true', () => {
    const includes = 'FILTER x < true ALIAS broken';
    expect(answer('INCLUDE broken', '{"x": "a"}', includes)).toBe('error');
    expect(answer('NOT INCLUDE broken', '{"x": "a"}', includes)).toBe(true);
  });

  it('of a wide graph takes no more than its rules', () => {
    const levels = Array.from(
      { length: 60 },
      (_, i) => `FILTER AND (INCLUDE l${i + 1}, INCLUDE l${i + 1}) ALIAS l${i}`,
    );
    const rule = compileFilter(parseFilter('FILTER INCLUDE l0'), {
      resolveInclude: (name) =>
        parseFilters(`${levels.join(';')}; FILTER x == 1 ALIAS l60`).find(({ alias }) => alias === name),
    });
    expect(rule.includes).toHaveLength(61);
    expect(rule.matches(contextFromRecord({ x: 1 }), NOW)).toBe(true);
    expect(JSON.stringify(rule.explain(contextFromRecord({ x: 1 }), NOW)).length).toBeLessThan(100_000);
  });

  it('of a chain of ten thousand ends with an error, not with the stack', () => {
    const rule = compileFilter(parseFilter('FILTER INCLUDE n0'), {
      resolveInclude: (name) => parseFilter(`FILTER INCLUDE n${Number(name.slice(1)) + 1}`),
    });
    expect(rule.matches(contextFromRecord({}), NOW)).toBe('error');
  });

  it('is reported with the fields and audiences behind it', () => {
    const rule = compileFilter(parseFilter('FILTER AND (a == 1, INCLUDE one, INCLUDE gone)'), {
      resolveInclude: (name) => (name === 'one' ? parseFilter('FILTER b == 2') : undefined),
    });
    expect(rule).toMatchObject({
      fields: ['a', 'b'],
      includes: ['one', 'gone'],
      unresolvedIncludes: ['gone'],
    });
  });
});

describe('functions', () => {
  it('geodistance measures along the great circle', () => {
    const profile =
      '{"place": "45.5152,-122.6784", "map": {"lat": 45.5152, "lon": -122.6784}, "pair": [45.5152, -122.6784]}';
    for (const field of ['place', 'map', 'pair']) {
      expect(answer(`geodistance(${field}, "47.6062,-122.3321", 235)`, profile)).toBe(true);
      expect(answer(`geodistance(${field}, "47.6062,-122.3321", 233)`, profile)).toBe(false);
    }
    expect(answer('geodistance(missing, "47.6,-122.3", 5)', profile)).toBe('error');
    expect(answer('geodistance(place, "nowhere", 5)', profile)).toBe('error');
  });

  it('timewindow counts the times of the last days', () => {
    const profile =
      '{"visits": ["2026-06-15T11:00:00Z", "2026-06-14T11:00:00Z", "2026-06-01T00:00:00Z", "2026-07-01T00:00:00Z"]}';
    expect(answer('timewindow(visits, 2, 7)', profile)).toBe(true);
    expect(answer('timewindow(visits, 3, 7)', profile)).toBe(false);
    expect(answer('timewindow(visits, 3, 30)', profile)).toBe(true);
    expect(answer('timewindow(missing, 3, 30)', profile)).toBe('error');
  });

  it('read dates by layout and by zone', () => {
    expect(answer('todate("02/01/2006", "13/10/2014") == "2014-10-13"')).toBe(true);
    expect(answer('todate("2006-01-02T15:04:05-07:00", "2014-10-13T02:00:00+02:00") == "2014-10-13"')).toBe(
      true,
    );
    expect(answer('todatein("2014-07-01 00:00:00", "America/Los_Angeles") == "2014-07-01 07:00:00"')).toBe(
      true,
    );
    expect(answer('todatein("2014-07-01", "No/Where") == "2014-07-01"')).toBe(false);
  });

  it('refuse patterns that could take exponential time', () => {
    const url = `"http://a.b/c?${'a'.repeat(60)}!=1"`;
    expect(answer(`url.matchqs(${url}, "(a+)+$")`)).toBe('error');
  });

  it('that do not exist or are left out have no answer', () => {
    expect(answer('nosuch(1)')).toBe('error');
    expect(answer('useragent("x", "os") == "y"')).toBe(false);
  });
});

describe('dates', () => {
  it.each([
    '2026-06-10',
    '2026/06/10',
    '2026.06.10',
    '06/10/2026',
    '6/10/26',
    '6.10.2026',
    'June 10, 2026',
    'Jun 10th, 2026',
    '10 Jun 2026',
    '10-Jun-2026',
    '2026-Jun-10',
    'Wed, 10 Jun 2026 00:00:00 GMT',
    'Wed, 10 Jun 2026 02:00:00 +0200',
    'Wed Jun 10 00:00:00 2026',
    'Wed Jun 10 00:00:00 UTC 2026',
    'June 10, 2026 12:00 AM',
    '2026-06-10 00:00:00',
    '2026-06-10T00:00:00.000Z',
    '2026-06-09T17:00:00-07:00',
    '2026-06-10 00:00:00 +0000 UTC',
    '20260610',
    '20260610000000',
    '1781049600',
    '1781049600000',
    '1781049600000000',
    '1781049600000000000',
  ])('are read as %s', (text) => {
    expect(answer(`t == "${text}"`, '{"t": "2026-06-10T00:00:00Z"}')).toBe(true);
  });

  it.each(['2026-13-01', '2026-02-30', '13/01/2026', 'June', 'soon', '2026-06-10 25:00:00', '12', '5.5', ''])(
    'are not read from %j',
    (text) => {
      expect(answer(`t == "${text}"`, '{"t": "2026-06-10T00:00:00Z"}')).toBe('error');
    },
  );
});

describe('a shared layout', () => {
  it('reads a profile once for many rules', () => {
    const layout = createLayout();
    const rules = ['FILTER a == 1', 'FILTER AND (a == 1, b == 2)', 'FILTER c == 3'].map((text) =>
      compileFilter(parseFilter(text), { layout }),
    );
    const context = contextFromRecord({ a: 1, b: 2 });
    const answers = rules.map((rule) => rule.matches(context, NOW));
    expect(answers).toEqual([true, true, false]);
    expect(context.scope?.values).toEqual([1, 2, undefined]);
  });
});

describe('an explanation', () => {
  it('shows each part with its answer, fields, boundary and what is included', () => {
    const rule = compileFilter(parseFilter('FILTER AND (city == "Oslo", NOT seen > "now-1d", INCLUDE vip)'), {
      resolveInclude: () => parseFilter('FILTER score > 50'),
    });
    const profile = contextFromProfileText('{"city": "Oslo", "seen": "2026-06-15T00:00:00Z", "score": 7}');
    const tree = rule.explain(profile, NOW);
    expect(tree).toMatchObject({
      value: false,
      boundary: '2026-06-16T00:00:00Z',
      changesAt: '2026-06-16T00:00:00Z',
    });
    const [city, notSeen, vip] = tree.children;
    expect(city).toMatchObject({
      text: 'city == "Oslo"',
      value: true,
      fields: [{ name: 'city', value: '"Oslo"' }],
      boundary: null,
    });
    expect(notSeen).toMatchObject({ text: 'NOT (seen > "now-1d")', value: false, fields: [] });
    expect(notSeen?.children[0]).toMatchObject({
      value: true,
      fields: [{ name: 'seen', value: '2026-06-15T00:00:00Z' }],
      boundary: '2026-06-16T00:00:00Z',
    });
    expect(vip).toMatchObject({
      text: 'INCLUDE vip',
      value: false,
      children: [{ text: 'score > 50', value: false }],
    });
  });

  it('shows a field that is not there as null', () => {
    const tree = compileFilter(parseFilter('FILTER gone > 5')).explain(contextFromRecord({}), NOW);
    expect(tree.fields).toEqual([{ name: 'gone', value: null }]);
  });
});

describe('cases of filter eval', () => {
  it.each<[string, ExactJson, unknown]>([
    [
      'a rule that does not parse',
      { id: 1, filter: 'FILTER (', now: '2026-01-01T00:00:00Z' },
      { id: 1, result: 'invalid', boundary: null },
    ],
    [
      'a wrong number of arguments',
      { id: 1, filter: 'FILTER eq(1)', now: '2026-01-01T00:00:00Z' },
      { id: 1, result: 'invalid', boundary: null },
    ],
    ['no time', { id: 1, filter: 'FILTER a == 1' }, { id: 1, result: 'error', boundary: null }],
    ['no filter', { id: 1, now: '2026-01-01T00:00:00Z' }, { id: 1, result: 'invalid', boundary: null }],
    ['no object', 'case', { id: null, result: 'invalid', boundary: null }],
    [
      'includes that do not parse',
      { id: 1, filter: 'FILTER INCLUDE a', includes: '(', now: '2026-01-01T00:00:00Z' },
      { id: 1, result: 'error', boundary: null },
    ],
    [
      'date math',
      { id: 'x', expression: 'now-1M', now: '2026-03-31T06:00:00.5Z' },
      { id: 'x', time: '2026-03-03T06:00:00.5Z' },
    ],
    [
      'no date math',
      { id: 'x', expression: 'now-1x', now: '2026-03-31T06:00:00Z' },
      { id: 'x', time: 'error' },
    ],
    [
      'a date beyond the calendar',
      { id: 'x', expression: 'now+999999999y', now: '2026-03-31T06:00:00Z' },
      { id: 'x', time: 'error' },
    ],
  ])('answer %s', (_name, record, wanted) => {
    expect(runEvalCase(record)).toEqual(wanted);
  });

  it('are read from an array or from lines, a broken line being one broken case', () => {
    expect(parseEvalCases('[{"id": 9007199254740993}]')).toEqual([{ id: 9007199254740993n }]);
    expect(parseEvalCases('{"id": 1}\n\nnot json\n{"id": 2}\n')).toEqual([{ id: 1 }, {}, { id: 2 }]);
    expect(() => parseEvalCases('[{')).toThrowError(expect.objectContaining({ code: 'FILE_FORMAT' }));
  });
});
