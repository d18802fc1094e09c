import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startSandbox } from '../../../main/engine/sandbox/sandbox.ts';
import { runRequest } from '../../../preload/contract/run.ts';
import {
  addWorkflow,
  allMessages,
  call,
  countByUser,
  entering,
  fill,
  folder,
  openWorkspace,
  receiveAll,
} from './workspace.ts';

const replay = (more: object = {}) => runRequest.parse({ workflow: 'Triggers', kind: 'replay', ...more });
const coded = (code: string) => expect.objectContaining({ name: 'SegueError', code });
const NOTHING = { rows: [], next: null };
const page = { cursor: null, limit: 100 };

async function workspaceWith(messages: number, workflow: Record<string, unknown> = {}) {
  const workspace = await openWorkspace();
  fill(workspace, entering(messages));
  addWorkflow(workspace, workflow);
  return workspace;
}

describe('before anything is sent', () => {
  it('production wants the workflow’s name', async () => {
    const workspace = await workspaceWith(3, { environment: 'production' });
    const start = (confirm?: string) => workspace.run.start({ ...replay(), confirm }, call());
    await expect(start()).rejects.toEqual(coded('CONFIRMATION_REQUIRED'));
    await expect(start('triggers')).rejects.toEqual(coded('CONFIRMATION_REQUIRED'));
    expect(workspace.sandbox.stats.sent).toBe(0);
    expect(await workspace.run.list(page, call())).toEqual(NOTHING);
    const { id } = await start('Triggers');
    expect(await workspace.wait(id)).toMatchObject({ state: 'completed', sent: 3 });
  });

  it('a selection larger than the maximum is refused, and no run stays', async () => {
    const workspace = await workspaceWith(11);
    const plan = await workspace.run.plan(replay({ options: { max: 10 } }), call());
    expect(plan).toMatchObject({ messages: 11, exceedsMax: true });
    await expect(workspace.run.start(replay({ options: { max: 10 } }), call())).rejects.toEqual(
      coded('LIMIT_EXCEEDED'),
    );
    expect(workspace.sandbox.stats.sent).toBe(0);
    expect(await workspace.run.list(page, call())).toEqual(NOTHING);
    expect(workspace.store.db.prepare('SELECT count(*) FROM run_message').pluck().get()).toBe(0);
  });

  it.each([
    ['a workflow that is not there', {}, { workflow: 'Nope' }, 'WORKFLOW_NOT_FOUND'],
    ['a workflow without audiences', { audiences: [] }, {}, 'WORKFLOW_INVALID'],
    ['an audience that is not there', {}, { selection: { audiences: ['nope'] } }, 'AUDIENCE_NOT_FOUND'],
    [
      'an audience of another workflow',
      { audiences: ['loyal'] },
      { selection: { audiences: ['at_risk'] } },
      'INVALID_INPUT',
    ],
    [
      'a region that contradicts the queue URL',
      { queueUrl: 'https://sqs.us-east-2.amazonaws.com/111111111111/q' },
      {},
      'REGION_MISMATCH',
    ],
    [
      'an unknown host',
      { queueUrl: 'https://queues.example.org/111111111111/q' },
      {},
      'ENDPOINT_UNCONFIRMED',
    ],
    [
      'AWS without keys',
      { queueUrl: 'https://sqs.us-east-1.amazonaws.com/111111111111/q' },
      {},
      'CREDENTIALS_MISSING',
    ],
    ['a shard beyond the last', {}, { options: { shard: { index: 2, of: 2 } } }, 'INVALID_INPUT'],
  ])('%s is refused', async (_what, workflow, request, code) => {
    const workspace = await workspaceWith(2, workflow);
    await expect(workspace.run.start(replay(request), call())).rejects.toEqual(coded(code));
    expect(await workspace.run.list(page, call())).toEqual(NOTHING);
  });

  it('wrong keys, a missing queue and a queue that is not listening are told apart', async () => {
    const workspace = await openWorkspace();
    fill(workspace, entering(2));
    const { sandbox } = workspace;
    const url = await sandbox.createQueue('triggers');
    const start = (queueUrl: string, secretAccessKey = sandbox.secretAccessKey) => {
      addWorkflow(workspace, { queueUrl });
      return workspace.run.start(replay(), call({ accessKeyId: sandbox.accessKeyId, secretAccessKey }));
    };
    await expect(start(url, 'wrong')).rejects.toEqual(coded('CREDENTIALS_REFUSED'));
    await expect(start(`${url}-nope`)).rejects.toEqual(coded('QUEUE_NOT_FOUND'));
    await expect(start('http://127.0.0.1:1/000000000000/q')).rejects.toEqual(coded('QUEUE_UNREACHABLE'));
  });
});

describe('while sending', () => {
  it('a queue that is deleted stops the run', async () => {
    const workspace = await workspaceWith(400);
    const { id } = await workspace.run.start(replay({ options: { rate: 100 } }), call());
    const { sandbox } = workspace;
    const { DeleteQueueCommand, SQSClient } = await import('@aws-sdk/client-sqs');
    const client = new SQSClient({
      region: sandbox.region,
      endpoint: sandbox.endpoint,
      credentials: sandbox,
    });
    await client.send(new DeleteQueueCommand({ QueueUrl: sandbox.queueUrl('triggers') }));
    client.destroy();
    const row = await workspace.wait(id);
    expect(row).toMatchObject({ state: 'failed', parked: 0 });
    expect(row.reason).toContain('The queue is gone');
    expect(row.sent + row.pending).toBe(400);
  });

  it('a message that breaks a limit is parked with its code and the others are sent', async () => {
    const workspace = await workspaceWith(20);
    workspace.store.db
      .prepare("UPDATE profile_row SET body = ? WHERE user_id = 'user7'")
      .run('{"user_id":"user7","bad":"\uffff"}');
    const plan = await workspace.run.plan(replay(), call());
    expect(plan).toMatchObject({ messages: 20, invalid: 1 });
    expect(plan.problems).toEqual([
      expect.objectContaining({ severity: 'error', code: 'BODY_CHARACTER', count: 1, example: 'user7' }),
    ]);
    const { id } = await workspace.run.start(replay(), call());
    expect(await workspace.wait(id)).toMatchObject({ state: 'completed_with_errors', sent: 19, parked: 1 });
    const { rows } = await workspace.run.messages({ id, state: 'parked', ...page }, call());
    expect(rows).toEqual([
      expect.objectContaining({ userId: 'user7', errorCode: 'BODY_CHARACTER', attempts: 0 }),
    ]);
  });

  it('a message that breaks the consumer’s schema is told, and parked where messages must be valid', async () => {
    const workspace = await openWorkspace();
    fill(workspace, entering(3));
    const user = { properties: { user_id: { enum: ['user0', 'user1'] } } };
    addWorkflow(workspace, { schema: { properties: { data: user } } });
    const request = (requireValid: boolean) =>
      runRequest.parse({ workflow: 'Triggers', kind: 'replay', options: { requireValid } });
    const found = { code: 'SCHEMA_MISMATCH', count: 1, example: 'user2' };
    expect(await workspace.run.plan(request(false), call())).toMatchObject({
      invalid: 0,
      problems: [{ ...found, severity: 'warning' }],
    });
    expect(await workspace.run.plan(request(true), call())).toMatchObject({
      invalid: 1,
      problems: [{ ...found, severity: 'error' }],
    });

    const told = await workspace.run.start(request(false), call());
    expect(await workspace.wait(told.id)).toMatchObject({ state: 'completed', sent: 3 });
    const { id } = await workspace.run.start(request(true), call());
    expect(await workspace.wait(id)).toMatchObject({ state: 'completed_with_errors', sent: 2, parked: 1 });
  });

  it('a queue with a limit of 1 KB parks what is larger', async () => {
    const workspace = await workspaceWith(3);
    await workspace.sandbox.createQueue('triggers', { MaximumMessageSize: '1024' });
    workspace.store.db
      .prepare("UPDATE profile_row SET body = ? WHERE user_id = 'user1'")
      .run(`{"user_id":"user1","notes":"${'x'.repeat(1000)}"}`);
    const { id } = await workspace.run.start(replay(), call());
    expect(await workspace.wait(id)).toMatchObject({ state: 'completed_with_errors', sent: 2, parked: 1 });
    expect((await workspace.run.show({ id }, call())).errors[0]?.code).toBe('MESSAGE_TOO_LARGE');
  });

  it('nothing is sent that cannot be journalled', async () => {
    const workspace = await workspaceWith(300);
    workspace.store.db.exec(
      `CREATE TRIGGER full BEFORE INSERT ON run_batch WHEN (SELECT sent FROM run) >= 100
       BEGIN SELECT RAISE(ABORT, 'database or disk is full'); END`,
    );
    const { id } = await workspace.run.start(replay({ options: { concurrency: 2 } }), call());
    const row = await workspace.wait(id);
    expect(row.state).toBe('paused');
    expect(row.reason).toContain('disk is full');
    expect(row.possibleDuplicates).toBe(0);
    expect(workspace.sandbox.stats.sent).toBe(row.sent);

    workspace.store.db.exec('DROP TRIGGER full');
    await workspace.run.resume({ id }, call());
    expect(await workspace.wait(id)).toMatchObject({ state: 'completed', sent: 300, possibleDuplicates: 0 });
    expect(workspace.sandbox.stats.sent).toBe(300);
  });

  it('outcomes that cannot be journalled leave the run interrupted and count as possible duplicates', async () => {
    const workspace = await workspaceWith(50);
    workspace.store.db.exec(
      "CREATE TRIGGER full BEFORE UPDATE OF state ON run_message BEGIN SELECT RAISE(ABORT, 'database or disk is full'); END",
    );
    const { id } = await workspace.run.start(replay({ options: { concurrency: 2 } }), call());
    expect(await workspace.wait(id)).toMatchObject({ state: 'interrupted', sent: 0 });
    const arrived = workspace.sandbox.stats.sent;
    expect(arrived).toBeGreaterThan(0);
    workspace.store.db.exec('DROP TRIGGER full');
    await workspace.run.resume({ id }, call());
    expect(await workspace.wait(id)).toMatchObject({
      state: 'completed',
      sent: 50,
      possibleDuplicates: arrived,
    });
  });
});

describe('keys that are revoked in the middle', () => {
  it('pause the run with the reason, and other keys let it go on', async () => {
    const file = join(folder(), 'queue.db');
    const first = await startSandbox({ file, accessKeyId: 'SEGUESANDBOXA', secretAccessKey: 'first' });
    const queueUrl = await first.createQueue('triggers');
    const workspace = await workspaceWith(600, { queueUrl });
    const { id } = await workspace.run.start(replay({ options: { rate: 300 } }), call(first));
    await first.close();
    const second = await startSandbox({
      file,
      port: first.port,
      accessKeyId: 'SEGUESANDBOXB',
      secretAccessKey: 'second',
    });
    onTestFinished(() => second.close());
    const paused = await workspace.wait(id);
    expect(paused).toMatchObject({ state: 'paused', parked: 0 });
    expect(paused.reason).toContain('InvalidClientTokenId');
    expect(paused.sent + paused.pending).toBe(600);

    await workspace.run.setRate({ id, rate: null }, call());
    await workspace.run.resume({ id }, call(second));
    const row = await workspace.wait(id);
    expect(row).toMatchObject({ state: 'completed', sent: 600 });
    const counts = countByUser(await receiveAll(second));
    expect(counts.size).toBe(600);
    const doubled = [...counts.values()].filter((count) => count > 1);
    expect(doubled.length).toBeLessThanOrEqual(row.possibleDuplicates);
  });
});

describe('steering a run', () => {
  it('pauses with everything in flight settled, and resumes without a double', async () => {
    const workspace = await workspaceWith(500);
    const { id } = await workspace.run.start(replay({ options: { rate: 400 } }), call());
    const paused = await workspace.run.pause({ id }, call());
    expect(paused.state).toBe('paused');
    expect(paused.sent).toBe(workspace.sandbox.stats.sent);
    expect(paused.sent + paused.pending).toBe(500);
    await expect(workspace.run.pause({ id }, call())).rejects.toEqual(coded('RUN_STATE'));
    await workspace.run.setRate({ id, rate: null }, call());
    await workspace.run.resume({ id }, call());
    expect(await workspace.wait(id)).toMatchObject({ state: 'completed', sent: 500, rate: null });
    expect(await receiveAll(workspace.sandbox)).toHaveLength(500);
  });

  it('cancels: what was sent stays sent, the rest is cancelled for good', async () => {
    const workspace = await workspaceWith(500);
    const { id } = await workspace.run.start(replay({ options: { rate: 400 } }), call());
    const row = await workspace.run.cancel({ id }, call());
    expect(row).toMatchObject({ state: 'cancelled', pending: 0 });
    expect(row.sent).toBe(workspace.sandbox.stats.sent);
    const states = (await allMessages(workspace, id)).map(({ state }) => state);
    expect(states.filter((state) => state === 'cancelled')).toHaveLength(500 - row.sent);
    await expect(workspace.run.resume({ id }, call())).rejects.toEqual(coded('RUN_STATE'));
  });

  it('tells its progress and always the last one', async () => {
    const workspace = await workspaceWith(200);
    const { id } = await workspace.run.start(replay(), call());
    await workspace.wait(id);
    const progress = workspace.events.filter(({ name }) => name === 'runProgress');
    expect(progress.at(-1)?.payload).toMatchObject({ id, state: 'completed', sent: 200 });
    expect(workspace.events).toContainEqual({ name: 'storeChanged', payload: { tables: ['run'] } });
  });

  it('exports every message with its outcome, and shows one whole', async () => {
    const workspace = await workspaceWith(25);
    const { id } = await workspace.run.start(replay(), call());
    await workspace.wait(id);
    const out = join(folder(), 'run.ndjson');
    expect(await workspace.run.export({ id, out }, call())).toEqual({ count: 25, file: out });
    const lines = readFileSync(out, 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines.map(({ n }) => n)).toEqual(Array.from({ length: 25 }, (_, i) => i + 1));
    const received = await receiveAll(workspace.sandbox);
    const message = await workspace.run.message({ id, n: 3 }, call());
    expect(received.map(({ body }) => body)).toContain(message.body);
    await expect(async () => workspace.run.message({ id, n: 26 }, call())).rejects.toEqual(
      coded('NOT_FOUND'),
    );
    expect(() => workspace.run.show({ id: 'nope' }, call())).toThrow(coded('RUN_NOT_FOUND'));
  });
});
