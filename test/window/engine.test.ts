import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, inject, it } from 'vitest';
import { launchSegue, type RunningSegue, untilEngine } from './launch.ts';

/** The engine's process, by the file in which the workspace names its owner. */
function enginePid({ workspace }: RunningSegue): number {
  const { pid } = JSON.parse(readFileSync(join(workspace, 'owner.json'), 'utf8')) as { pid: number };
  return pid;
}

describe('the engine behind the window', () => {
  it('is restarted when it is killed, and the window is told', async () => {
    const segue = await launchSegue({ keychain: false });
    try {
      await untilEngine(segue.page, 'running');
      const first = enginePid(segue);
      const told = untilEngine(segue.page, 'restarting');
      process.kill(first, 'SIGKILL');
      await told;
      const count = await segue.page.evaluate(() => window.segue.profile.count({}));
      expect(count).toMatchObject({ ok: true });
      expect(enginePid(segue)).not.toBe(first);
    } finally {
      await segue.close();
    }
  });

  it('takes back the import that was under way when it was killed, and says so in the window', async () => {
    const segue = await launchSegue({ keychain: false });
    try {
      const { page, home } = segue;
      await untilEngine(page, 'running');
      const file = join(home, 'people.ndjson');
      const line = (n: number) => `{"user_id":"u${n}","note":"${'x'.repeat(500)}"}\n`;
      writeFileSync(file, Array.from({ length: 60_000 }, (_, n) => line(n)).join(''));
      const underWay = page.evaluate(
        () => new Promise<void>((resolve) => window.segue.on('jobProgress', () => resolve())),
      );
      const imported = page.evaluate((path) => window.segue.profile.import({ path, jobId: 'people' }), file);
      await underWay;
      process.kill(enginePid(segue), 'SIGKILL');
      expect(await imported).toMatchObject({ ok: false, error: { code: 'ENGINE_UNAVAILABLE' } });
      await page.getByText(/^Import 1 \(profiles, .*people\.ndjson\) was cut off/).waitFor();
      await segue.screenshot('import-cut-off');
      expect(await page.evaluate(() => window.segue.profile.count({}))).toMatchObject({
        value: { count: 0 },
      });
      await page.getByRole('button', { name: 'Dismiss' }).click();
      await page.getByText('Cut off when Segue ended').waitFor({ state: 'detached' });
    } finally {
      await segue.close();
    }
  });

  it('ends with the window', async () => {
    const segue = await launchSegue({ keychain: false });
    await untilEngine(segue.page, 'running');
    const pid = enginePid(segue);
    await segue.close();
    expect(() => process.kill(pid, 0)).toThrow('ESRCH');
  });

  it('says in the window that the workspace is open elsewhere', async () => {
    const first = await launchSegue({ keychain: false });
    try {
      await untilEngine(first.page, 'running');
      const second = await launchSegue({ keychain: false, workspace: first.workspace });
      try {
        const stopped = await untilEngine(second.page, 'stopped');
        expect(stopped.error).toMatchObject({ code: 'WORKSPACE_LOCKED' });
        await second.page.getByText('WORKSPACE_LOCKED').first().waitFor();
        await second.screenshot('workspace-locked');
      } finally {
        await second.close();
      }
    } finally {
      await first.close();
    }
  });

  it.runIf(inject('fallback'))('says by code that an old Electron cannot run it', async () => {
    const segue = await launchSegue({ keychain: false, env: { SEGUE_ENGINE_HOST: 'utility' } });
    try {
      const stopped = await untilEngine(segue.page, 'stopped');
      expect(stopped.error).toMatchObject({ code: 'ENGINE_RUNTIME' });
      expect(stopped.message).toContain('SEGUE_NODE');
      const count = await segue.page.evaluate(() => window.segue.profile.count({}));
      expect(count).toMatchObject({ ok: false, error: { code: 'ENGINE_RUNTIME' } });
      await segue.screenshot('engine-runtime');
    } finally {
      await segue.close();
    }
  });
});

describe('a second Segue of the same user', () => {
  it('brings the first one’s window to the front and ends', async () => {
    const segue = await launchSegue({ keychain: false });
    try {
      const asked = segue.app.evaluate(
        ({ app }) => new Promise<boolean>((resolve) => void app.once('second-instance', () => resolve(true))),
      );
      const second = spawn(segue.command.file, segue.command.args, {
        env: segue.command.env,
        stdio: 'ignore',
      });
      const [code] = await once(second, 'exit');
      expect(code).toBe(0);
      expect(await asked).toBe(true);
      expect(segue.app.windows()).toHaveLength(1);
    } finally {
      await segue.close();
    }
  });
});
