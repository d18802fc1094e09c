import type { PruneResult } from '../../../preload/contract/retention.ts';
import type { CallContext, EngineContext } from '../context.ts';
import { SegueError } from '../core/errors.ts';
import { formatInstant, instantOfMs } from '../core/instant.ts';
import { openBlanking } from '../profile/blank.ts';
import { asStoreFault } from '../store/fault.ts';
import { inSteps } from '../store/in-steps.ts';
import { type Db, databaseBytes } from '../store/store.ts';
import { type Kept, keptAt } from './kept.ts';
import { notePruned } from './setting.ts';
import { countPrunable, TEXT_BYTES } from './state.ts';

/** Versions between two looks at the clock, and pages given back at once. */
const VERSIONS_PER_STEP = 64;
const PAGES_PER_STEP = 64;

/**
 * Removes the versions that were replaced before what is kept begins (see {@link Kept}), oldest first, in short
 * transactions, and gives their pages back to the file system. An as-of answer at or after `keptFrom` stays as it was. Cut
 * off or cancelled, what was removed stays so and the next pruning goes on. What a run or an import comes to need in the
 * meantime is kept too.
 *
 * @throws CONFLICT while versions are kept forever, CANCELLED, DISK_FULL
 */
export async function prune(
  engine: Pick<EngineContext, 'store' | 'clock' | 'emit'>,
  { dryRun }: { dryRun: boolean },
  call: Pick<CallContext, 'signal' | 'progress'>,
): Promise<PruneResult> {
  const { db } = engine.store;
  const nowMs = engine.clock();
  try {
    const { kept, ...removed } = await removeVersions(db, { nowMs, dryRun }, call);
    if (!dryRun) await giveBack(db, call);
    return {
      dryRun,
      keptFrom: formatInstant(instantOfMs(kept.fromMs)),
      heldByRun: kept.heldByRun,
      ...removed,
      storeBytes: databaseBytes(db),
      freeBytes: pragmaNumber(db, 'freelist_count') * pragmaNumber(db, 'page_size'),
    };
  } catch (error) {
    throw asStoreFault(error, 'Pruning');
  } finally {
    if (!dryRun) engine.emit('storeChanged', { tables: ['profile'] });
  }
}

interface AgedVersion {
  profile_id: number;
  to_ms: number;
  to_code: number;
  replaced_by: number;
  bytes: number;
  /** 1 where the text stands in its profile's pack. */
  packed: number;
}

const FIRST: Omit<AgedVersion, 'bytes' | 'packed'> = {
  profile_id: 0,
  to_ms: Number.MIN_SAFE_INTEGER,
  to_code: 0,
  replaced_by: 0,
};

async function removeVersions(
  db: Db,
  { nowMs, dryRun }: { nowMs: number; dryRun: boolean },
  { signal, progress }: Pick<CallContext, 'signal' | 'progress'>,
): Promise<{ kept: Kept; removed: number; removedBytes: number }> {
  const requireKept = (): Kept => {
    const kept = keptAt(db, nowMs);
    if (kept !== undefined) return kept;
    throw new SegueError(
      'CONFLICT',
      'Older profile versions are kept forever, so nothing can be pruned. Set a retention first: segue retention set DAYS',
    );
  };
  const page = db.prepare<unknown[], AgedVersion>(
    `SELECT profile_id, to_ms, to_code, replaced_by, ${TEXT_BYTES} AS bytes, body = '' AS packed
     FROM profile_version INDEXED BY profile_version_ended
     WHERE to_ms < @fromMs AND (to_ms, profile_id, to_code, replaced_by) > (@to_ms, @profile_id, @to_code, @replaced_by)
     ORDER BY to_ms, profile_id, to_code, replaced_by LIMIT ${VERSIONS_PER_STEP}`,
  );
  const remove = db.prepare(
    'DELETE FROM profile_version WHERE profile_id = ? AND to_ms = ? AND to_code = ? AND replaced_by = ?',
  );
  const blankInPack = openBlanking(db);
  const removeAll = (versions: readonly AgedVersion[]) => {
    for (const { profile_id, to_ms, to_code, replaced_by, packed } of versions) {
      remove.run(profile_id, to_ms, to_code, replaced_by);
      if (packed === 1) blankInPack(profile_id);
    }
    const newest = versions.at(-1);
    if (newest !== undefined) notePruned(db, newest.to_ms + 1);
  };
  let kept = requireKept();
  const total = countPrunable(db, kept);
  const startedAt = performance.now();
  let last = FIRST;
  let removed = 0;
  let removedBytes = 0;
  await inSteps(
    db,
    (first) => {
      // Between two slices an import may have begun or ended, and a run may have been planned.
      if (first) kept = requireKept();
      const versions = page.all({ ...last, fromMs: kept.fromMs });
      const restorable = new Set(JSON.parse(kept.batches) as number[]);
      const aged = versions.filter(({ replaced_by }) => !restorable.has(replaced_by));
      if (!dryRun) removeAll(aged);
      removed += aged.length;
      removedBytes += aged.reduce((sum, { bytes }) => sum + bytes, 0);
      last = versions.at(-1) ?? last;
      const perSecond = removed / ((performance.now() - startedAt) / 1000);
      progress({
        phase: dryRun ? 'looking for versions' : 'pruning',
        done: removed,
        total,
        unit: 'rows',
        rows: removed,
        perSecond,
        secondsLeft: removed === 0 ? null : Math.max(0, total - removed) / perSecond,
      });
      return versions.length === VERSIONS_PER_STEP;
    },
    signal,
  );
  return { kept, removed, removedBytes };
}

/**
 * Shortens the file by its free pages. A store from before version 7 cannot be shortened in place (its pages would all have
 * to be written anew); there they stay free for what comes next.
 */
async function giveBack(
  db: Db,
  { signal, progress }: Pick<CallContext, 'signal' | 'progress'>,
): Promise<void> {
  const total = pragmaNumber(db, 'freelist_count');
  const startedAt = performance.now();
  let left = total;
  await inSteps(
    db,
    () => {
      const before = left;
      db.pragma(`incremental_vacuum(${PAGES_PER_STEP})`);
      left = pragmaNumber(db, 'freelist_count');
      const done = total - left;
      const perSecond = done / ((performance.now() - startedAt) / 1000);
      progress({
        phase: 'giving space back',
        done,
        total,
        unit: 'rows',
        rows: done,
        perSecond,
        secondsLeft: done <= 0 ? null : left / perSecond,
      });
      return left > 0 && left < before;
    },
    signal,
  );
  // The file itself is shortened when the log is carried over. PASSIVE waits for nobody.
  db.pragma('wal_checkpoint(PASSIVE)');
}

function pragmaNumber(db: Db, name: string): number {
  return Number(db.pragma(name, { simple: true }));
}
