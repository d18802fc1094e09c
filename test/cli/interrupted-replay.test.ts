import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { GetQueueAttributesCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunDetail, RunRow } from '../../preload/contract/run.ts';
import { receiveAll } from './receive.ts';
import { ended, freshFolder, segue, segueJson, startSandboxProcess, startSegue } from './run-segue.ts';

const USERS = 1500;
const CONCURRENCY = 4;

describe('a replay that is stopped in the middle', () => {
  const dir = freshFolder();
  const at = (...args: string[]) => ['--workspace', join(dir, 'ws'), ...args];
  let sandbox: Awaited<ReturnType<typeof startSandboxProcess>>;

  beforeAll(async () => {
    sandbox = await startSandboxProcess();
    const users = Array.from({ length: USERS }, (_, index) => `u${index}`);
    writeFileSync(join(dir, 'profiles.ndjson'), users.map((id) => `{"user_id":"${id}"}`).join('\n'));
    writeFileSync(join(dir, 'day.csv'), ['user_id,segment', ...users.map((id) => `${id},vip`)].join('\n'));
    writeFileSync(
      join(dir, 'workflow.json'),
      JSON.stringify({
        version: 1,
        kind: 'sqs-event-hub-sink',
        name: 'VIP',
        environment: 'sandbox',
        audiences: ['vip'],
        queueUrl: sandbox.queueUrl,
        region: 'us-east-1',
      }),
    );
    await segueJson(at('profile', 'import', join(dir, 'profiles.ndjson')));
    await segueJson(at('snapshot', 'import', join(dir, 'day.csv'), '--at', '2026-11-02T00:00:00Z'));
    await segueJson(at('workflow', 'import', join(dir, 'workflow.json')));
  });
  afterAll(() => sandbox.stop());

  const startReplay = () =>
    startSegue(
      at(
        'replay',
        'start',
        'VIP',
        '--credentials',
        'env',
        '--rate',
        '500',
        '--concurrency',
        String(CONCURRENCY),
        '--json',
      ),
      sandbox.env,
    );

  /** Resolves once the queue holds at least so many messages. */
  async function queued(least: number): Promise<void> {
    const client = new SQSClient({
      endpoint: sandbox.endpoint,
      region: 'us-east-1',
      credentials: sandbox.credentials,
    });
    try {
      for (;;) {
        const { Attributes } = await client.send(
          new GetQueueAttributesCommand({
            QueueUrl: sandbox.queueUrl,
            AttributeNames: ['ApproximateNumberOfMessages'],
          }),
        );
        if (Number(Attributes?.ApproximateNumberOfMessages) >= least) return;
      }
    } finally {
      client.destroy();
    }
  }

  const lastRun = async () => {
    const [run] = await segueJson<RunRow[]>(at('run', 'list'));
    if (run === undefined) throw new Error('no run was journalled');
    return run;
  };

  it('by kill -9 resumes: nothing is lost, and every message that came twice is named', async () => {
    const child = startReplay();
    const end = ended(child);
    await queued(300);
    child.kill('SIGKILL');
    await end;
    const interrupted = await lastRun();
    expect(interrupted.state).toBe('interrupted');
    expect(interrupted.sent).toBeLessThan(USERS);
    const resumed = await segueJson<RunDetail>(
      at('run', 'resume', interrupted.id, '--credentials', 'env'),
      sandbox.env,
    );
    expect(resumed).toMatchObject({ state: 'completed', planned: USERS, sent: USERS, pending: 0, failed: 0 });
    const times = new Map<string, number>();
    for (const { Body = '' } of await receiveAll(sandbox.queueUrl, sandbox.credentials)) {
      const { data } = JSON.parse(Body) as { data: { user_id: string } };
      times.set(data.user_id, (times.get(data.user_id) ?? 0) + 1);
    }
    const doubled = [...times].filter(([, count]) => count > 1).map(([user]) => user);
    const named = new Set(resumed.duplicates.map(({ userId }) => userId));
    expect(times.size).toBe(USERS);
    expect(doubled.filter((user) => !named.has(user))).toEqual([]);
    expect(resumed.possibleDuplicates).toBeLessThanOrEqual(CONCURRENCY * 10);
    expect(resumed.possibleDuplicates).toBe(named.size);
  });

  it('by Ctrl-C pauses with exit code 4 and nothing in doubt, and resumes', async () => {
    const child = startReplay();
    const end = ended(child);
    await queued(200);
    const second = await segue([...at('profile', 'count'), '--json']);
    expect(JSON.parse(second.stderr)).toMatchObject({ error: { code: 'WORKSPACE_LOCKED' } });
    child.kill('SIGINT');
    const { code, stdout } = await end;
    expect(code).toBe(4);
    const paused = JSON.parse(stdout) as RunDetail;
    expect(paused.state).toBe('paused');
    expect(paused.sent).toBeLessThan(USERS);
    const resumed = await segueJson<RunDetail>(
      at('run', 'resume', paused.id, '--credentials', 'env'),
      sandbox.env,
    );
    expect(resumed).toMatchObject({ state: 'completed', sent: USERS, possibleDuplicates: 0 });
    expect(await receiveAll(sandbox.queueUrl, sandbox.credentials)).toHaveLength(USERS);
  });

  it('refuses to resume what has ended', async () => {
    const run = await lastRun();
    const { code, stderr } = await segue([...at('run', 'resume', run.id), '--json'], sandbox.env);
    expect(code).toBe(1);
    expect(JSON.parse(stderr)).toMatchObject({ error: { code: 'RUN_STATE' } });
  });
});
