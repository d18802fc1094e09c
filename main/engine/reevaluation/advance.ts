import { beginBatch, finishBatch } from '../batch/batch.ts';
import type { CallContext, EngineContext } from '../context.ts';
import { formatInstant, type Instant } from '../core/instant.ts';
import { inSteps, type Step } from '../store/in-steps.ts';
import { fireFirst } from './fire.ts';
import { FIRST_GROUP } from './group.ts';
import { openReevaluator } from './reevaluator.ts';
import { openTimers } from './timers.ts';

/** What moving the clock has changed. `timers` counts the steps that were due. */
export interface Advance {
  readonly entered: number;
  readonly exited: number;
  readonly timers: number;
}

/**
 * Lets every timer that is due until an instant (inclusive) fire, in the order of time, and records each change at its own
 * instant. A profile that is due again within the span fires again. Costs nothing where nothing is due.
 */
export async function fireTimers(
  engine: EngineContext,
  until: Instant,
  { signal, progress }: Pick<CallContext, 'signal' | 'progress'>,
): Promise<Advance> {
  const { db } = engine.store;
  const timers = openTimers(db);
  const total = timers.count(until.ms);
  if (total === 0) return { entered: 0, exited: 0, timers: 0 };
  const startedMs = engine.clock();
  const batch = beginBatch(db, {
    kind: 'clock',
    source: `until ${formatInstant(until)}`,
    at: until,
    startedMs,
  });
  const result = { entered: 0, exited: 0, timers: 0 };
  const finish = () =>
    finishBatch(db, batch, { endedMs: engine.clock(), result: { ...result, rejected: 0 } });
  // Each slice is complete in itself, changes with their timers, so a cut must not take it back: the batch counts as done
  // from the start and its result is brought up to date at the end.
  finish();
  const reevaluator = openReevaluator(db, { batch, undoable: false });
  let users = FIRST_GROUP;
  const startedAt = performance.now();
  const step: Step = () => {
    if (reevaluator === undefined) return timers.forget(until.ms);
    const fired = fireFirst({ reevaluator, timers }, until.ms, users);
    users = fired.nextUsers;
    result.entered += fired.entered;
    result.exited += fired.exited;
    result.timers += fired.timers;
    const seconds = (performance.now() - startedAt) / 1000;
    progress({
      phase: 'clock',
      done: result.timers,
      total: null,
      unit: 'timers',
      rows: result.timers,
      perSecond: result.timers / seconds,
      secondsLeft: null,
    });
    return fired.more;
  };
  try {
    await inSteps(db, step, signal);
  } finally {
    db.prepare('UPDATE batch SET result = ?, ended_ms = ? WHERE id = ?').run(
      JSON.stringify({ ...result, rejected: 0 }),
      engine.clock(),
      batch,
    );
    engine.emit('storeChanged', { tables: ['history', 'audience', 'clock', 'batch'] });
  }
  return result;
}
