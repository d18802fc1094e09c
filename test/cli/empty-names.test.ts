import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { freshFolder, segue } from './run-segue.ts';

const workspace = join(freshFolder(), 'workspace');

it.each([
  [['doctor', '--workspace', ''], '--workspace'],
  [['--workspace', '', 'profile', 'count'], '--workspace'],
  [['profile', 'import', '', '--workspace', workspace], '<file>'],
  [['history', 'export', '--out', '', '--workspace', workspace], '--out'],
  [['run', 'merge', 'out.ndjson', 'a.ndjson', ''], '<files>'],
] as const)('takes no empty text for a name on the disk: %j', async (args, shown) => {
  const { code, stderr } = await segue([...args, '--json']);
  expect(code).toBe(2);
  expect(JSON.parse(stderr).error).toMatchObject({ code: 'USAGE', message: expect.stringContaining(shown) });
  expect(existsSync(workspace)).toBe(false);
});

it('says in one line what is wrong with an input', async () => {
  const { code, stderr } = await segue(['profile', 'show', '', '--workspace', workspace]);
  expect(code).toBe(1);
  expect(stderr).toMatch(/^segue: profile\.show: userId: .*\[INVALID_INPUT\]\n$/);
});
