import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { SegueError } from '../../../main/engine/core/errors.ts';
import {
  checkFilter,
  compileFilter,
  contextFromRecord,
  MAX_DEPTH,
  parseFilter,
  parseFilters,
  printStatement,
  toAstJson,
  tokenize,
  whyUnresolved,
} from '../../../main/engine/rules/rules.ts';
import { ruleTexts } from './arbitrary-rule.ts';

function syntaxErrorOf(text: string): SegueError {
  try {
    parseFilter(text);
  } catch (error) {
    return error as SegueError;
  }
  throw new Error(`parses: ${text.slice(0, 80)}`);
}

describe('a text that is no rule', () => {
  it.each([
    ['FILTER', 1, 7, ''],
    ['FILTER x ==', 1, 12, ''],
    ['FILTER AND (x == 1', 1, 19, ''],
    ['FILTER AND (x == 1))', 1, 20, ')'],
    ['FILTER x == "abc', 1, 13, '"'],
    ['FILTER AND (\n  x == 1,\n  y >> 3\n)', 3, 6, '>'],
    ['FILTER x IN 5', 1, 13, '5'],
    ['FILTER x BETWEEN 1', 1, 19, ''],
    ['FILTER x LIMIT many', 1, 16, 'many'],
    ['FILTER x ALIAS a LIMIT 3', 1, 18, 'LIMIT'],
    ['FILTER x == 1; FILTER y == 2', 1, 14, ';'],
    ['FILTER AND ()', 1, 13, ')'],
    ['WHERE x == 1', 1, 1, 'WHERE'],
    ['SELECT a FILTER x', 1, 10, 'FILTER'],
    ['FILTER eq(1)', 1, 8, 'eq'],
    ['/* never closed', 1, 1, '/'],
    ['FILTER x == €', 1, 13, '€'],
    ['', 1, 1, ''],
  ])('%j is refused with line, column and what stands there', (text, line, column, found) => {
    const error = syntaxErrorOf(text);
    expect(error.code).toBe('RULE_SYNTAX');
    expect(error.detail).toMatchObject({ line, column, found });
    expect(error.detail?.expected).not.toBe('');
    expect(error.message).toContain(`Line ${line}, column ${column}`);
  });

  it('says what could stand there', () => {
    expect(syntaxErrorOf('FILTER x BETWEEN 1').message).toContain('expected AND and the upper bound');
    expect(syntaxErrorOf('FILTER eq(1)').message).toContain('expected eq with 2 arguments, not 1');
  });

  it.each([
    ['parentheses', '(', 'x == 1', ')'],
    ['lists', 'AND (', 'x == 1', ')'],
    ['calls', 'tolower(', 'x', ')'],
    ['negations', 'NOT ', 'x == 1', ''],
    ['signs', '- ', 'x', ''],
    ['tuples', 'x IN (', 'x', ')'],
  ])('may not be nested ten thousand times: %s', (_name, open, inner, close) => {
    const error = syntaxErrorOf(`FILTER ${open.repeat(10_000)}${inner}${close.repeat(10_000)}`);
    expect(error.code).toBe('RULE_SYNTAX');
    expect(error.message).toContain(`${MAX_DEPTH} levels`);
  });

  it('may not chain operators beyond the same depth, wide lists are free', () => {
    expect(syntaxErrorOf(`FILTER x == 1${' OR x == 1'.repeat(50_000)}`).message).toContain('levels');
    expect(parseFilter(`FILTER OR (${'x == 1, '.repeat(50_000)})`).filter).toMatchObject({ type: 'boolean' });
  });

  it('is found at once in a megabyte of open quotes, escapes or comments', () => {
    for (const text of [
      '"'.repeat(1_000_001),
      `"${'a\\"'.repeat(330_000)}`,
      '/*'.repeat(500_000),
      '$'.repeat(1e6),
    ]) {
      expect(syntaxErrorOf(`FILTER x == ${text}`).code).toBe('RULE_SYNTAX');
    }
  });
});

describe('nesting up to the limit', () => {
  it.each([
    ['(', ')'],
    ['AND (y != 2, ', ')'],
    ['NOT ', ''],
  ])('%j parses, prints, compiles and evaluates', (open, close) => {
    const depth = MAX_DEPTH - 10;
    const statement = parseFilter(`FILTER ${open.repeat(depth)}x == 1${close.repeat(depth)}`);
    expect(parseFilter(printStatement(statement)).filter).toEqual(statement.filter);
    const answer = compileFilter(statement).matches(contextFromRecord({ x: 1 }), { ms: 0, code: 0 });
    expect(answer).toBe(true);
  });
});

describe('canonical text', () => {
  it('parses to the same AST for any rule', () => {
    fc.assert(
      fc.property(ruleTexts, (text) => {
        const statement = parseFilter(text);
        const printed = printStatement(statement);
        const again = parseFilter(printed);
        expect(toAstJson(again.filter)).toEqual(toAstJson(statement.filter));
        expect(printStatement(again)).toBe(printed);
      }),
      { numRuns: 500 },
    );
  });

  it('keeps every clause, in any case of the keywords', () => {
    const text =
      '-- who left\nfilter and (\n not exists email // none\n x = 5 # five\n) from users limit 10 with a = 1, b = "c" alias Left';
    const statement = parseFilter(text);
    expect(printStatement(statement)).toBe(
      '-- who left\nFILTER and ( NOT EXISTS email, x = 5 ) FROM users LIMIT 10 WITH a = 1, b = "c" ALIAS left',
    );
    expect(parseFilter(printStatement(statement))).toEqual(statement);
  });

  it('keeps an item together that would be read as two', () => {
    const statement = parseFilter('FILTER OR (OR (a == 1), b == 2 AND (c == 3))');
    expect(toAstJson(statement.filter).args).toHaveLength(2);
    expect(printStatement(statement)).toBe('FILTER OR ( a == 1, (b == 2 AND (c == 3)) )');
    expect(toAstJson(parseFilter(printStatement(statement)).filter)).toEqual(toAstJson(statement.filter));
  });

  it('keeps JSON settings', () => {
    const statement = parseFilter('FILTER * WITH {"a": {"b": [1, -2.5, null, true]}, "c": "d"} ALIAS x');
    expect(statement.with).toEqual({ a: { b: [1, -2.5, null, true] }, c: 'd' });
    expect(parseFilter(printStatement(statement))).toEqual(statement);
  });

  it('of a SELECT keeps columns and WHERE', () => {
    const text = 'SELECT a, domain(url) AS d, * FROM users WHERE a > 5 OR b == "x" LIMIT 3';
    expect(printStatement(parseFilter(text))).toBe(text);
  });
});

describe('separators', () => {
  it('between items are commas, line breaks or nothing', () => {
    const items = (text: string) => toAstJson(parseFilter(text).filter).args?.length;
    expect(items('FILTER AND (a == 1, b == 2, c == 3,)')).toBe(3);
    expect(items('FILTER AND (\n a == 1\n b == 2\n c == 3\n)')).toBe(3);
    expect(items('FILTER AND (a == 1 b == 2 INCLUDE c)')).toBe(3);
    expect(items('FILTER OR (\n a == 1\n AND (b == 1, c == 2)\n OR (d == 1, e == 2)\n NOT f == 1)')).toBe(4);
  });

  it('between statements are semicolons', () => {
    expect(parseFilters('FILTER a ALIAS a; FILTER b ALIAS b;\n').map(({ alias }) => alias)).toEqual([
      'a',
      'b',
    ]);
  });
});

describe('checking a rule', () => {
  it('warns of unknown functions, fields and audiences with the nearest name and the place', () => {
    const { warnings } = checkFilter('FILTER AND (\n tolowr(nmae) == "x"\n INCLUDE vip)', {
      knownFields: ['name', 'email'],
      knownAudiences: ['VIPs'],
    });
    expect(warnings.map(({ name, suggestion, line, column }) => [name, suggestion, line, column])).toEqual([
      ['tolowr', 'tolower', 2, 2],
      ['nmae', 'name', 2, 9],
      ['vip', 'VIPs', 3, 10],
    ]);
  });

  it('speaks of a sample where fields come from one', () => {
    const { warnings } = checkFilter('FILTER nmae == "x"', { knownFields: ['name'], fieldsAreSampled: true });
    expect(warnings.map(({ message }) => message)).toEqual([
      'None of the profiles that were looked at has a field nmae.',
    ]);
  });

  it.each([
    ['self', 'it leads in a circle: self → self'],
    ['a', 'it leads in a circle: a → b → c → b'],
    ['d', 'there is no audience nobody: d → nobody'],
    ['n1', 'it leads through more than 200 audiences'],
    ['sound', undefined],
  ])('says why INCLUDE %s cannot be resolved', (name, why) => {
    const rules: Record<string, string> = { self: 'self', a: 'b', b: 'c', c: 'b', d: 'nobody' };
    for (let i = 1; i < 300; i++) rules[`n${i}`] = `n${i + 1}`;
    const resolve = (lowerName: string) => {
      if (lowerName === 'sound' || lowerName === 'n300') return parseFilter('FILTER x == 1');
      const next = rules[lowerName];
      return next === undefined ? undefined : parseFilter(`FILTER AND (INCLUDE sound, INCLUDE ${next})`);
    };
    expect(whyUnresolved(name, resolve)).toBe(why);
  });

  it('lists fields, functions and includes', () => {
    const checked = checkFilter('FILTER AND (a.b > 1, len(tags) == 2, NOT INCLUDE Other)');
    expect(checked).toMatchObject({ fields: ['a.b', 'tags'], functions: ['len'], includes: ['other'] });
  });
});

describe('tokens for the editor', () => {
  it('cover the text in order, comments among them', () => {
    const text = 'FILTER a.b == "x\\"y" -- why\n LIMIT 0x1F';
    const tokens = tokenize(text);
    expect(tokens.map(({ kind, image }) => [kind, image])).toEqual([
      ['word', 'FILTER'],
      ['word', 'a.b'],
      ['symbol', '=='],
      ['string', '"x\\"y"'],
      ['comment', '-- why'],
      ['word', 'LIMIT'],
      ['number', '0x1F'],
      ['end', ''],
    ]);
    expect(tokens.every((token) => text.slice(token.offset, token.end) === token.image)).toBe(true);
  });
});
