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
  expect(await segueJson(save)).toEqual({ outcome: 'updated', entered: 1, exited: 1 });
  expect(await segue(['audience', 'save', 'big', ...at])).toMatchObject({ code: 2 });
});
