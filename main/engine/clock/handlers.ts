import type { DomainHandlers, EngineContext } from '../context.ts';
import { SegueError } from '../core/errors.ts';
import { compareInstants, formatInstant, requireInstant } from '../core/instant.ts';
import { fireTimers } from '../reevaluation/advance.ts';
import { openTimers } from '../reevaluation/timers.ts';
import type { WorkspaceClock } from './workspace-clock.ts';

/** Answers `clock.*`. */
export function createClockHandlers(engine: EngineContext, clock: WorkspaceClock): DomainHandlers<'clock'> {
  const show = () => ({
    mode: clock.mode(),
    now: formatInstant(clock.instant()),
    dueTimers: openTimers(engine.store.db).count(clock.now()),
  });
  return {
    show,
    advance: async ({ to }, call) => {
      const target = requireInstant(to, 'to');
      // The first move may go to any time: it is where the simulation begins.
      const stands = clock.simulated();
      if (stands !== undefined && compareInstants(target, stands) < 0) {
        const now = formatInstant(stands);
        throw new SegueError(
          'INVALID_INPUT',
          `The clock stands at ${now} and only moves forward; ${to} lies before it.`,
          { now, to },
        );
      }
      const { entered, exited, timers } = await fireTimers(engine, target, call);
      clock.set(target);
      engine.emit('storeChanged', { tables: ['clock'] });
      return { now: to, entered, exited, timers };
    },
    useReal: () => {
      clock.set(null);
      engine.emit('storeChanged', { tables: ['clock'] });
      return show();
    },
  };
}
