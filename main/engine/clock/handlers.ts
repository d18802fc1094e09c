import type { DomainHandlers, EngineContext } from '../context.ts';
import { SegueError } from '../core/errors.ts';
import {
  compareInstants,
  formatInstant,
  type Instant,
  instantOfMs,
  parseInstant,
  requireInstant,
} from '../core/instant.ts';
import { readSetting, type Store, writeSetting } from '../store/store.ts';

const SIMULATED_NOW = 'clock.simulated';

/** The workspace's time: the simulated one once the clock was advanced, else the given clock's. */
export function workspaceNow(store: Store, clock: () => number): Instant {
  const simulated = readSetting(store.db, SIMULATED_NOW);
  return (simulated === undefined ? undefined : parseInstant(simulated)) ?? instantOfMs(clock());
}

/** Answers `clock.*`. */
export function createClockHandlers({ store, clock }: EngineContext): DomainHandlers<'clock'> {
  return {
    show: () => ({
      mode: readSetting(store.db, SIMULATED_NOW) === undefined ? 'real' : 'simulated',
      now: formatInstant(workspaceNow(store, clock)),
      dueTimers: 0,
    }),
    advance: ({ to }) => {
      const target = requireInstant(to, 'to');
      const now = workspaceNow(store, clock);
      if (compareInstants(target, now) < 0) {
        throw new SegueError(
          'INVALID_INPUT',
          `The clock stands at ${formatInstant(now)} and only moves forward; ${to} lies before it.`,
        );
      }
      writeSetting(store.db, SIMULATED_NOW, to);
      return { now: to, entered: 0, exited: 0, timers: 0 };
    },
  };
}
