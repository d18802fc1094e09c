import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { PruneResult, RetentionState } from '../../preload/contract/retention.ts';
import { freshFolder, segue, segueJson } from './run-segue.ts';

it('retention is set, shown, tried and carried out from a terminal', async () => {
  const dir = freshFolder();
  const at = (...args: string[]) => [
    '--workspace',
    join(dir, 'ws'),
    '--now',
    '2026-03-01T00:00:00Z',
    ...args,
  ];
  for (const [n, time] of ['2026-01-01', '2026-01-10', '2026-02-20'].entries()) {
    const file = join(dir, `${n}.ndjson`);
    writeFileSync(file, `{"user_id":"u1","n":${n}}`);
    await segueJson(at('profile', 'import', file, '--at', `${time}T00:00:00Z`));
  }
  const forever = await segue(at('retention', 'prune', '--json'));
  expect(forever.code).toBe(1);
  expect(JSON.parse(forever.stderr)).toMatchObject({ error: { code: 'CONFLICT' } });
  for (const wrong of ['0', 'always']) {
    expect(await segue(at('retention', 'set', wrong)), wrong).toMatchObject({ code: 2, stdout: '' });
  }
  expect(await segueJson<RetentionState>(at('retention', 'set', '30'))).toEqual({
    days: 30,
    cutOff: '2026-01-30T00:00:00Z',
    keptFrom: '2026-01-30T00:00:00Z',
    heldByRun: null,
    versions: 2,
    oldestReplacedAt: '2026-01-10T00:00:00Z',
    prunable: 1,
    prunableBytes: 22,
    prunedUntil: null,
  });
  expect((await segue(at('doctor'))).stdout).toContain(
    '1 of them past the retention, about 22 bytes: segue retention prune',
  );
  const tried = await segueJson<PruneResult>(at('retention', 'prune', '--dry-run'));
  expect(tried).toMatchObject({ dryRun: true, removed: 1, removedBytes: 22 });
  expect(await segueJson<PruneResult>(at('retention', 'prune'))).toMatchObject({ dryRun: false, removed: 1 });
  const shown = await segue(at('retention', 'show'));
  expect(shown.stdout).toContain(
    'Profiles as of a time before 2026-01-10T00:00:00.001Z are no longer exact.',
  );
  const asOf = (time: string) => segue(at('profile', 'show', 'u1', '--as-of', time));
  expect((await asOf('2026-02-01T00:00:00Z')).stdout).toContain('"n":1');
  const gone = await asOf('2026-01-05T00:00:00Z');
  expect(gone.code).toBe(1);
  expect(gone.stderr).toContain('Versions from before 2026-01-10T00:00:00.001Z were pruned');
  expect((await segueJson<RetentionState>(at('retention', 'set', 'forever'))).days).toBeNull();
});
