import type { RetentionState } from '../../../preload/contract/retention.ts';
import { formatInstant, instantOfMs } from '../core/instant.ts';
import type { Db } from '../store/store.ts';
import { type Kept, keptAt } from './kept.ts';
import { readPrunedUntil, readRetentionDays } from './setting.ts';

/** Versions whose mean size stands for that of all. */
const SAMPLE_VERSIONS = 1000;
/** The length of the text of a row of `profile_version` in bytes, also where it stands in its profile's pack. */
export const TEXT_BYTES = `octet_length(iif(body <> '', body,
  (SELECT one.body FROM earlier_profile AS one WHERE one.profile_id = profile_version.profile_id
     AND one.to_ms = profile_version.to_ms AND one.to_code = profile_version.to_code
     AND one.replaced_by = profile_version.replaced_by)))`;
const PRUNABLE = 'to_ms < ? AND replaced_by NOT IN (SELECT value FROM json_each(?))';

/** The retention of a workspace, and what pruning at this instant would remove. Reads indexes and a sample of bodies. */
export function retentionState(db: Db, nowMs: number): RetentionState {
  const kept = keptAt(db, nowMs);
  const oldest = db.prepare<[], number | null>('SELECT min(to_ms) FROM profile_version').pluck().get();
  return {
    days: readRetentionDays(db),
    cutOff: timeText(kept?.cutOffMs),
    keptFrom: timeText(kept?.fromMs),
    heldByRun: kept?.heldByRun ?? null,
    versions: db.prepare<[], number>('SELECT count(*) FROM profile_version').pluck().get() ?? 0,
    oldestReplacedAt: timeText(oldest),
    ...prunable(db, kept),
    prunedUntil: timeText(readPrunedUntil(db)),
  };
}

function prunable(
  db: Db,
  kept: Pick<Kept, 'fromMs' | 'batches'> | undefined,
): Pick<RetentionState, 'prunable' | 'prunableBytes'> {
  if (kept === undefined) return { prunable: 0, prunableBytes: 0 };
  const count = countPrunable(db, kept);
  const mean = db
    .prepare<[number, string], number | null>(
      `SELECT avg(bytes) FROM (SELECT ${TEXT_BYTES} AS bytes FROM profile_version INDEXED BY profile_version_ended
       WHERE ${PRUNABLE} ORDER BY to_ms LIMIT ${SAMPLE_VERSIONS})`,
    )
    .pluck()
    .get(kept.fromMs, kept.batches);
  return { prunable: count, prunableBytes: Math.round(count * (mean ?? 0)) };
}

/** How many versions pruning would remove; reads an index alone. */
export function countPrunable(db: Db, { fromMs, batches }: Pick<Kept, 'fromMs' | 'batches'>): number {
  const count = db
    .prepare<[number, string], number>(
      `SELECT count(*) FROM profile_version INDEXED BY profile_version_ended WHERE ${PRUNABLE}`,
    )
    .pluck();
  return count.get(fromMs, batches) ?? 0;
}

function timeText(ms: number | null | undefined): string | null {
  return ms === null || ms === undefined ? null : formatInstant(instantOfMs(ms));
}
