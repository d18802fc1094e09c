import { join } from 'node:path';
import { expect, it } from 'vitest';
import { freshFolder, segue, segueJson } from './run-segue.ts';

it('takes --now for the present also where the clock is simulated, for that command only', {
  timeout: 60_000,
}, async () => {
  const at = ['--workspace', join(freshFolder(), 'workspace')];
  await segueJson(['clock', 'advance', '--to', '2026-06-01T00:00:00Z', ...at]);
  const now = ['--now', '2026-07-01T00:00:00Z'];
  expect(await segueJson(['clock', 'show', ...at, ...now])).toMatchObject({
    mode: 'simulated',
    now: '2026-07-01T00:00:00Z',
  });
  expect(await segueJson(['clock', 'show', ...at])).toMatchObject({ now: '2026-06-01T00:00:00Z' });
  // The clock moves forward from where it stands, whatever one command took for the present.
  const back = ['clock', 'advance', '--to', '2026-05-01T00:00:00Z', ...at, '--now', '2026-04-01T00:00:00Z'];
  const refused = await segue(back);
  expect(refused.code).toBe(1);
  expect(refused.stderr).toContain('stands at 2026-06-01T00:00:00Z and only moves forward');
});
