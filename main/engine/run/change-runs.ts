import type { OutputOf } from '../../../preload/contract/call.ts';
import type { runCalls } from '../../../preload/contract/run.ts';
import { formatInstant, instantOfMs } from '../core/instant.ts';
import type { Db } from '../store/store.ts';
import { messageStateOf, type RunRecord } from './journal.ts';
import { TOLD_MESSAGE } from './told.ts';

type ChangeRun = Pick<RunRecord, 'key' | 'workflow' | 'kind' | 'dry_run' | 'created_ms'> & {
  n: number;
  message_state: number;
};

/** More runs of one change than a person would look through. */
const MOST = 20;

/** The runs whose messages tell a change, the newest first, each with its message's number and state; by look-ups. */
export function runsOfChange(db: Db, seq: number): OutputOf<typeof runCalls.ofChange> {
  const rows = db
    .prepare<[number], ChangeRun>(
      `SELECT run.key, run.workflow, run.kind, run.dry_run, run.created_ms, message.n, message.state AS message_state
       FROM run_change AS told ${TOLD_MESSAGE} JOIN run ON run.id = told.run_id
       WHERE told.seq = ? ORDER BY told.run_id DESC LIMIT ${MOST}`,
    )
    .all(seq);
  return {
    rows: rows.map((row) => ({
      id: row.key,
      workflow: row.workflow,
      kind: row.kind,
      dryRun: row.dry_run === 1,
      createdAt: formatInstant(instantOfMs(row.created_ms)),
      n: row.n,
      state: messageStateOf(row.message_state),
    })),
  };
}
