import { parentPort, workerData } from 'node:worker_threads';
import type { CallContext } from '../context.ts';
import { toErrorShape } from '../core/errors.ts';
import { asStoreFault } from '../store/fault.ts';
import type { ThreadData, ThreadMessage } from './run-in-thread.ts';

/** What a job in a thread has beside its input. Both are cheap enough to be called for every piece of work. */
export interface ThreadHooks {
  readonly cancelled: () => boolean;
  readonly progress: CallContext['progress'];
}

/** The receiver thins progress out as well; a message for each piece of work would only keep it busy. */
const PROGRESS_INTERVAL_MS = 100;

/** Does a thread's one job and answers the thread that started it with `runInThread`. For `…-worker.ts` entries. */
export async function answerJob<Input, Output>(
  work: (input: Input, hooks: ThreadHooks) => Output | Promise<Output>,
): Promise<void> {
  const { input, cancelled } = workerData as ThreadData;
  const flag = new Int32Array(cancelled);
  const send = (message: ThreadMessage) => parentPort?.postMessage(message);
  let reportedAtMs = Number.NEGATIVE_INFINITY;
  const hooks: ThreadHooks = {
    cancelled: () => Atomics.load(flag, 0) === 1,
    progress(progress) {
      if (performance.now() - reportedAtMs < PROGRESS_INTERVAL_MS && progress.done !== progress.total) return;
      reportedAtMs = performance.now();
      send({ kind: 'progress', progress });
    },
  };
  try {
    send({ kind: 'done', output: await work(input as Input, hooks) });
  } catch (error) {
    // A full disk may stop a job before its own work begins, or behind its end.
    send({ kind: 'failed', error: toErrorShape(asStoreFault(error, 'The work')) });
  }
}
