import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { beforeAll, expect, it } from 'vitest';
import { ended, freshFolder, segue, segueJson, startSegue } from './run-segue.ts';

const USERS = 20_000;
const START_MS = Date.parse('2026-06-01T00:00:00Z');
const UNTIL = '2026-06-15T00:00:00Z';
const dir = freshFolder();
const base = join(dir, 'base');

/** Everyone is in the audience on 1 June and leaves it at a second of his own within the following six days. */
beforeAll(async () => {
  const lines = Array.from({ length: USERS }, (_, index) =>
    JSON.stringify({
      user_id: `u${index}`,
      seen: new Date(START_MS - ((index * 7919) % 500_000) * 1000).toISOString(),
    }),
  );
  writeFileSync(join(dir, 'profiles.ndjson'), lines.join('\n'));
  await segueJson(['clock', 'advance', '--to', '2026-06-01T00:00:00Z', '--workspace', base]);
  await segueJson(['profile', 'import', join(dir, 'profiles.ndjson'), '--workspace', base]);
  await segueJson(['audience', 'save', 'active', '--filter', 'FILTER seen > "now-7d"', '--workspace', base]);
}, 120_000);

/** The exits in the order of time, without the numbers that say in which batch and place they were written. */
async function exits(workspace: string): Promise<string[]> {
  const out = `${workspace}.ndjson`;
  await segueJson(['history', 'export', '--event', 'exit', '--out', out, '--workspace', workspace]);
  return readFileSync(out, 'utf8')
    .trim()
    .split('\n')
    .map((line) => {
      const { user_id, at } = JSON.parse(line) as { user_id: string; at: string };
      return `${at} ${user_id}`;
    })
    .sort();
}

/** Resolves once the store has at least so many changes made by the clock. */
async function written(workspace: string, least: number): Promise<void> {
  const db = new Database(join(workspace, 'segue.db'), { readonly: true });
  const count = db.prepare<[], number>('SELECT count(*) FROM change WHERE event = 2').pluck();
  try {
    while ((count.get() ?? 0) < least) await new Promise((resolve) => setImmediate(resolve));
  } finally {
    db.close();
  }
}

it('advances the clock after kill -9 in the middle to what an advance without it gives', {
  timeout: 120_000,
}, async () => {
  const whole = join(dir, 'whole');
  const cut = join(dir, 'cut');
  for (const workspace of [whole, cut]) cpSync(base, workspace, { recursive: true });
  await segueJson(['clock', 'advance', '--to', UNTIL, '--workspace', whole]);

  const child = startSegue(['clock', 'advance', '--to', UNTIL, '--workspace', cut]);
  const end = ended(child);
  await written(cut, 200);
  child.kill('SIGKILL');
  await end;
  const before = await exits(cut);
  expect(before.length).toBeGreaterThanOrEqual(200);
  expect(before.length).toBeLessThan(USERS);

  await segueJson(['clock', 'advance', '--to', UNTIL, '--workspace', cut]);
  const expected = await exits(whole);
  expect(expected).toHaveLength(USERS);
  expect(await exits(cut)).toEqual(expected);
  expect((await segue(['doctor', '--workspace', cut])).code).toBe(0);
});
