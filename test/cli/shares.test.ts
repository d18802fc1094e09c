import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Engine, openEngine } from '../../main/engine/engine.ts';
import type { MergeReport } from '../../preload/contract/bundle.ts';
import type { RunDetail } from '../../preload/contract/run.ts';
import { receiveAll } from './receive.ts';
import { freshFolder, segue, segueJson, startSandboxProcess } from './run-segue.ts';

const USERS = 400;
const SHARES = 4;

describe('a replay in four shares on four machines', () => {
  const dir = freshFolder();
  const home = (...args: string[]) => ['--workspace', join(dir, 'ws'), ...args];
  const machine = (index: number, ...args: string[]) => ['--workspace', join(dir, `m${index}`), ...args];
  const bundle = join(dir, 'replay.bundle');
  const journal = (index: number) => join(dir, `share-${index}.ndjson`);
  const start = (index: number) =>
    machine(
      index,
      'replay',
      'start',
      '--bundle',
      bundle,
      '--shard',
      `${index}/${SHARES}`,
      '--journal',
      journal(index),
      '--credentials',
      'env',
    );
  const indexes = Array.from({ length: SHARES }, (_, index) => index);
  let sandbox: Awaited<ReturnType<typeof startSandboxProcess>>;

  /** The engine in this process, for what is not under test: a process for each step takes its time. */
  async function withEngine(name: string, work: (engine: Engine) => Promise<unknown>): Promise<void> {
    const engine = await openEngine({ dir: join(dir, name), assetsDir: '', clock: Date.now });
    await work(engine).finally(engine.close);
  }

  beforeAll(async () => {
    sandbox = await startSandboxProcess();
    const users = Array.from({ length: USERS }, (_, index) => `u${index}`);
    writeFileSync(
      join(dir, 'profiles.ndjson'),
      users.map((id) => `{"user_id":"${id}","big":9007199254740993}`).join('\n'),
    );
    const days = [users, users.filter((_, index) => index % 2 === 0)];
    for (const [day, present] of days.entries()) {
      writeFileSync(
        join(dir, `day${day}.csv`),
        ['user_id,segment', ...present.map((id) => `${id},vip`)].join('\n'),
      );
    }
    writeFileSync(
      join(dir, 'workflow.json'),
      JSON.stringify({ name: 'VIP', audiences: ['vip'], queueUrl: sandbox.queueUrl }),
    );
    await withEngine('ws', async (engine) => {
      await engine.call('profile.import', { path: join(dir, 'profiles.ndjson') });
      for (const day of days.keys()) {
        const at = `2026-11-0${day + 2}T00:00:00Z`;
        await engine.call('snapshot.import', { path: join(dir, `day${day}.csv`), at });
      }
      await engine.call('workflow.import', { path: join(dir, 'workflow.json') });
    });
  }, 60_000);
  afterAll(() => sandbox.stop());

  it('sends each message of the bundle exactly once, and the merged journal proves it', async () => {
    const made = await segueJson<{ messages: number; users: number }>(
      home('bundle', 'VIP', '--out', bundle, '--from', '2026-11-02T00:00:00Z'),
    );
    expect(made).toMatchObject({ messages: USERS * 1.5, users: USERS });

    const runs = await Promise.all(indexes.map((index) => segueJson<RunDetail>(start(index), sandbox.env)));
    expect(runs.map(({ state }) => state)).toEqual(indexes.map(() => 'completed'));
    expect(Math.min(...runs.map(({ sent }) => sent))).toBeGreaterThan(0);

    const received = await receiveAll(sandbox.queueUrl, sandbox.credentials);
    const bodies = received.map(({ Body = '' }) => Body);
    expect(bodies).toHaveLength(made.messages);
    const seen = new Set(
      bodies.map((body) => {
        expect(body).toContain('"big":9007199254740993');
        const { data, meta } = JSON.parse(body) as {
          data: { user_id: string };
          meta: { timestamp: string };
        };
        return `${data.user_id} ${meta.timestamp}`;
      }),
    );
    expect(seen.size).toBe(made.messages);

    const out = join(dir, 'merged.ndjson');
    const report = await segueJson<MergeReport>(['run', 'merge', out, ...indexes.map(journal)]);
    expect(report).toMatchObject({
      state: 'completed',
      of: SHARES,
      missing: [],
      unaccounted: 0,
      planned: made.messages,
      sent: made.messages,
      parked: 0,
      possibleDuplicates: 0,
    });
    const lines = readFileSync(out, 'utf8').trimEnd().split('\n');
    const merged = lines.map((line) => JSON.parse(line) as { shard: number; userId: string; at: string });
    expect(new Set(merged.map(({ userId, at }) => `${userId} ${at}`))).toEqual(seen);
  });

  it('sends nothing again when the scheduler starts a task again', async () => {
    const again = await segueJson<RunDetail>(start(1), sandbox.env);
    expect(again.state).toBe('completed');
    await withEngine('m1', async (engine) => {
      const { rows } = await engine.call('run.list', {});
      expect(rows.map(({ id }) => id)).toEqual([again.id]);
    });
    expect(await receiveAll(sandbox.queueUrl, sandbox.credentials)).toEqual([]);
  });

  it('refuses to send another selection than the bundle, or from a folder with another workspace', async () => {
    const other = await segue([...start(0), '--user', 'u1', '--json'], sandbox.env);
    expect(other.code).toBe(2);
    expect(other.stderr).toContain('--user');
    const own = await segue(home('replay', 'start', '--bundle', bundle, '--json'), sandbox.env);
    expect(JSON.parse(own.stderr)).toMatchObject({ error: { code: 'CONFLICT' } });
  });

  it('names the shares that are missing, with exit code 4 where that is allowed', async () => {
    const out = join(dir, 'partial.ndjson');
    const files = [journal(0), journal(2), journal(3)];
    const refused = await segue(['run', 'merge', out, ...files, '--json']);
    expect(JSON.parse(refused.stderr)).toMatchObject({
      error: { code: 'NOT_FOUND', detail: { missing: [1] } },
    });
    const { code, stdout } = await segue(['run', 'merge', out, ...files, '--allow-missing', '--json']);
    expect(code).toBe(4);
    expect(JSON.parse(stdout)).toMatchObject({ state: 'incomplete', missing: [1] });
  });
});
