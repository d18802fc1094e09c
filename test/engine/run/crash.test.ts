import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { describe, expect, it, onTestFinished } from 'vitest';
import { recoverRuns } from '../../../main/engine/run/recovery.ts';
import { type Sandbox, startSandbox } from '../../../main/engine/sandbox/sandbox.ts';
import {
  addWorkflow,
  attachWorkspace,
  call,
  countByUser,
  entering,
  fill,
  folder,
  receiveAll,
} from './workspace.ts';

const MESSAGES = 1500;
const CONCURRENCY = 8;

/** Starts a replay in another process and kills it as soon as the queue holds `after` messages. */
async function killAfter(dir: string, sandbox: Sandbox, after: number): Promise<string> {
  const script = new URL('sender-process.ts', import.meta.url).pathname;
  const child = spawn(process.execPath, [script, dir, sandbox.accessKeyId, sandbox.secretAccessKey], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(child, 'exit');
  const [id] = (await once(createInterface(child.stdout), 'line')) as [string];
  while (sandbox.stats.sent < after && child.exitCode === null)
    await new Promise((resolve) => setImmediate(resolve));
  child.kill('SIGKILL');
  await ended;
  return id;
}

describe('a run whose process is killed', () => {
  it.each([1, 300, 900])(
    'after %d messages is resumed: none lost, and each double is named',
    async (after) => {
      const dir = folder();
      const sandbox = await startSandbox();
      onTestFinished(() => sandbox.close());
      const queueUrl = await sandbox.createQueue('triggers');
      const before = attachWorkspace(dir, sandbox);
      fill(before, entering(MESSAGES));
      addWorkflow(before, { queueUrl });
      await before.close();

      const id = await killAfter(dir, sandbox, after);

      const workspace = attachWorkspace(dir, sandbox);
      onTestFinished(() => workspace.close());
      recoverRuns(workspace.engine);
      const interrupted = await workspace.run.show({ id }, call());
      expect(interrupted.state).toBe('interrupted');
      expect(interrupted.pending).toBeGreaterThan(0);
      expect(interrupted.possibleDuplicates).toBeLessThanOrEqual(CONCURRENCY * 10);

      await workspace.run.resume({ id }, call(sandbox));
      expect(await workspace.wait(id)).toMatchObject({ state: 'completed', sent: MESSAGES, pending: 0 });

      const counts = countByUser(await receiveAll(sandbox));
      expect(counts.size).toBe(MESSAGES);
      const doubled = [...counts].filter(([, count]) => count > 1).map(([userId]) => userId);
      const { duplicates, possibleDuplicates } = await workspace.run.show({ id }, call());
      expect(duplicates).toHaveLength(possibleDuplicates);
      const named = new Set(duplicates.map(({ userId }) => userId));
      expect(doubled.filter((userId) => !named.has(userId))).toEqual([]);
    },
  );

  it('while its journal was being written leaves no run behind', async () => {
    const dir = folder();
    const sandbox = await startSandbox();
    onTestFinished(() => sandbox.close());
    const workspace = attachWorkspace(dir, sandbox);
    onTestFinished(() => workspace.close());
    workspace.store.db
      .prepare(
        `INSERT INTO run (key, kind, workflow, environment, queue_url, state, dry_run, copy, selection, options, concurrency,
         created_ms) VALUES ('half', 'replay', 'Triggers', 'sandbox', '', 'planned', 0, '{}', '{}', '{}', 1, 0)`,
      )
      .run();
    recoverRuns(workspace.engine);
    expect(await workspace.run.list({ cursor: null, limit: 10 }, call())).toEqual({ rows: [], next: null });
  });
});
