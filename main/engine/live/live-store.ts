import { SegueError } from '../core/errors.ts';
import type { RunRecord } from '../run/journal.ts';
import type { Db } from '../store/store.ts';

/** A workflow that is live. `seq` is the last change that its run has taken. */
export interface LiveRecord {
  readonly workflow: string;
  readonly run_id: number;
  readonly seq: number;
  readonly since_ms: number;
}

/** A run that was cancelled has ended its live mode, whoever cancelled it. */
const SELECT = `SELECT live.* FROM live JOIN run ON run.id = live.run_id
  WHERE run.state NOT IN ('completed', 'completed_with_errors', 'cancelled')`;

/** Every live workflow in the order of its name. */
export function listLive(db: Db): LiveRecord[] {
  return db.prepare<[], LiveRecord>(`${SELECT} ORDER BY workflow`).all();
}

/** The live mode of a workflow, undefined when it is off. */
export function findLive(db: Db, workflow: string): LiveRecord | undefined {
  return db.prepare<[string], LiveRecord>(`${SELECT} AND live.workflow = ?`).get(workflow);
}

/** True while changes are still added to a run. */
export function isOpenRun(db: Db, runId: number): boolean {
  return db.prepare('SELECT 1 FROM live WHERE run_id = ?').get(runId) !== undefined;
}

/** Switches a workflow live, taking the place of what an ended run left. */
export function insertLive(db: Db, { workflow, run_id, seq, since_ms }: LiveRecord): void {
  db.prepare('INSERT OR REPLACE INTO live VALUES (?, ?, ?, ?)').run(workflow, run_id, seq, since_ms);
}

export function deleteLive(db: Db, workflow: string): void {
  db.prepare('DELETE FROM live WHERE workflow = ?').run(workflow);
}

/** The run of a live workflow. */
export function runOfLive(db: Db, { run_id }: LiveRecord): RunRecord {
  const run = db.prepare<[number], RunRecord>('SELECT * FROM run WHERE id = ?').get(run_id);
  if (run === undefined) throw new SegueError('RUN_NOT_FOUND', 'The run of a live workflow is gone.');
  return run;
}

/** Refuses to rename or remove a workflow while it is live. @throws CONFLICT */
export function requireNotLive(db: Db, workflow: string): void {
  if (findLive(db, workflow) === undefined) return;
  throw new SegueError(
    'CONFLICT',
    `The workflow "${workflow}" is live: it sends changes as they arise. Switch live mode off first.`,
    { workflow },
  );
}
