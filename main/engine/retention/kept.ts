import { lastUndoable } from '../batch/batch.ts';
import type { Db } from '../store/store.ts';
import { readRetentionDays } from './setting.ts';

const MS_PER_DAY = 24 * 60 * 60 * 1000;

/** What pruning must leave alone. */
export interface Kept {
  /** The retention's own instant, in epoch milliseconds. */
  readonly cutOffMs: number;
  /** Versions that were still valid at or after this instant stay: the cut-off, or an earlier time that a run still needs. */
  readonly fromMs: number;
  /** The run that needs the earlier time. */
  readonly heldByRun: string | null;
  /** Versions that these batches replaced stay, however old: undoing or failing puts them back. As a JSON list. */
  readonly batches: string;
}

/** Works out what is to be kept at an instant; undefined while everything is kept forever. */
export function keptAt(db: Db, nowMs: number): Kept | undefined {
  const days = readRetentionDays(db);
  if (days === null) return undefined;
  const cutOffMs = nowMs - days * MS_PER_DAY;
  const held = earliestToSend(db);
  const isHeld = held !== undefined && held.atMs < cutOffMs;
  return {
    cutOffMs,
    fromMs: isHeld ? held.atMs : cutOffMs,
    heldByRun: isHeld ? held.run : null,
    batches: JSON.stringify(restorableBatches(db)),
  };
}

function restorableBatches(db: Db): number[] {
  const running = db.prepare<[], number>(`SELECT id FROM batch WHERE state = 'running'`).pluck().all();
  const last = lastUndoable(db);
  return last === undefined ? running : [...running, last];
}

interface OpenRun {
  id: number;
  run: string;
  kind: 'replay' | 'live';
  cursor: number;
}

/**
 * The earliest instant of a message that a run which has not ended is still to build from the profile as it was: what a
 * plan has shown is what is sent. The messages of a replay are numbered in the order of time; those of a live run are not,
 * and few of them wait.
 */
function earliestToSend(db: Db): { run: string; atMs: number } | undefined {
  const runs = db
    .prepare<[], OpenRun>(
      `SELECT id, key AS run, kind, cursor FROM run
       WHERE state IN ('planned', 'running', 'paused', 'interrupted', 'failed') AND kind IN ('replay', 'live')
         AND options ->> '$.profile' = 'as-of'`,
    )
    .all();
  const pending = 'FROM run_message WHERE run_id = ? AND n >= ? AND state = 0';
  const next = db.prepare<[number, number], number>(`SELECT at_ms ${pending} ORDER BY n LIMIT 1`).pluck();
  const earliest = db.prepare<[number, number], number | null>(`SELECT min(at_ms) ${pending}`).pluck();
  return runs
    .map(({ id, run, kind, cursor }) => ({
      run,
      atMs: (kind === 'replay' ? next : earliest).get(id, cursor) ?? Number.POSITIVE_INFINITY,
    }))
    .sort((a, b) => a.atMs - b.atMs)[0];
}
