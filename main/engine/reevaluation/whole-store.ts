import { beginBatch, finishBatch } from '../batch/batch.ts';
import type { CallContext, EngineContext } from '../context.ts';
import { instantOfMs } from '../core/instant.ts';
import { changesOfRange } from '../history/packs.ts';
import type { ChangeCounts } from '../membership/live-rows.ts';
import { countProfiles, openProfilesById } from '../profile/all.ts';
import { currentText } from '../profile/read.ts';
import { inSteps, type Step } from '../store/in-steps.ts';
import { FIRST_GROUP, nextGroup } from './group.ts';
import { markRulesApplied, rulesGeneration } from './pending.ts';
import { openReevaluator } from './reevaluator.ts';

/**
 * Evaluates every profile by the rules as they are now, at the present instant, and records who enters and who leaves.
 * Evaluating again what has been evaluated changes nothing, so a run that was cut off is simply done again.
 */
export async function reevaluateAll(
  engine: EngineContext,
  { signal, progress }: Pick<CallContext, 'signal' | 'progress'>,
): Promise<ChangeCounts> {
  const { db } = engine.store;
  const at = instantOfMs(engine.clock());
  const generation = rulesGeneration(db);
  const batch = beginBatch(db, { kind: 'rule', source: 'rules', at, startedMs: engine.clock() });
  const counts = { entered: 0, exited: 0 };
  // As with the clock, every slice stands by itself; see fireTimers.
  finishBatch(db, batch, { endedMs: engine.clock(), result: { ...counts, rejected: 0 } });
  const reevaluator = openReevaluator(db, { batch, undoable: false });
  if (reevaluator !== undefined) {
    const next = openProfilesById(db);
    const total = countProfiles(db);
    let after = 0;
    let done = 0;
    let rows = FIRST_GROUP;
    const startedAt = performance.now();
    const step: Step = () => {
      const page = next(after, rows);
      const { entered, exited } = reevaluator.profiles(page, at, 'rule');
      after = page.at(-1)?.id ?? after;
      counts.entered += entered;
      counts.exited += exited;
      done += page.length;
      const perSecond = done / ((performance.now() - startedAt) / 1000);
      progress({
        phase: 'rules',
        done,
        total,
        unit: 'rows',
        rows: done,
        perSecond,
        secondsLeft: (total - done) / perSecond,
      });
      const isLast = page.length < rows;
      rows = nextGroup(
        page.length,
        page.reduce((chars, { text }) => chars + text.length, 0),
      );
      return !isLast;
    };
    await inSteps(db, step, signal);
  }
  db.prepare('UPDATE batch SET result = ?, ended_ms = ? WHERE id = ?').run(
    JSON.stringify({ ...counts, rejected: 0 }),
    engine.clock(),
    batch,
  );
  // An edit in the meantime is carried through by whoever made it, or at the next opening.
  if (rulesGeneration(db) === generation) markRulesApplied(db);
  engine.emit('storeChanged', { tables: ['history', 'audience', 'clock', 'batch'] });
  return counts;
}

/**
 * Carries a snapshot's changes on to the rules that include its audiences: users whom the batch moved are evaluated again.
 * The changes belong to the same batch and are undone with it.
 */
export async function reevaluateChanged(
  engine: EngineContext,
  batch: number,
  { signal }: Pick<CallContext, 'signal'>,
): Promise<ChangeCounts> {
  const { db } = engine.store;
  const counts = { entered: 0, exited: 0 };
  const reevaluator = openReevaluator(db, { batch, undoable: true });
  if (reevaluator === undefined || reevaluator.includedIds.size === 0) return counts;
  const { includedIds } = reevaluator;
  const range = db
    .prepare<[number], { first: number; last: number }>(
      'SELECT first_seq AS first, last_seq AS last FROM batch_range WHERE batch_id = ?',
    )
    .get(batch);
  if (range === undefined) return counts;
  const changes = changesOfRange(db, range);
  const step: Step = () => {
    const { value: row } = changes.next();
    if (row === undefined) return false;
    const text = includedIds.has(row.audienceId) ? currentText(db, row.userId)?.text : undefined;
    if (text === undefined) return true;
    const { at } = row;
    for (const done of [
      reevaluator.catchUp(row.userId, text, at),
      reevaluator.profile(row.userId, text, at, 'snapshot'),
    ]) {
      counts.entered += done.entered;
      counts.exited += done.exited;
    }
    return true;
  };
  await inSteps(db, step, signal);
  return counts;
}
