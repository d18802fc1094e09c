import { type BrowserWindow, dialog, Notification, powerSaveBlocker } from 'electron';
import { runRow } from '../../preload/contract/run.ts';

/** Watches the runs: keeps the machine awake while one is running, asks before quitting, tells of the end. */
export interface RunGuard {
  /** Takes the payload of a `runProgress` event. */
  observe(payload: unknown): void;
  /** The engine is gone and its runs with it. */
  reset(): void;
  /** True when the app may quit: nothing is running, or the user agreed to interrupt it. */
  mayQuit(window: BrowserWindow | undefined): boolean;
}

const watched = runRow.pick({
  id: true,
  kind: true,
  workflow: true,
  state: true,
  sent: true,
  parked: true,
  failed: true,
});

/** Makes a guard with nothing running. */
export function createRunGuard(): RunGuard {
  const running = new Set<string>();
  let blocker: number | undefined;

  function keepAwake(): void {
    if (running.size > 0) {
      blocker ??= powerSaveBlocker.start('prevent-app-suspension');
    } else if (blocker !== undefined) {
      powerSaveBlocker.stop(blocker);
      blocker = undefined;
    }
  }

  return {
    observe(payload) {
      const run = watched.safeParse(payload).data;
      if (run === undefined || run.kind === 'test') return;
      const wasRunning = running.has(run.id);
      if (run.state === 'running') running.add(run.id);
      else running.delete(run.id);
      keepAwake();
      if (!wasRunning || run.state === 'running' || run.state === 'cancelled' || !Notification.isSupported())
        return;
      const outcome = run.state.replaceAll('_', ' ');
      const body = `${run.sent} sent, ${run.failed} failed, ${run.parked} parked.`;
      new Notification({ title: `${run.workflow}: ${run.kind} ${outcome}`, body }).show();
    },
    reset() {
      running.clear();
      keepAwake();
    },
    mayQuit(window) {
      if (running.size === 0) return true;
      const options = {
        type: 'warning' as const,
        message:
          running.size === 1 ? 'A run is sending messages.' : `${running.size} runs are sending messages.`,
        detail:
          'Quitting interrupts it. What was sent stays sent; the rest can be resumed at the next start.',
        buttons: ['Keep running', 'Quit'],
        defaultId: 0,
        cancelId: 0,
      };
      const choice =
        window === undefined
          ? dialog.showMessageBoxSync(options)
          : dialog.showMessageBoxSync(window, options);
      return choice === 1;
    },
  };
}
