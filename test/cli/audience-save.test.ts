import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { freshFolder, segue, segueJson } from './run-segue.ts';

it('saves a rule after showing who would enter and leave', { timeout: 60_000 }, async () => {
  const dir = freshFolder();
  const at = ['--workspace', join(dir, 'workspace')];
  writeFileSync(join(dir, 'p.ndjson'), '{"user_id":"a","score":1}\n{"user_id":"b","score":9}\n');
  await segueJson(['profile', 'import', join(dir, 'p.ndjson'), ...at]);
  const first = await segue(['audience', 'save', 'big', '--filter', 'FILTER score > 5', ...at]);
  expect(first).toMatchObject({ code: 0, stdout: 'Audience big: created, 1 entered, 0 left.\n' });
  writeFileSync(join(dir, 'rule.fql'), 'FILTER AND (score < 5, NOT EXISTS scroe)');
  const save = ['audience', 'save', 'big', '--file', join(dir, 'rule.fql'), ...at];
  const dry = await segue([...save, '--dry-run']);
  expect(dry.code).toBe(0);
  expect(dry.stdout.split('\n')).toEqual([
    'Warning, line 1, column 35: No profile has a field scroe. Did you mean score?',
    'Of 2 profiles, nothing was changed:',
    'match       1  (a)',
    'would enter 1  (a)',
    'would leave 1  (b)',
    '',
  ]);
  expect(await segueJson([...save, '--dry-run'])).toMatchObject({
    entering: { count: 1, users: ['a'] },
    leaving: { count: 1, users: ['b'] },
  });
  expect(await segueJson(save)).toMatchObject({
    outcome: 'updated',
    entered: 1,
    exited: 1,
    warnings: [{ name: 'scroe' }],
  });
  expect(await segue(['audience', 'save', 'big', ...at])).toMatchObject({ code: 2 });
});

it('warns of imported and saved rules that lead back to themselves or name what nobody knows', {
  timeout: 60_000,
}, async () => {
  const dir = freshFolder();
  const at = ['--workspace', join(dir, 'workspace')];
  const file = join(dir, 'audiences.json');
  const rules = { a: 'INCLUDE b', b: 'INCLUDE a', c: 'emial == "x"', d: 'INCLUDE nobody', e: 'EXISTS email' };
  writeFileSync(
    file,
    JSON.stringify(Object.entries(rules).map(([slug, rule]) => ({ slug, filter: `FILTER ${rule}` }))),
  );
  // Before there are profiles no field is known, which says nothing about the rules.
  expect(await segueJson(['audience', 'import', file, ...at])).toMatchObject({
    warnings: [{ audience: 'a' }, { audience: 'b' }, { audience: 'd' }],
  });
  writeFileSync(join(dir, 'p.ndjson'), '{"user_id":"u","email":"x"}\n');
  await segueJson(['profile', 'import', join(dir, 'p.ndjson'), ...at]);
  const cycle = (name: string, way: string) =>
    `Warning, line 1, column 16: INCLUDE ${name} cannot be resolved: it leads in a circle: ${way}. The rule has no answer where it is asked for.`;
  expect((await segue(['audience', 'import', file, ...at])).stdout.split('\n')).toEqual([
    'Audiences: 0 created, 0 updated, 5 unchanged.',
    `a: ${cycle('b', 'b → a → b')}`,
    `b: ${cycle('a', 'a → b → a')}`,
    'c: Warning, line 1, column 8: No profile has a field emial. Did you mean email?',
    'd: Warning, line 1, column 16: There is no audience nobody.',
    '',
  ]);
  const saved = await segue(['audience', 'save', 'self', '--filter', 'FILTER INCLUDE self', ...at]);
  expect(saved.stdout).toBe(`${cycle('self', 'self → self')}\nAudience self: created, 0 entered, 0 left.\n`);
  const why = await segue(['audience', 'explain', 'a', '--user', 'u', ...at]);
  expect(why.stdout).toContain('it leads in a circle: b → a → b\n');
});
