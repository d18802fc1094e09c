import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openEngine } from '../../main/engine/engine.ts';
import { waitForRun } from '../../main/engine/run/wait.ts';
import type { CaptureResult } from '../../preload/contract/capture.ts';
import type { RunDetail, RunMessageRow } from '../../preload/contract/run.ts';
import { receiveAll } from './receive.ts';
import { freshFolder, segue, segueJson, startSandboxProcess } from './run-segue.ts';

/** A dead-letter queue is drained into the history and replayed; what the queue refuses is corrected and sent. */
describe('dead letters', () => {
  const dir = freshFolder();
  const at = (...args: string[]) => ['--workspace', join(dir, 'ws'), '--credentials', 'env', ...args];
  const archive = join(dir, 'archive.ndjson');
  let run = '';
  let sandbox: Awaited<ReturnType<typeof startSandboxProcess>>;

  const message = (userId: string, text: string) =>
    `{"data":{"user_id":"${userId}","note":"${text}","segment_events":[{"id":"${'a'.repeat(32)}","event":"enter","slug":"vip"}]},"meta":{"timestamp":"2026-11-02T00:00:00.123456789Z"}}`;
  const tooLarge = message('u3', 'x'.repeat(1_100_000));
  const bodies = [message('u1', 'as it came 💡'), message('u2', 'half')];

  beforeAll(async () => {
    sandbox = await startSandboxProcess();
    writeFileSync(join(dir, 'letters.ndjson'), [...bodies, tooLarge].join('\n'));
    const engine = await openEngine({ dir: join(dir, 'ws'), assetsDir: '', clock: Date.now });
    try {
      await engine.call('history.import', { path: join(dir, 'letters.ndjson') });
      await engine.call('workflow.save', {
        workflow: { name: 'VIP', audiences: ['vip'], queueUrl: sandbox.queueUrl },
      });
      const { id } = await engine.call(
        'run.start',
        { workflow: 'VIP', kind: 'replay' },
        { credentials: sandbox.credentials },
      );
      await waitForRun(engine.context, id);
      run = id;
    } finally {
      await engine.close();
    }
  }, 60_000);
  afterAll(() => sandbox.stop());

  it('must be said to be peeked or drained', async () => {
    const { code, stderr } = await segue(at('capture', '--queue', sandbox.queueUrl, '--out', archive));
    expect(code).toBe(2);
    expect(stderr).toContain('--peek');
  });

  it('are drained into an archive and the history', async () => {
    const result = await segueJson<CaptureResult & { history: { profiles: { duplicates: number } } }>(
      at('capture', '--workflow', 'VIP', '--drain', '--into-history', '--wait', '1', '--out', archive),
      sandbox.env,
    );
    expect(result).toMatchObject({
      mode: 'drain',
      captured: 2,
      deleted: 2,
      history: { profiles: { duplicates: 2 } },
    });
    const lines = readFileSync(archive, 'utf8').trimEnd().split('\n');
    expect(lines.map((line) => (JSON.parse(line) as { body: string }).body).sort()).toEqual(bodies);
    expect(await receiveAll(sandbox.queueUrl, sandbox.credentials)).toEqual([]);
  });

  it('that are parked are listed, shown, edited and sent by a retry', async () => {
    const rows = await segueJson<RunMessageRow[]>(at('run', 'parked', run));
    expect(rows).toMatchObject([{ userId: 'u3', state: 'parked', errorCode: 'MESSAGE_TOO_LARGE' }]);
    const n = String(rows[0]?.n);
    expect((await segue(at('run', 'message', run, n))).stdout).toBe(`${tooLarge}\n`);
    const file = join(dir, 'short.json');
    writeFileSync(file, message('u3', 'short'));
    await segueJson(at('run', 'edit', run, n, '--body', file), sandbox.env);
    const retried = await segueJson<RunDetail>(at('run', 'retry', run), sandbox.env);
    expect(retried).toMatchObject({ state: 'completed', sent: 3, parked: 0 });
    const received = await receiveAll(sandbox.queueUrl, sandbox.credentials);
    expect(received.map(({ Body }) => Body)).toEqual([message('u3', 'short')]);
  });
});
