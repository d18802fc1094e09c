import type { Clock } from '../core/clock.ts';
import { formatInstant, type Instant, instantOfMs, parseInstant } from '../core/instant.ts';
import { type Db, readSetting, writeSetting } from '../store/store.ts';

const SIMULATED = 'clock.simulated';
const REAL = '';

/** A workspace's time: real, or simulated once it was moved, in which case it stands still between two moves. */
export interface WorkspaceClock {
  readonly now: Clock;
  instant(): Instant;
  /** Where the simulated clock stands; undefined while the time is real. */
  simulated(): Instant | undefined;
  mode(): 'real' | 'simulated';
  /** Makes the clock stand at an instant from now on; null for the real time again. */
  set(instant: Instant | null): void;
}

/**
 * Opens the clock of a workspace over a real one; the simulated time is kept in the store.
 *
 * @param fixedMs what is the present whatever the clock says, real or simulated, in epoch milliseconds
 */
export function openWorkspaceClock(db: Db, real: Clock, fixedMs?: number): WorkspaceClock {
  let simulated = parseInstant(readSetting(db, SIMULATED) ?? REAL);
  return {
    now: () => fixedMs ?? simulated?.ms ?? real(),
    instant: () => (fixedMs === undefined ? (simulated ?? instantOfMs(real())) : instantOfMs(fixedMs)),
    simulated: () => simulated,
    mode: () => (simulated === undefined ? 'real' : 'simulated'),
    set(instant) {
      writeSetting(db, SIMULATED, instant === null ? REAL : formatInstant(instant));
      simulated = instant ?? undefined;
    },
  };
}
