import type { EngineContext } from '../context.ts';
import type { RunRecord } from './journal.ts';
import { deleteRun, reclaimLeases, setState } from './run-store.ts';

/**
 * Called when a workspace is opened, before anything is sent: runs that a process left running become interrupted, and
 * what they had in flight counts as a possible duplicate. A run that was still being written is removed; nothing of it was
 * sent.
 */
export function recoverRuns({ store: { db } }: Pick<EngineContext, 'store'>): void {
  const cutOff = db.prepare<[], RunRecord>("SELECT * FROM run WHERE state IN ('planned', 'running')").all();
  for (const run of cutOff) {
    if (run.state === 'planned') deleteRun(db, run.id);
    else interrupt({ db }, run);
  }
}

/** Turns a run that no process is sending any more into an interrupted one. */
export function interrupt({ db }: Pick<EngineContext['store'], 'db'>, run: RunRecord): void {
  const inFlight = reclaimLeases(db, run);
  const reason =
    inFlight === 0
      ? 'Segue ended while the run was going. Nothing was in flight.'
      : `Segue ended while ${inFlight} messages were in flight; they may have arrived and are sent again on resume.`;
  setState(db, run.id, 'interrupted', { reason, endedMs: null });
}
