import type { ElectronApplication } from 'playwright-core';
import { expect, it } from 'vitest';
import { launchSample, launchSegue, untilEngine } from './launch.ts';
import { button, goTo, runState, startReplay } from './steps.ts';

/** A machine that is busy with other tests answers later, but it does answer. */
const PATIENCE = { timeout: 20_000 };

/** What the app asked of the system, and what the user answers to the next question. */
declare global {
  var guard: { asked: string[]; notified: string[]; answer: number };
}

/** Stands in for the system, which may have no service for notifications, and for the user, whose dialogs no test can press. */
function answerDialogs(app: ElectronApplication): Promise<void> {
  return app.evaluate(({ dialog, Notification }) => {
    globalThis.guard = { asked: [], notified: [], answer: 0 };
    dialog.showMessageBoxSync = (...args: unknown[]) => {
      const { message } = args.at(-1) as { message: string };
      globalThis.guard.asked.push(message);
      return globalThis.guard.answer;
    };
    Notification.isSupported = () => true;
    Notification.prototype.show = function (this: { title: string; body: string }) {
      globalThis.guard.notified.push(`${this.title}. ${this.body}`);
    };
  });
}

/** Where a test failed half-way the guard would ask, and closing would wait for an answer for ever. */
async function letQuit(app: ElectronApplication): Promise<void> {
  const answerQuit = () => {
    globalThis.guard.answer = 1;
  };
  // The app has ended already where the test came that far.
  await app.evaluate(answerQuit).catch(() => undefined);
}

// Two windows one after the other, each of which may need a second launch (see launch.ts).
it('a run is not lost by quitting: it asks first, and what is left is sent after the next start', {
  timeout: 240_000,
}, async () => {
  const segue = await launchSample({ keychain: false });
  try {
    const { app, page } = segue;
    await answerDialogs(app);
    await startReplay(page, 40);
    await runState(page, 'running').waitFor();
    const isAwake = () => app.evaluate(({ powerSaveBlocker }) => powerSaveBlocker.isStarted(0));
    // The badge may be there a moment before the app has heard of the run.
    await expect.poll(isAwake, PATIENCE).toBe(true);

    await app.evaluate((electron) => electron.app.quit());
    await expect
      .poll(() => app.evaluate(() => globalThis.guard.asked), PATIENCE)
      .toEqual(['A run is sending messages.']);
    expect(await runState(page, 'running').isVisible()).toBe(true);

    const closed = app.waitForEvent('close');
    await app.evaluate((electron) => {
      globalThis.guard.answer = 1;
      // Later than the answer to this call, which the end of the process would swallow.
      setTimeout(() => electron.app.quit(), 250);
    });
    await closed;

    const again = await launchSegue({ keychain: false, workspace: segue.workspace });
    try {
      await untilEngine(again.page, 'running');
      await answerDialogs(again.app);
      await goTo(again.page, 'Runs');
      await again.page.getByRole('table', { name: 'Runs' }).getByText('At risk to sandbox').click();
      await runState(again.page, 'paused').waitFor();
      await again.screenshot('run-after-quitting');
      await button(again.page, 'Resume').click();
      await runState(again.page, 'completed').waitFor();
      const [run] = await again.page.evaluate(async () => {
        const runs = await window.segue.run.list({});
        return runs.ok ? runs.value.rows : [];
      });
      expect(run).toMatchObject({ sent: run?.planned, parked: 0, failed: 0, possibleDuplicates: 0 });
      await expect
        .poll(() => again.app.evaluate(() => globalThis.guard), PATIENCE)
        .toEqual({
          asked: [],
          notified: [`At risk to sandbox: replay completed. ${run?.planned} sent, 0 failed, 0 parked.`],
          answer: 0,
        });
      expect(await again.app.evaluate(({ powerSaveBlocker }) => powerSaveBlocker.isStarted(0))).toBe(false);
    } finally {
      await letQuit(again.app);
      await again.close();
    }
  } finally {
    await letQuit(segue.app);
    await segue.close();
  }
});
