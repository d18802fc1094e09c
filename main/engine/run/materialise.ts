import type { RunKind } from '../../../preload/contract/run.ts';
import { isDone, lastUndoable } from '../batch/batch.ts';
import { SegueError } from '../core/errors.ts';
import type { Instant } from '../core/instant.ts';
import { type Db, inTransaction, openConnection, type Store } from '../store/store.ts';
import { encodeContent } from './content.ts';
import type { Criteria } from './criteria.ts';
import { messagesOf, type PlannedMessage } from './messages-of.ts';
import { openReader, whileLetGo } from './reader.ts';
import { selectsInWindows } from './selection.ts';
import { inSlices } from './slices.ts';

/** Messages written per transaction. */
const PAGE = 1_000;
/** Changes are read and messages written in order, so that few pages are in use at a time. */
const CACHE_KIB = 8_000;

/**
 * Writes a run's messages, all pending, numbered from 1 in the order of sending. From then on the run does not depend on
 * what the history gains. All are of one state of the history, that of the beginning. They are written over a connection of its own: the store's would fill its large cache with them, and
 * keep it while they are sent.
 *
 * @throws LIMIT_EXCEEDED when there are more than `max`, CANCELLED, CONFLICT when an import is undone meanwhile
 */
export async function materialise(
  store: Store,
  runId: number,
  kind: Exclude<RunKind, 'test' | 'live'>,
  criteria: Criteria,
  now: Instant,
  { max, signal }: { max: number | null; signal: AbortSignal },
): Promise<number> {
  const reader = openReader(store, CACHE_KIB);
  const writer = openConnection(store.file, 'write');
  writer.pragma(`cache_size = -${CACHE_KIB}`);
  const insert = messageInsert(writer, runId);
  const write =
    kind === 'replay' && selectsInWindows(criteria) ? inTurns(reader) : (work: () => void) => work();
  let n = 0;
  try {
    await inSlices(
      messagesOf(reader, kind, criteria, now),
      PAGE,
      (page) => {
        if (max !== null && n + page.length > max) throw exceedsMax(max);
        write(() =>
          inTransaction(writer, () => {
            for (const message of page) {
              n += 1;
              insert(n, message);
            }
          }),
        );
      },
      signal,
    );
  } finally {
    reader.close();
    writer.close();
  }
  store.db.prepare('UPDATE run SET planned = ? WHERE id = ?').run(n, runId);
  return n;
}

/**
 * Lets a selection in windows go of the store for each write. Of what it reads only the last import can be taken away meanwhile,
 * and a part of one must not be sent.
 */
function inTurns(reader: Db): (write: () => void) => void {
  const last = lastUndoable(reader);
  return (write) => {
    whileLetGo(reader, write);
    if (last === undefined || isDone(reader, last)) return;
    throw new SegueError(
      'CONFLICT',
      `Import ${last} was undone while the messages of the run were selected. Nothing was sent; start it again.`,
      { batch: last },
    );
  };
}

function exceedsMax(max: number): SegueError {
  return new SegueError(
    'LIMIT_EXCEEDED',
    `The selection has more than the ${max} messages allowed for a run (--max). Nothing was sent; narrow it or raise the limit.`,
    { max },
  );
}

/** Writes one pending message of a run under its number, and which changes it tells. */
export function messageInsert(db: Db, runId: number): (n: number, message: PlannedMessage) => void {
  const insert = db.prepare(
    'INSERT INTO run_message (run_id, n, user_id, at_ms, at_code, changes, doubt) VALUES (?, ?, ?, ?, ?, ?, ?)',
  );
  const tell = db.prepare('INSERT INTO run_change VALUES (?, ?, ?)');
  return (n, message) => {
    const { userId, at, doubt } = message;
    insert.run(runId, n, userId, at.ms, at.code, encodeContent(message), doubt ? 1 : 0);
    if ('changes' in message) for (const { seq } of message.changes) tell.run(seq, runId, n);
  };
}
