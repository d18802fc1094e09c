import type { WorkspaceClock } from '../clock/workspace-clock.ts';
import type { EngineContext } from '../context.ts';
import { fireTimers } from './advance.ts';

/** How often due timers are looked for, in milliseconds; a look where nothing is due reads one index entry. */
const INTERVAL_MS = 5000;

/** A running look-out for due timers. */
export interface Ticker {
  /** Stops, and waits for what is under way. */
  stop(): Promise<void>;
}

/**
 * Lets timers fire as the real time passes, at once for those that fell due while the workspace was closed. Does nothing
 * while the clock is simulated.
 */
export function startTicker(engine: EngineContext, clock: WorkspaceClock): Ticker {
  const stopped = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  let running = Promise.resolve();
  const look = () => {
    running = tick().finally(() => {
      if (!stopped.signal.aborted) timer = setTimeout(look, INTERVAL_MS);
    });
  };
  async function tick(): Promise<void> {
    if (clock.mode() === 'simulated') return;
    try {
      await fireTimers(engine, clock.instant(), { signal: stopped.signal, progress: () => undefined });
    } catch {
      // A look that failed (a full disk, a stop) leaves its timers due: the next one takes them up again.
    }
  }
  look();
  return {
    async stop() {
      stopped.abort();
      clearTimeout(timer);
      await running;
    },
  };
}
