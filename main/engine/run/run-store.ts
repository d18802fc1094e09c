import { setImmediate } from 'node:timers/promises';
import type {
  RunDetail,
  RunKind,
  RunOptions,
  RunRow,
  RunSelection,
  RunState,
} from '../../../preload/contract/run.ts';
import { runOptions, runSelection } from '../../../preload/contract/run.ts';
import type { Workflow } from '../../../preload/contract/workflow.ts';
import { SegueError } from '../core/errors.ts';
import { formatInstant, instantOfMs } from '../core/instant.ts';
import { type Db, inTransaction } from '../store/store.ts';
import { parseStored } from '../workflow/store.ts';
import { DOUBTFUL_MESSAGES, messagesInState, type RunRecord } from './journal.ts';

/** What a new run is made of. */
export interface NewRun {
  readonly key: string;
  readonly kind: RunKind;
  /** Copied into the run: later edits of the workflow change nothing. */
  readonly workflow: Workflow;
  readonly selection: RunSelection;
  readonly options: RunOptions;
  readonly nowMs: number;
}

/** Writes a run in the state `planned`, without messages. */
export function insertRun(db: Db, run: NewRun): RunRecord {
  const { workflow, options } = run;
  db.prepare(
    `INSERT INTO run (key, kind, workflow, environment, queue_url, state, dry_run, copy, selection, options, rate,
     concurrency, created_ms) VALUES (?, ?, ?, ?, ?, 'planned', ?, ?, ?, ?, ?, ?, ?)`,
  ).run(
    run.key,
    run.kind,
    workflow.name,
    workflow.environment,
    workflow.queueUrl,
    options.dryRun ? 1 : 0,
    JSON.stringify(workflow),
    JSON.stringify(run.selection),
    JSON.stringify(options),
    options.rate,
    options.concurrency,
    run.nowMs,
  );
  return requireRun(db, run.key);
}

/** A run by its id. @throws RUN_NOT_FOUND */
export function requireRun(db: Db, key: string): RunRecord {
  const record = db.prepare<[string], RunRecord>('SELECT * FROM run WHERE key = ?').get(key);
  if (record !== undefined) return record;
  throw new SegueError(
    'RUN_NOT_FOUND',
    `There is no run "${key.slice(0, 64)}". List them with: segue run list`,
    {
      run: key.slice(0, 64),
    },
  );
}

/** Runs, newest first, of one workflow or all; `beforeId` is the row id behind which the page starts. */
export function listRuns(db: Db, workflow: string | undefined, beforeId: number, limit: number): RunRecord[] {
  return workflow === undefined
    ? db
        .prepare<unknown[], RunRecord>('SELECT * FROM run WHERE id < ? ORDER BY id DESC LIMIT ?')
        .all(beforeId, limit)
    : db
        .prepare<unknown[], RunRecord>(
          'SELECT * FROM run WHERE workflow = ? AND id < ? ORDER BY id DESC LIMIT ?',
        )
        .all(workflow, beforeId, limit);
}

/** Removes a run that never started, with its messages. */
export function deleteRun(db: Db, runId: number): void {
  inTransaction(db, () => {
    deleteMessages(db, runId, 0);
    db.prepare('DELETE FROM run WHERE id = ?').run(runId);
  });
}

/** Removes the messages of a run behind a number: those that a process which died has left half written. */
export function deleteMessages(db: Db, runId: number, afterN: number): void {
  inTransaction(db, () => {
    db.prepare(
      `DELETE FROM run_change WHERE run_id = @runId AND n > @afterN AND seq IN
       (SELECT told.value FROM run_message, json_each('[' || substr(changes, instr(changes, ':') + 1) || ']') AS told
        WHERE run_id = @runId AND n > @afterN)`,
    ).run({ runId, afterN });
    db.prepare('DELETE FROM run_change_undone WHERE run_id = ? AND n > ?').run(runId, afterN);
    db.prepare('DELETE FROM run_message WHERE run_id = ? AND n > ?').run(runId, afterN);
  });
}

/** Puts a run into a state; `endedMs` is kept when it is undefined. */
export function setState(
  db: Db,
  runId: number,
  state: RunState,
  { reason, startedMs, endedMs }: { reason: string | null; startedMs?: number; endedMs?: number | null },
): void {
  db.prepare(
    `UPDATE run SET state = ?, reason = ?, started_ms = coalesce(started_ms, ?),
     ended_ms = CASE WHEN ? THEN ? ELSE ended_ms END WHERE id = ?`,
  ).run(state, reason, startedMs ?? null, endedMs === undefined ? 0 : 1, endedMs ?? null, runId);
}

/**
 * Takes back what a process that died left in flight: those messages may have arrived, so each is marked as a possible
 * duplicate and becomes pending again. Nothing left a dry run, so its messages are not marked.
 */
export function reclaimLeases(db: Db, run: Pick<RunRecord, 'id' | 'dry_run'>): number {
  return inTransaction(db, () => {
    const leases = db
      .prepare<[number], string>('SELECT ns FROM run_batch WHERE run_id = ?')
      .pluck()
      .all(run.id);
    const mark = db.prepare(
      'UPDATE run_message SET doubt = ?, attempts = attempts + 1 WHERE run_id = ? AND n = ? AND state = 0',
    );
    let count = 0;
    for (const n of leases.flatMap((ns) => ns.split(',').map(Number))) {
      count += mark.run(run.dry_run === 1 ? 0 : 1, run.id, n).changes;
    }
    db.prepare('DELETE FROM run_batch WHERE run_id = ?').run(run.id);
    return count;
  });
}

/** Rows changed per transaction, so that no write holds up the engine. */
const CHUNK = 5_000;

/** Puts parked and failed messages back to pending. Returns how many. */
export async function reopenMessages(db: Db, runId: number): Promise<number> {
  let total = 0;
  for (const state of ['parked', 'failed'] as const) {
    const lowest = db
      .prepare<[number], number>(`SELECT n FROM ${messagesInState(state)} ORDER BY n LIMIT 1`)
      .pluck();
    const reopen = db.prepare(
      `UPDATE run_message SET state = 0, group_id = NULL WHERE run_id = ? AND n IN
       (SELECT n FROM ${messagesInState(state)} ORDER BY n LIMIT ${CHUNK})`,
    );
    const count = db.prepare(`UPDATE run SET ${state} = ${state} - ?, cursor = min(cursor, ?) WHERE id = ?`);
    for (let first = lowest.get(runId); first !== undefined; first = lowest.get(runId)) {
      const n = first;
      total += inTransaction(db, () => {
        const { changes } = reopen.run(runId, runId);
        count.run(changes, n, runId);
        return changes;
      });
      await setImmediate();
    }
  }
  return total;
}

/** Marks every message that is still pending as cancelled. Returns how many. */
export async function cancelPending(db: Db, runId: number): Promise<number> {
  const page = db
    .prepare<[number, number], number>(
      `SELECT n FROM ${messagesInState('pending')} AND n >= ? ORDER BY n LIMIT ${CHUNK}`,
    )
    .pluck();
  const cancel = db.prepare(
    'UPDATE run_message SET state = 4 WHERE run_id = ? AND state = 0 AND n BETWEEN ? AND ?',
  );
  // No message before the cursor is pending.
  const cursor = db.prepare<[number], number>('SELECT cursor FROM run WHERE id = ?').pluck().get(runId);
  let total = 0;
  for (let from = cursor ?? 1; ; ) {
    const ns = page.all(runId, from);
    const [first, last] = [ns[0], ns.at(-1)];
    if (first === undefined || last === undefined) return total;
    inTransaction(db, () => {
      cancel.run(runId, first, last);
      db.prepare('UPDATE run SET cancelled = cancelled + ? WHERE id = ?').run(ns.length, runId);
    });
    total += ns.length;
    from = last + 1;
    await setImmediate();
  }
}

/** Messages that the queue may hold twice. */
export function countDoubtful(db: Db, runId: number): number {
  return db.prepare<[number], number>(`SELECT count(*) FROM ${DOUBTFUL_MESSAGES}`).pluck().get(runId) ?? 0;
}

/** A run as the contract tells it. */
export function toRunRow(db: Db, run: RunRecord): RunRow {
  const seconds = run.active_ms / 1000;
  return {
    id: run.key,
    kind: run.kind,
    workflow: run.workflow,
    environment: run.environment,
    queueUrl: run.queue_url,
    state: run.state,
    dryRun: run.dry_run === 1,
    planned: run.planned,
    sent: run.sent,
    failed: run.failed,
    parked: run.parked,
    pending: run.planned - run.sent - run.failed - run.parked - run.cancelled,
    possibleDuplicates: countDoubtful(db, run.id),
    retries: run.retries,
    createdAt: formatInstant(instantOfMs(run.created_ms)),
    startedAt: run.started_ms === null ? null : formatInstant(instantOfMs(run.started_ms)),
    endedAt: run.ended_ms === null ? null : formatInstant(instantOfMs(run.ended_ms)),
    seconds,
    messagesPerSecond: seconds === 0 ? 0 : run.sent / seconds,
    rate: run.rate,
    concurrency: run.concurrency,
    reason: run.reason,
  };
}

/** What a run's detail lists at most; the export has every message. */
const DETAIL_ERRORS = 500;
const DETAIL_DUPLICATES = 5_000;

/** A run with its copy of the workflow, its errors by code and its possible duplicates. */
export function toRunDetail(db: Db, run: RunRecord): RunDetail {
  const errors = db
    .prepare<[number, number], { code: string; message: string; count: number }>(
      `SELECT coalesce(error_code, 'Unknown') AS code, coalesce(error_message, '') AS message, count
       FROM (SELECT min(n) AS first, count(*) AS count FROM run_message INDEXED BY run_message_error
             WHERE run_id = ? AND state IN (2, 3) GROUP BY error_code)
       JOIN run_message ON run_id = ? AND n = first ORDER BY count DESC, first LIMIT ${DETAIL_ERRORS}`,
    )
    .all(run.id, run.id);
  const duplicates = db
    .prepare<[number], { n: number; user_id: string; at_ms: number; at_code: number }>(
      `SELECT n, user_id, at_ms, at_code FROM ${DOUBTFUL_MESSAGES} ORDER BY n LIMIT ${DETAIL_DUPLICATES}`,
    )
    .all(run.id)
    .map(({ n, user_id, at_ms, at_code }) => ({
      n,
      userId: user_id,
      at: formatInstant({ ms: at_ms, code: at_code }),
    }));
  return {
    ...toRunRow(db, run),
    copy: parseStored(run.copy),
    selection: runSelection.parse(JSON.parse(run.selection)),
    options: runOptions.parse(JSON.parse(run.options)),
    errors,
    duplicates,
  };
}
