import { note } from './output.ts';

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

/** How long a cancelled call may take to end, in milliseconds, before the process ends without it. */
export const GRACE_MS = 10_000;

/** Ctrl-C, and being asked to end, during one call. */
export interface Interrupt {
  /** Aborted by the first of them. */
  readonly signal: AbortSignal;
  /** Must be called however the call ends. */
  release(): void;
}

/**
 * Lets the first Ctrl-C or SIGTERM cancel a call, so that it takes back what it did, and the second end the process at
 * once. So does waiting for too long, as for a disk that does not answer. A process that ends like that leaves its work
 * to the next opening of the workspace, which takes it back.
 *
 * @param quiet says nothing meanwhile, as where standard error holds one document
 */
export function onInterrupt(quiet: boolean): Interrupt {
  const controller = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const say = (text: string) => {
    if (!quiet) note(text);
  };
  function release(): void {
    clearTimeout(timer);
    for (const signal of SIGNALS) process.off(signal, interrupted);
  }
  // `process.exit` would wait for a read that never ends; the signal's own effect does not.
  function endAtOnce(signal: NodeJS.Signals): void {
    say('Stopped at once. What is half done is taken back when the workspace is opened the next time.');
    release();
    process.kill(process.pid, signal);
  }
  function interrupted(signal: NodeJS.Signals): void {
    if (controller.signal.aborted) {
      endAtOnce(signal);
      return;
    }
    say('Cancelling; once more to stop at once.');
    controller.abort();
    timer = setTimeout(endAtOnce, GRACE_MS, signal).unref();
  }
  for (const signal of SIGNALS) process.on(signal, interrupted);
  return { signal: controller.signal, release };
}
