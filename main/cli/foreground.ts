import type { RunRow } from '../../preload/contract/run.ts';
import { answer, EXIT, note } from './output.ts';
import { startProgress } from './progress.ts';
import type { Session } from './session.ts';

/**
 * Waits for a run that this command started, with a bar on a terminal. The first Ctrl-C pauses it once what is in flight
 * has settled, the second ends the process at once; both can be resumed. Sets the exit code.
 */
export async function foreground(
  session: Session,
  id: string,
  lines: (run: RunRow) => string[],
): Promise<void> {
  const progress = startProgress();
  let interrupts = 0;
  const onInterrupt = () => {
    interrupts += 1;
    if (interrupts > 1) process.exit(EXIT.pausedOrInterrupted);
    note(`Pausing run ${id}; once more to stop at once. It goes on with: segue run resume ${id}`);
    void session.engine.call('run.pause', { id }).catch(() => undefined);
  };
  process.on('SIGINT', onInterrupt);
  process.on('SIGTERM', onInterrupt);
  try {
    const { waitForRun } = await import('../engine/run/wait.ts');
    await waitForRun(session.engine.context, id, {
      onProgress: (run) =>
        progress.report({
          phase: 'sending',
          done: run.planned - run.pending,
          total: run.planned,
          unit: 'messages',
          rows: run.planned - run.pending,
          perSecond: run.messagesPerSecond,
          secondsLeft: run.messagesPerSecond > 0 ? run.pending / run.messagesPerSecond : null,
        }),
    });
  } finally {
    progress.stop();
    process.off('SIGINT', onInterrupt);
    process.off('SIGTERM', onInterrupt);
  }
  const run = await session.engine.call('run.show', { id });
  answer(session.options.json, run, lines);
  process.exitCode = exitCodeOf(run.state);
}

function exitCodeOf(state: RunRow['state']): number {
  switch (state) {
    case 'completed':
      return EXIT.done;
    case 'completed_with_errors':
      return EXIT.completedWithErrors;
    case 'paused':
    case 'interrupted':
    case 'planned':
    case 'running':
      return EXIT.pausedOrInterrupted;
    case 'cancelled':
    case 'failed':
      return EXIT.error;
  }
}
