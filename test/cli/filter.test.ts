import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { freshFolder, segue, segueJson } from './run-segue.ts';

const TIMEOUT = { timeout: 60_000 };

function fileOf(name: string, text: string): string {
  const file = join(freshFolder(), name);
  writeFileSync(file, text);
  return file;
}

describe('filter check', () => {
  it('warns of a function that nobody knows, with the nearest name', TIMEOUT, async () => {
    const checked = await segue(['filter', 'check', '--text', 'FILTER tolowr(name) == "x"']);
    expect(checked.code).toBe(0);
    expect(checked.stdout).toContain('Warning, line 1, column 8: There is no function tolowr.');
    expect(checked.stdout).toContain('Did you mean tolower?');
  });

  it.each([
    ['a megabyte of text', `FILTER x == "${'a'.repeat(1_000_000)}`, 'expected a closing "'],
    ['ten thousand levels', `FILTER ${'NOT ('.repeat(10_000)}x${')'.repeat(10_000)}`, 'levels of nesting'],
    ['a wrong number of arguments', 'FILTER eq(1) == true', 'expected eq with 2 arguments, not 1'],
    ['an open list', 'FILTER AND (\n  x == 1,\n  y ==\n)', 'Line 4, column 1: found ")"'],
  ])('refuses %s with its place and what was expected', TIMEOUT, async (_name, text, wanted) => {
    const checked = await segue(['filter', 'check', '--file', fileOf('rule.fql', text)]);
    expect(checked.code).toBe(1);
    expect(checked.stderr).toContain(wanted);
    expect(checked.stderr).toContain('[RULE_SYNTAX]');
  });

  it('takes a pattern that would blow a backtracking matcher up', TIMEOUT, async () => {
    const filter = `FILTER x LIKE "${'a*'.repeat(50)}b"`;
    const one = { id: 1, filter, context: { x: 'a'.repeat(50_000) }, now: '2026-06-15T12:00:00Z' };
    const ended = await segue(['filter', 'eval', '--cases', fileOf('cases.ndjson', JSON.stringify(one))]);
    expect(ended.stdout).toBe('{"id":1,"result":false,"boundary":null}\n');
  });
});

describe('filter eval', () => {
  const cases = Array.from({ length: 10_000 }, (_, id) =>
    id % 10 === 0
      ? { id, expression: `now-${id % 24}M`, now: '2026-03-31T06:00:00Z' }
      : {
          id,
          filter: `FILTER AND (score > ${id % 100}, INCLUDE base, NOT OR (seen > "now-${id % 60}d", tags INTERSECTS ("z")))`,
          includes: `FILTER times > "now-${id % 5}M" ALIAS base`,
          context: { score: 77, seen: '2026-06-01T00:00:00Z', tags: ['a'], times: ['2026-06-01T00:00:00Z'] },
          types: { score: 'int', seen: 'time', tags: '[]string', times: '[]time' },
          now: '2026-06-15T12:00:00Z',
        },
  );

  it('answers ten thousand cases alike from an array and from lines', TIMEOUT, async () => {
    const array = fileOf('cases.json', JSON.stringify(cases));
    const lines = fileOf('cases.ndjson', cases.map((one) => JSON.stringify(one)).join('\n'));
    const [first, second] = [
      await segue(['filter', 'eval', '--cases', array]),
      await segue(['filter', 'eval', '--cases', lines]),
    ];
    expect(second.stdout).toBe(first.stdout);
    const answers = first.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(answers).toHaveLength(10_000);
    expect(answers[10]).toEqual({ id: 10, time: '2025-05-31T06:00:00Z' });
    expect(answers[2]).toEqual({ id: 2, result: true, boundary: '2026-08-01T00:00:00Z' });
    expect(answers[20 + 3]).toEqual({ id: 23, result: false, boundary: '2026-06-24T00:00:00Z' });
  });
});

it('explains a rule as a tree', TIMEOUT, async () => {
  const dir = freshFolder();
  const at = ['--workspace', join(dir, 'workspace'), '--now', '2026-11-24T00:00:00Z'];
  const user = { user_id: 'u1', seen: '2026-11-10T10:00:00Z', score: 12 };
  await segueJson(['profile', 'import', fileOf('p.ndjson', JSON.stringify(user)), ...at]);
  const rules = [
    { slug: 'vip', filter: 'FILTER score > 50' },
    { slug: 'lapsed', filter: 'FILTER AND (seen < "now-30d", NOT INCLUDE vip, EXISTS email)' },
  ];
  await segueJson(['audience', 'import', fileOf('a.json', JSON.stringify(rules)), ...at]);
  const explained = await segue(['audience', 'explain', 'lapsed', '--user', 'u1', ...at]);
  expect(explained.stdout.split('\n')).toEqual([
    'u1 is not in lapsed',
    '',
    '✗ false  AND ( seen < "now-30d", NOT INCLUDE vip, EXISTS email )',
    '├─ ✗ false  seen < "now-30d"',
    '│     seen = 2026-11-10T10:00:00Z',
    '│     meets its limit at 2026-12-10T10:00:00Z',
    '├─ ✓ true  NOT INCLUDE vip',
    '│  └─ ✗ false  score > 50',
    '│        score = 12',
    '└─ ✗ false  EXISTS email',
    '      email = missing',
    '',
    'Last change: none',
    'Next change without new data: none',
    '',
  ]);
});
