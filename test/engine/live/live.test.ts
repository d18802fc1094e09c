import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { formatInstant, instantOfMs } from '../../../main/engine/core/instant.ts';
import { type Engine, openEngine } from '../../../main/engine/engine.ts';
import { startSandbox } from '../../../main/engine/sandbox/sandbox.ts';
import { countByUser, receiveAll } from '../run/workspace.ts';

const START = Date.UTC(2026, 5, 1);
const DAY = 86_400_000;
const time = (days: number) => formatInstant(instantOfMs(START + days * DAY));
const RULES = [
  { slug: 'big', filter: 'FILTER score > 50' },
  { slug: 'lapsed', filter: 'FILTER AND (EXISTS last_seen, last_seen < "now-5d")' },
];

const opened: Engine[] = [];
afterEach(async () => {
  for (const engine of opened.splice(0)) await engine.close();
});

async function open(dir: string, live = true): Promise<Engine> {
  const engine = await openEngine({ dir, assetsDir: dir, clock: () => START, live });
  opened.push(engine);
  return engine;
}

/** A workspace with two rules and the workflow `Triggers`, to its own sandbox unless told otherwise. */
async function prepare(fields: Record<string, unknown> = {}) {
  const dir = mkdtempSync(join(tmpdir(), 'segue-live-'));
  const engine = await open(dir);
  const file = (name: string, text: string) => {
    writeFileSync(join(dir, name), text);
    return join(dir, name);
  };
  await engine.call('audience.import', { path: file('audiences.json', JSON.stringify(RULES)) });
  await engine.call('workflow.save', {
    workflow: {
      name: 'Triggers',
      audiences: ['big', 'lapsed'],
      queueUrl: 'sandbox:triggers.fifo',
      groupIdField: 'team',
      subscriptionId: '7e2b8804bbe162cd3f9c0c5991bf3078',
      ...fields,
    },
  });
  const imported = (name: string, users: readonly string[]) =>
    engine.call('profile.import', { path: file(name, users.map(bigSpender).join('\n')) });
  return { dir, engine, file, imported };
}

const bigSpender = (user: string) => `{"user_id":"${user}","team":"a","score":90}`;
const users = (count: number, prefix = 'u') => Array.from({ length: count }, (_, i) => `${prefix}${i}`);

async function sentAll(engine: Engine, id: string, count: number): Promise<void> {
  await vi.waitFor(
    async () => expect(await engine.call('run.show', { id })).toMatchObject({ sent: count, pending: 0 }),
    { timeout: 8000, interval: 20 },
  );
}

describe('live mode', () => {
  it('is off until it is switched on, and then sends what arises once, in order', async () => {
    const { engine, imported } = await prepare();
    await imported('before.ndjson', users(3, 'before'));
    expect(await engine.call('live.list', {})).toEqual({ rows: [] });
    const { id } = await engine.call('workflow.setLive', { name: 'Triggers', live: true });
    await imported('one.ndjson', users(40, 'a'));
    await imported('two.ndjson', users(40, 'b'));
    await sentAll(engine, id, 80);
    const { rows } = await engine.call('live.list', {});
    expect(rows).toMatchObject([{ workflow: 'Triggers', run: { kind: 'live', state: 'running' } }]);

    await engine.call('workflow.setLive', { name: 'Triggers', live: false });
    await vi.waitFor(async () => expect((await engine.call('run.show', { id })).state).toBe('completed'));
    await imported('after.ndjson', users(3, 'after'));
    const received = await receiveAll(await engine.context.sandbox(), 'triggers.fifo');
    expect(received.map(({ userId }) => userId)).toEqual([...users(40, 'a'), ...users(40, 'b')]);
  });

  it('sends what rules decide when the clock is advanced, and starts with the present members when asked', async () => {
    const { engine, file } = await prepare({ existingUsers: true });
    const lines = [bigSpender('member'), `{"user_id":"late","team":"a","last_seen":"${time(0)}"}`];
    await engine.call('profile.import', { path: file('p.ndjson', lines.join('\n')) });
    const { id, planned } = await engine.call('workflow.setLive', { name: 'Triggers', live: true });
    expect(planned).toBe(1);
    await engine.call('clock.advance', { to: time(4) });
    await sentAll(engine, id, 1);
    await engine.call('clock.advance', { to: time(6) });
    await sentAll(engine, id, 2);
    const received = await receiveAll(await engine.context.sandbox(), 'triggers.fifo');
    expect(received.map(({ userId }) => userId)).toEqual(['member', 'late']);
  });

  it('leaves archived messages alone, and what was sent stays sent when its import is undone', async () => {
    const { engine, file, imported } = await prepare();
    const { id } = await engine.call('workflow.setLive', { name: 'Triggers', live: true });
    const archived = {
      data: {
        user_id: 'old',
        _e: 'audience',
        segment_events: [{ id: 'x', slug: 'big', event: 'enter', enter: time(-9) }],
      },
      meta: { timestamp: time(-9), object: 'user', subscription_id: '7e2b8804bbe162cd3f9c0c5991bf3078' },
    };
    await engine.call('history.import', { path: file('archive.ndjson', JSON.stringify(archived)) });
    expect((await engine.call('history.count', { cause: 'archive' })).count).toBe(1);
    await imported('one.ndjson', users(5));
    await sentAll(engine, id, 5);
    const { rows } = await engine.call('batch.list', {});
    await engine.call('batch.undo', { batch: Math.max(...rows.map((row) => row.batch)) });
    expect(await engine.call('run.show', { id })).toMatchObject({ planned: 5, sent: 5, parked: 0 });
    expect(await receiveAll(await engine.context.sandbox(), 'triggers.fifo')).toHaveLength(5);
  });

  it('needs the name of a production workflow, and refuses to remove one that is live', async () => {
    const { engine } = await prepare({ environment: 'production' });
    const on = { name: 'Triggers', live: true };
    await expect(engine.call('workflow.setLive', on)).rejects.toMatchObject({
      code: 'CONFIRMATION_REQUIRED',
    });
    expect(await engine.call('live.list', {})).toEqual({ rows: [] });
    await engine.call('workflow.setLive', { ...on, confirm: 'Triggers' });
    await expect(engine.call('workflow.remove', { name: 'Triggers' })).rejects.toMatchObject({
      code: 'CONFLICT',
    });
  });

  it('goes on at the next opening, with changes made meanwhile', async () => {
    const { dir, engine } = await prepare();
    const { id } = await engine.call('workflow.setLive', { name: 'Triggers', live: true });
    await engine.close();
    opened.splice(0);
    const quiet = await open(dir, false);
    writeFileSync(join(dir, 'p.ndjson'), users(20).map(bigSpender).join('\n'));
    await quiet.call('profile.import', { path: join(dir, 'p.ndjson') });
    expect(await quiet.call('run.show', { id })).toMatchObject({ state: 'paused', sent: 0 });
    await quiet.close();
    opened.splice(0);
    await sentAll(await open(dir), id, 20);
  });

  it.each([1, 200])(
    'loses nothing when it is killed after %d messages and given its keys again',
    async (after) => {
      const sandbox = await startSandbox();
      onTestFinished(() => sandbox.close());
      const queueUrl = await sandbox.createQueue('triggers');
      const { dir, engine, file } = await prepare({ queueUrl, groupIdField: null });
      const path = file('many.ndjson', users(600).map(bigSpender).join('\n'));
      await engine.close();
      opened.splice(0);

      const script = new URL('live-process.ts', import.meta.url).pathname;
      const { accessKeyId, secretAccessKey } = sandbox;
      const child = spawn(process.execPath, [script, dir, accessKeyId, secretAccessKey, path], {
        stdio: ['ignore', 'ignore', 'inherit'],
      });
      const ended = once(child, 'exit');
      while (sandbox.stats.sent < after && child.exitCode === null)
        await new Promise((resolve) => setImmediate(resolve));
      child.kill('SIGKILL');
      await ended;

      const again = await open(dir);
      const [live] = (await again.call('live.list', {})).rows;
      expect(live).toMatchObject({ waiting: true, run: { state: 'paused' } });
      const id = live?.run.id ?? '';
      await again.call('run.resume', { id }, { credentials: sandbox });
      await sentAll(again, id, 600);
      const counts = countByUser(await receiveAll(sandbox));
      expect(counts.size).toBe(600);
      const named = new Set((await again.call('run.show', { id })).duplicates.map(({ userId }) => userId));
      expect([...counts].filter(([user, count]) => count > 1 && !named.has(user))).toEqual([]);
    },
  );
});
