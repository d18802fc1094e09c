import { fork } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { startSandbox } from '../../../main/engine/sandbox/sandbox.ts';
import { openConnection } from '../../../main/engine/store/store.ts';
import { runRequest } from '../../../preload/contract/run.ts';
import { smallDisk } from '../small-disk.ts';
import {
  addWorkflow,
  allMessages,
  attachWorkspace,
  call,
  countByUser,
  entering,
  fill,
  openWorkspace,
  receiveAll,
  type Workspace,
} from './workspace.ts';

const replay = (options: object = {}) => runRequest.parse({ workflow: 'Triggers', kind: 'replay', options });
const MIB = 1_048_576;

async function workspaceWith(messages: number, workflow: Record<string, unknown> = {}) {
  const workspace = await openWorkspace();
  fill(workspace, entering(messages));
  addWorkflow(workspace, workflow);
  return workspace;
}

function setProfile({ store }: Workspace, userId: string, body: string): void {
  store.db.prepare('UPDATE profile_row SET body = ? WHERE user_id = ?').run(body, userId);
}

async function parkedCodes(workspace: Workspace, id: string) {
  const messages = await allMessages(workspace, id);
  return messages
    .filter(({ state }) => state === 'parked')
    .map(({ userId, errorCode, attempts }) => ({ userId, errorCode, attempts }));
}

/** Lets the run go on until the queue holds so many messages. */
async function until(reached: () => boolean): Promise<void> {
  while (!reached()) await new Promise((resolve) => setImmediate(resolve));
}

describe('messages that no queue takes', () => {
  it('one of exactly 1 MiB is sent, one byte more is parked before it is sent', async () => {
    const workspace = await workspaceWith(2);
    const padded = (userId: string, length: number) =>
      setProfile(workspace, userId, `{"user_id":"${userId}","pad":"${'x'.repeat(length)}"}`);
    padded('user0', 0);
    const { id: first } = await workspace.run.start(replay({ max: 2 }), call());
    await workspace.wait(first);
    const { bytes } = await workspace.run.message({ id: first, n: 1 }, call());
    await workspace.sandbox.purge('triggers');

    padded('user0', MIB - bytes);
    padded('user1', MIB - bytes + 1);
    const { id } = await workspace.run.start(replay(), call());
    expect(await workspace.wait(id)).toMatchObject({ state: 'completed_with_errors', sent: 1, parked: 1 });
    expect(await parkedCodes(workspace, id)).toEqual([
      { userId: 'user1', errorCode: 'MESSAGE_TOO_LARGE', attempts: 0 },
    ]);
    const received = await receiveAll(workspace.sandbox);
    expect(received.map(({ body }) => Buffer.byteLength(body))).toEqual([MIB]);
  });

  it('those of a workflow with eleven attributes are parked, each with the rule, and nothing is sent', async () => {
    const attributes = Array.from({ length: 11 }, (_, n) => ({ field: 'email', name: `a${n}` }));
    const workspace = await workspaceWith(3, { attributes });
    const plan = await workspace.run.plan(replay(), call());
    expect(plan.problems).toContainEqual(
      expect.objectContaining({ severity: 'error', code: 'ATTRIBUTE_COUNT', count: 3 }),
    );
    const { id } = await workspace.run.start(replay(), call());
    expect(await workspace.wait(id)).toMatchObject({ state: 'completed_with_errors', sent: 0, parked: 3 });
    expect((await parkedCodes(workspace, id)).map(({ errorCode }) => errorCode)).toEqual(
      Array(3).fill('ATTRIBUTE_COUNT'),
    );
    expect(workspace.sandbox.stats.sent).toBe(0);
  });

  it('a lone surrogate goes as the escape that it was imported as, and is parked as an attribute', async () => {
    const workspace = await workspaceWith(3);
    setProfile(workspace, 'user1', '{"user_id":"user1","name":"a\\ud800b"}');
    const { id } = await workspace.run.start(replay(), call());
    expect(await workspace.wait(id)).toMatchObject({ state: 'completed', sent: 3 });
    const bodies = (await receiveAll(workspace.sandbox)).map(({ body }) => body);
    expect(bodies.filter((body) => body.includes('"a\\ud800b"'))).toHaveLength(1);

    const attributes = [{ field: 'name', name: 'name' }];
    addWorkflow(workspace, { name: 'With name', attributes });
    const { id: second } = await workspace.run.start(
      runRequest.parse({ workflow: 'With name', kind: 'replay' }),
      call(),
    );
    expect(await workspace.wait(second)).toMatchObject({
      state: 'completed_with_errors',
      sent: 2,
      parked: 1,
    });
    expect(await parkedCodes(workspace, second)).toEqual([
      { userId: 'user1', errorCode: 'ATTRIBUTE_CHARACTER', attempts: 0 },
    ]);
  });
});

describe('a FIFO queue', () => {
  it.each([
    ['a workflow without a group field', null],
    ['profiles without the group field', 'nope'],
  ])('%s: each user is a group', async (_what, groupIdField) => {
    const workspace = await workspaceWith(4, { queueUrl: 'sandbox:triggers.fifo', groupIdField });
    await workspace.sandbox.createQueue('triggers.fifo', { FifoQueue: 'true' });
    const { id } = await workspace.run.start(replay(), call());
    expect(await workspace.wait(id)).toMatchObject({ state: 'completed', sent: 4 });
    const received = await receiveAll(workspace.sandbox, 'triggers.fifo');
    const groups = received.map(({ userId, message }) => [userId, message.Attributes?.MessageGroupId]);
    expect(groups).toHaveLength(4);
    for (const [userId, group] of groups) expect(group).toBe(userId);
  });
});

describe('a clock that is wrong', () => {
  const HOUR_MS = 3_600_000;
  const keys = { accessKeyId: 'SEGUESANDBOXCHILD', secretAccessKey: 'child' };

  /** A queue in another process, which keeps the real time. */
  async function queueElsewhere(): Promise<string> {
    const child = fork(new URL('../sandbox/sandbox-process.ts', import.meta.url).pathname);
    onTestFinished(() => void child.kill());
    const [{ endpoint }] = (await once(child, 'message')) as [{ endpoint: string }];
    return `${endpoint}/000000000000/q`;
  }

  const setClock = (offsetMs: number) => vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + offsetMs });

  afterEach(() => void vi.useRealTimers());

  it.each([
    ['fast', HOUR_MS, 'Signature not yet current'],
    ['slow', -HOUR_MS, 'Signature expired'],
  ])('and %s: nothing starts, and the error speaks of the clock', async (_what, offsetMs, why) => {
    const workspace = await workspaceWith(3, { queueUrl: await queueElsewhere() });
    setClock(offsetMs);
    await expect(workspace.run.start(replay(), call(keys))).rejects.toMatchObject({
      code: 'CREDENTIALS_REFUSED',
      message: expect.stringMatching(new RegExp(`${why}.* Compare this machine's clock with the real time`)),
    });
    expect(await workspace.run.list({ cursor: null, limit: 10 }, call())).toEqual({ rows: [], next: null });
  });

  it('from the middle of a run: it pauses and says so, and goes on when the clock is right', async () => {
    const workspace = await workspaceWith(400, { queueUrl: await queueElsewhere() });
    const { id } = await workspace.run.start(replay({ rate: 300 }), call(keys));
    const sent = workspace.store.db.prepare<[string], number>('SELECT sent FROM run WHERE key = ?').pluck();
    await until(() => (sent.get(id) ?? 0) > 20);
    setClock(HOUR_MS);
    const paused = await workspace.wait(id);
    expect(paused).toMatchObject({ state: 'paused', parked: 0, failed: 0 });
    expect(paused.reason).toContain("Compare this machine's clock with the real time");
    expect(paused.sent + paused.pending).toBe(400);

    vi.useRealTimers();
    await workspace.run.setRate({ id, rate: null }, call());
    await workspace.run.resume({ id }, call(keys));
    expect(await workspace.wait(id)).toMatchObject({ state: 'completed', sent: 400, possibleDuplicates: 0 });
  });
});

/**
 * Lets a stopped run go on, and compares the queue with the journal: nothing is lost, and what was sent without being
 * journalled as sent is named as a possible double.
 */
async function nothingUnknownWasSent(workspace: Workspace, id: string, messages: number, repair: () => void) {
  const { sandbox } = workspace;
  expect(sandbox.stats.sent).toBeLessThan(messages);
  repair();
  await workspace.run.setRate({ id, rate: null }, call());
  await workspace.run.resume({ id }, call());
  const row = await workspace.wait(id);
  expect(row).toMatchObject({ state: 'completed', sent: messages, pending: 0 });
  const { duplicates } = await workspace.run.show({ id }, call());
  const named = new Set(duplicates.map(({ userId }) => userId));
  const counts = countByUser(await receiveAll(sandbox));
  expect(counts.size).toBe(messages);
  const doubled = [...counts].filter(([, count]) => count > 1).map(([userId]) => userId);
  expect(doubled.filter((userId) => !named.has(userId))).toEqual([]);
}

describe('a journal that cannot be written', { timeout: 90_000 }, () => {
  const MESSAGES = 400;

  it('because another connection has locked the database: the run stops before the next send', async () => {
    const workspace = await workspaceWith(MESSAGES);
    const { id } = await workspace.run.start(replay({ rate: 300, concurrency: 2 }), call());
    const other = openConnection(workspace.store.file, 'write');
    await until(() => workspace.sandbox.stats.sent > 20);
    other.exec('BEGIN IMMEDIATE');
    const sentBefore = workspace.sandbox.stats.sent;
    const row = await workspace.wait(id);
    expect(row).toMatchObject({ state: 'interrupted' });
    expect(row.reason).toContain('database is locked');
    expect(workspace.sandbox.stats.sent - sentBefore).toBeLessThanOrEqual(20);
    await nothingUnknownWasSent(workspace, id, MESSAGES, () => {
      other.exec('ROLLBACK');
      other.close();
    });
  });

  const { available, disk, mount, unmount, fill: fillDisk } = smallDisk();
  it.skipIf(!available)('because the disk is full: the run stops before the next send', async () => {
    mount();
    onTestFinished(unmount);
    const sandbox = await startSandbox();
    const workspace = attachWorkspace(join(disk, 'ws'), sandbox);
    onTestFinished(async () => {
      await workspace.close();
      await sandbox.close();
    });
    fill(workspace, entering(MESSAGES));
    addWorkflow(workspace);
    await sandbox.createQueue('triggers');
    // A log with room in it would take commits also on a full disk.
    workspace.store.db.pragma('wal_checkpoint(TRUNCATE)');
    const { id } = await workspace.run.start(replay({ rate: 300, concurrency: 2 }), call());
    await until(() => sandbox.stats.sent > 20);
    fillDisk();
    const sentBefore = sandbox.stats.sent;
    const row = await workspace.wait(id);
    expect(row.state).toMatch(/^(?:paused|interrupted)$/);
    expect(row.reason).toContain('disk is full');
    expect(sandbox.stats.sent - sentBefore).toBeLessThanOrEqual(20);
    await nothingUnknownWasSent(workspace, id, MESSAGES, () => rmSync(join(disk, 'filler')));
  });
});
