import { setImmediate } from 'node:timers/promises';
import type { MessageAttribute } from '../../../preload/contract/message.ts';
import type { MessageState, RunMessageRow } from '../../../preload/contract/run.ts';
import { runOptions } from '../../../preload/contract/run.ts';
import { shareOf } from '../bundle/share.ts';
import { SegueError } from '../core/errors.ts';
import { formatInstant } from '../core/instant.ts';
import { messageBytes } from '../message/limits.ts';
import { writeWhole } from '../output/whole-file.ts';
import { unknownFacts } from '../queue/sdk-client.ts';
import type { Db } from '../store/store.ts';
import { parseStored } from '../workflow/store.ts';
import { createMessageBuilder } from './builder.ts';
import { decodeMessageId, messageStateOf, messagesInState, type RunRecord, STATE_CODES } from './journal.ts';
import { createRequestReader } from './session.ts';

interface MessageRow {
  n: number;
  state: number;
  attempts: number;
  doubt: number;
  message_id: Buffer | string;
  user_id: string;
  at_ms: number;
  at_code: number;
  changes: string;
  error_code: string | null;
  error_message: string | null;
  body: string | null;
  attributes: string | null;
}

const COLUMNS =
  'n, state, attempts, doubt, message_id, user_id, at_ms, at_code, changes, error_code, error_message, body, attributes';

/** A page of a run's messages by number, of one state or all. */
export function pageMessages(
  db: Db,
  run: RunRecord,
  { state, afterN, limit }: { state?: MessageState | undefined; afterN: number; limit: number },
): RunMessageRow[] {
  const inFlight = inFlightOf(db, run.id);
  if (state === 'in_flight') {
    const read = db.prepare<[number, number], MessageRow>(
      `SELECT ${COLUMNS} FROM run_message WHERE run_id = ? AND n = ?`,
    );
    return [...inFlight]
      .filter((n) => n > afterN)
      .sort((a, b) => a - b)
      .slice(0, limit)
      .flatMap((n) => read.get(run.id, n) ?? [])
      .map((row) => toMessageRow(row, inFlight));
  }
  const messages = state === undefined ? 'run_message WHERE run_id = ?' : messagesInState(state);
  // No message before the cursor is pending.
  const behindN = state === 'pending' ? Math.max(afterN, run.cursor - 1) : afterN;
  const rows = db
    .prepare<unknown[], MessageRow>(`SELECT ${COLUMNS} FROM ${messages} AND n > ? ORDER BY n LIMIT ?`)
    .all(run.id, behindN, limit + (state === 'pending' ? inFlight.size : 0))
    .filter(({ n }) => state !== 'pending' || !inFlight.has(n))
    .slice(0, limit);
  return rows.map((row) => toMessageRow(row, inFlight));
}

/** The body and attributes of one message: as stored for a test message, else built as it was or would be sent. */
export function readMessage(
  db: Db,
  run: RunRecord,
  n: number,
): RunMessageRow & { body: string; bytes: number; attributes: MessageAttribute[] } {
  const row = db
    .prepare<[number, number], MessageRow>(`SELECT ${COLUMNS} FROM run_message WHERE run_id = ? AND n = ?`)
    .get(run.id, n);
  if (row === undefined) {
    throw new SegueError('NOT_FOUND', `Run ${run.key} has no message ${n}; it has 1 to ${run.planned}.`, {
      n,
    });
  }
  const request = createRequestReader({ db })({
    userId: row.user_id,
    at: { ms: row.at_ms, code: row.at_code },
    changes: row.changes,
    body: row.body,
    attributes: row.attributes,
  });
  if (request === undefined) {
    throw new SegueError(
      'NOT_FOUND',
      `The change behind message ${n} is gone: the import that made it was undone.`,
      {
        n,
      },
    );
  }
  const message = toMessageRow(row, inFlightOf(db, run.id));
  if ('body' in request) {
    const attributes = [...request.attributes];
    return { ...message, body: request.body, bytes: messageBytes(request.body, attributes), attributes };
  }
  const [built] = createMessageBuilder(db, {
    workflow: parseStored(run.copy),
    kind: run.kind,
    options: runOptions.parse(JSON.parse(run.options)),
    facts: unknownFacts(run.queue_url),
  })([request]);
  return {
    ...message,
    body: built?.body ?? '',
    bytes: built?.bytes ?? 0,
    attributes: [...(built?.attributes ?? [])],
  };
}

const EXPORT_PAGE = 1_000;

/**
 * Writes every message with its outcome as NDJSON. The file appears under its name when it is whole. In a workspace that
 * was opened from a bundle the first line says which share of the bundle it is, for `bundle.merge`.
 *
 * @throws CANCELLED, FILE_UNWRITABLE, DISK_FULL
 */
export async function exportMessages(
  db: Db,
  run: RunRecord,
  out: string,
  signal: AbortSignal,
): Promise<number> {
  const share = shareOf(db, run);
  let count = 0;
  await writeWhole(out, async (write) => {
    if (share !== undefined) await write(`${JSON.stringify(share)}\n`);
    for (let afterN = 0; ; ) {
      if (signal.aborted) throw new SegueError('CANCELLED', `The export of run ${run.key} was cancelled.`);
      const rows = pageMessages(db, run, { afterN, limit: EXPORT_PAGE });
      const last = rows.at(-1);
      if (last === undefined) return;
      count += rows.length;
      afterN = last.n;
      await write(rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
      await setImmediate();
    }
  });
  return count;
}

function inFlightOf(db: Db, runId: number): Set<number> {
  const leases = db.prepare<[number], string>('SELECT ns FROM run_batch WHERE run_id = ?').pluck().all(runId);
  return new Set(leases.flatMap((ns) => ns.split(',').map(Number)));
}

function toMessageRow(row: MessageRow, inFlight: ReadonlySet<number>): RunMessageRow {
  return {
    n: row.n,
    userId: row.user_id,
    at: formatInstant({ ms: row.at_ms, code: row.at_code }),
    state: row.state === STATE_CODES.pending && inFlight.has(row.n) ? 'in_flight' : messageStateOf(row.state),
    attempts: row.attempts,
    messageId: decodeMessageId(row.message_id),
    possibleDuplicate: row.doubt === 1,
    errorCode: row.error_code,
    errorMessage: row.error_message,
  };
}
