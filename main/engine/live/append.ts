import { runSelection } from '../../../preload/contract/run.ts';
import type { EngineContext } from '../context.ts';
import { lastNumber } from '../history/change-sql.ts';
import { CAUSE_CODES } from '../history/codes.ts';
import { criteriaOf } from '../run/criteria.ts';
import { messageInsert } from '../run/materialise.ts';
import { openReader } from '../run/reader.ts';
import { deleteMessages } from '../run/run-store.ts';
import { selectMessages } from '../run/selection.ts';
import { inSlices } from '../run/slices.ts';
import { type Db, inTransaction } from '../store/store.ts';
import { parseStored } from '../workflow/store.ts';
import { type LiveRecord, runOfLive } from './live-store.ts';

/** Messages written per transaction. */
const PAGE = 1_000;

/**
 * The last change that is certain to stay in its place: what an import that is still running has written may be taken back,
 * and its numbers were given out before those of changes that the clock or a rule makes meanwhile.
 */
export function settledUpTo(db: Db, after: number): number {
  const last = lastNumber(db);
  const firsts = db
    .prepare<[number, number, number, number], number | null>(
      `SELECT (SELECT min(seq) FROM change WHERE batch_id = batch.id AND cause <> ${CAUSE_CODES.snapshot} AND seq > ?) FROM batch WHERE state = 'running'
       UNION ALL SELECT max(first_seq, ? + 1) FROM batch_range JOIN batch ON id = batch_id WHERE state = 'running'
       UNION ALL SELECT max(first_seq, ? + 1) FROM change_sweep JOIN batch ON id = batch_id WHERE state = 'running' AND last_seq > ?`,
    )
    .pluck()
    .all(after, after, after, after)
    .filter((first) => first !== null);
  return Math.max(after, Math.min(last, ...firsts.map((first) => first - 1)));
}

/**
 * Takes the changes that have arisen since the last look into the journal of a live run, in the order of time. Rows beyond
 * `run.planned` are not part of the run yet: the last transaction makes them so and moves the cursor, so that a process that
 * dies on the way neither loses nor doubles a change. Answers how many messages were added.
 *
 * @throws AUDIENCE_NOT_FOUND when an audience of the workflow is gone, CANCELLED
 */
export async function appendChanges(
  { store }: Pick<EngineContext, 'store'>,
  live: LiveRecord,
  signal: AbortSignal,
): Promise<number> {
  const { db } = store;
  const upTo = settledUpTo(db, live.seq);
  if (upTo === live.seq) return 0;
  const run = runOfLive(db, live);
  // What a process that died on the way has left.
  deleteMessages(db, run.id, run.planned);
  const criteria = {
    ...criteriaOf(db, parseStored(run.copy), runSelection.parse({}), null),
    arisen: { after: live.seq, upTo },
  };
  const insert = messageInsert(db, run.id);
  let n = run.planned;
  const reader = openReader(store);
  try {
    await inSlices(
      selectMessages(reader, criteria),
      PAGE,
      (page) =>
        inTransaction(db, () => {
          for (const message of page) {
            n += 1;
            insert(n, message);
          }
        }),
      signal,
    );
  } finally {
    reader.close();
  }
  inTransaction(db, () => {
    const moved = db
      .prepare('UPDATE live SET seq = ? WHERE run_id = ? AND seq = ?')
      .run(upTo, run.id, live.seq).changes;
    if (moved === 1) db.prepare('UPDATE run SET planned = ? WHERE id = ?').run(n, run.id);
  });
  return n - run.planned;
}
