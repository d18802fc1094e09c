import type { Problem } from '../../../preload/contract/message.ts';
import type { Instant } from '../core/instant.ts';
import { warningProblem } from '../message/problem.ts';
import type { Db } from '../store/store.ts';
import { decodeContent } from './content.ts';
import { type Criteria, inShard } from './criteria.ts';
import { messagesInState, STATE_CODES } from './journal.ts';
import { createUserReader, type SelectedMessage } from './selection.ts';
import { TOLD_MESSAGE } from './told.ts';

const { parked, failed } = STATE_CODES;

/**
 * The messages of a selection that are parked or failed in a run, in the order of that run, of what is left of their changes.
 * A live run may have several rows of one user and instant: they become one message. Leaves a statement open on `db` between
 * two messages.
 */
export function* failedMessages(
  db: Db,
  runId: number,
  criteria: Criteria,
): Generator<SelectedMessage | undefined, void, void> {
  if (criteria.events.length === 0) return;
  const inState = (state: 'parked' | 'failed') =>
    `SELECT n, user_id, at_ms, at_code, changes FROM ${messagesInState(state)}`;
  const rows = db.prepare<
    [number, number],
    { n: number; user_id: string; at_ms: number; at_code: number; changes: string }
  >(`${inState('parked')} UNION ALL ${inState('failed')} ORDER BY n`);
  const readFailed = createFailedReader(db, runId, criteria);
  for (const { n, user_id: userId, at_ms, at_code, changes: text } of rows.iterate(runId, runId)) {
    const content = decodeContent(text);
    if (content.kind !== 'changes' || !inShard(userId, criteria.shard)) continue;
    const { recordedId } = content;
    const at = { ms: at_ms, code: at_code };
    const together = readFailed(userId, at, recordedId);
    const isFirst = together.length > 0 && together.every((one) => one.n >= n);
    yield isFirst
      ? {
          userId,
          at,
          recordedId,
          changes: together,
          doubt: together.some(({ doubt }) => doubt),
        }
      : undefined;
  }
}

/** The selected changes of a user and instant that a run has in parked or failed messages; in doubt by it or by another run. */
function createFailedReader(db: Db, runId: number, criteria: Criteria) {
  const ofUser = createUserReader(db, criteria);
  const read = db.prepare<[number, number], { n: number; doubt: number }>(
    `SELECT told.n, message.doubt FROM run_change AS told ${TOLD_MESSAGE}
     WHERE told.seq = ? AND told.run_id = ? AND message.state IN (${parked}, ${failed})`,
  );
  return (userId: string, at: Instant, recordedId: number | null) =>
    ofUser(userId, at, recordedId).flatMap((change) => {
      const row = read.get(change.seq, runId);
      return row === undefined ? [] : [{ ...change, n: row.n, doubt: change.doubt || row.doubt === 1 }];
    });
}

/** Runs that will send what they have left when they go on: for a selection of what was not sent it is there to be sent. */
export function openRunProblems(db: Db, runIds: readonly number[]): Problem[] {
  const read = db.prepare<[number], { key: string; state: string; left: number }>(
    `SELECT key, state, planned - sent - failed - parked - cancelled AS left FROM run
     WHERE id = ? AND state IN ('planned', 'running', 'paused', 'interrupted', 'failed')`,
  );
  return runIds.flatMap((id) => {
    const run = read.get(id);
    if (run === undefined || run.left === 0) return [];
    return [
      warningProblem(
        'RUN_STILL_OPEN',
        `Run ${run.key} (${run.state}) has ${run.left} messages left to send. Resume or cancel it first, or they can be sent twice.`,
      ),
    ];
  });
}
