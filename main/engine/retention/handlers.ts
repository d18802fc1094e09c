import type { WorkspaceClock } from '../clock/workspace-clock.ts';
import type { DomainHandlers, EngineContext } from '../context.ts';
import { SegueError } from '../core/errors.ts';
import { prune } from './prune.ts';
import { writeRetentionDays } from './setting.ts';
import { retentionState } from './state.ts';

/** Answers `retention.*`. */
export function createRetentionHandlers(
  engine: EngineContext,
  clock: WorkspaceClock,
): DomainHandlers<'retention'> {
  const { db } = engine.store;
  const show = () => retentionState(db, clock.now());
  return {
    show,
    set: ({ days }) => {
      writeRetentionDays(db, days);
      engine.emit('storeChanged', { tables: ['profile'] });
      return show();
    },
    prune: ({ dryRun }, call) => {
      // A week that was only played through must not remove what the real one still needs.
      if (!dryRun && clock.mode() === 'simulated') {
        throw new SegueError(
          'CONFLICT',
          'The workspace’s clock is simulated. End the simulation before pruning: segue clock real',
        );
      }
      return prune(engine, { dryRun }, call);
    },
  };
}
