import type { QueueFacts, RunRow } from '../../../preload/contract/run.ts';
import { runOptions } from '../../../preload/contract/run.ts';
import type { EngineContext } from '../context.ts';
import { startDispatch } from '../dispatch/dispatcher.ts';
import type { SourceItem } from '../dispatch/outgoing.ts';
import type { DispatchEnd } from '../dispatch/ports.ts';
import { isOpenRun } from '../live/live-store.ts';
import type { QueueClient } from '../queue/queue-client.ts';
import { parseStored } from '../workflow/store.ts';
import { type BuildRequest, type BuiltMessage, createMessageBuilder } from './builder.ts';
import { createChangeReader } from './change-reader.ts';
import { decodeContent } from './content.ts';
import type { PendingMessage, RunJournal, RunRecord } from './journal.ts';
import { cancelPending, requireRun, setState, toRunRow } from './run-store.ts';
import { type Session, sessionsOf } from './sessions.ts';
import { nextState, type RunAction } from './state.ts';

/** A queue that is ready to be sent to, and what is known of it. */
export interface Connection {
  readonly client: QueueClient;
  readonly facts: QueueFacts;
}

/** Progress goes out at most four times a second. */
const PROGRESS_MS = 250;
const BATCH_BYTES = 1_048_576;

/**
 * Puts a run into the state `running` and sends what is pending in the background. Takes the client and the journal over
 * and closes them.
 * The caller has checked the state.
 */
export function beginSession(
  engine: EngineContext,
  run: RunRecord,
  { client, facts }: Connection,
  journal: RunJournal,
): Session {
  const { db } = engine.store;
  setState(db, run.id, 'running', { reason: null, startedMs: engine.clock(), endedMs: null });
  const options = runOptions.parse(JSON.parse(run.options));
  const startedMs = performance.now();
  const activeMs = () => run.active_ms + performance.now() - startedMs;
  const listeners = new Set<(row: RunRow) => void>();
  let toldMs = Number.NEGATIVE_INFINITY;

  const tell = (row: RunRow) => {
    toldMs = performance.now();
    engine.emit('runProgress', row);
    for (const listener of listeners) listener(row);
  };

  const dispatcher = startDispatch(
    {
      client,
      read: createSource(journal, run, facts),
      flush: journal.flush,
      commit(step) {
        journal.commit(step, activeMs());
        if (performance.now() - toldMs >= PROGRESS_MS) tell(toRunRow(db, requireRun(db, run.key)));
      },
      clock: () => performance.now(),
      random: Math.random,
    },
    {
      concurrency: run.concurrency,
      rate: run.rate,
      stopAfter: options.stopAfter,
      ordered: facts.fifo,
      heldGroups: facts.fifo ? journal.heldGroups() : [],
      maximumBatchBytes: BATCH_BYTES,
      cursor: run.cursor,
      open: isOpenRun(db, run.id),
    },
  );

  const finish = async (end: DispatchEnd): Promise<RunRow> => {
    client.close();
    await journal.close();
    const row = await settleEnd(engine, run, end);
    sessionsOf(engine).delete(run.key);
    tell(row);
    engine.emit('storeChanged', { tables: ['run'] });
    return row;
  };
  const session: Session = { dispatcher, listeners, ended: dispatcher.ended.then(finish) };
  sessionsOf(engine).set(run.key, session);
  engine.emit('storeChanged', { tables: ['run'] });
  return session;
}

/**
 * Writes how a session ended. When even that cannot be written (a full disk) the row says `interrupted`: the store still
 * says `running`, which the next open or resume turns into just that.
 */
async function settleEnd(engine: EngineContext, run: RunRecord, end: DispatchEnd): Promise<RunRow> {
  const { db } = engine.store;
  try {
    if (end.kind === 'cancelled') await cancelPending(db, run.id);
    const { state, parked, failed } = requireRun(db, run.key);
    const action = actionOf(end, parked + failed > 0);
    const next = nextState(state, action);
    const over = action !== 'pause' && action !== 'interrupt';
    if (next !== undefined) {
      setState(db, run.id, next, { reason: end.reason, endedMs: over ? engine.clock() : null });
    }
    return toRunRow(db, requireRun(db, run.key));
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return { ...toRunRow(db, requireRun(db, run.key)), state: 'interrupted', reason: end.reason ?? why };
  }
}

function actionOf({ kind, unsettled }: DispatchEnd, withErrors: boolean): RunAction {
  if (unsettled) return 'interrupt';
  switch (kind) {
    case 'completed':
      return withErrors ? 'complete_with_errors' : 'complete';
    case 'paused':
      return 'pause';
    case 'cancelled':
      return 'cancel';
    case 'stopped':
      return 'fail';
  }
}

/** Reads pending messages in order and builds them; those that break a rule come back as refusals. */
export function createSource(
  journal: RunJournal,
  run: RunRecord,
  facts: QueueFacts,
): (limit: number) => SourceItem[] {
  const workflow = parseStored(run.copy);
  const options = runOptions.parse(JSON.parse(run.options));
  const toRequest = createRequestReader(journal);
  const build = createMessageBuilder(journal.db, { workflow, kind: run.kind, options, facts });
  // Rows beyond `planned` are being added to a live run and not part of it yet.
  const planned = journal.db.prepare<[number], number>('SELECT planned FROM run WHERE id = ?').pluck();
  let nextN = run.cursor;
  // One transaction a read: outside of one, each of its hundreds of look-ups would take and free a lock.
  return journal.db.transaction((limit: number) => {
    const last = planned.get(run.id) ?? 0;
    const pending = journal.pending(nextN, limit).filter(({ n }) => n <= last);
    nextN = (pending.at(-1)?.n ?? nextN - 1) + 1;
    const requests = pending.map(toRequest);
    const built = build(requests.filter((request) => request !== undefined));
    return pending.map((message, index) => {
      const one = requests[index] === undefined ? undefined : built.next().value;
      return one === undefined
        ? refusal(message, 'CHANGE_REMOVED', 'The import that made the change was undone.', undefined)
        : toItem(message, one);
    });
  });
}

function toItem(pending: PendingMessage, built: BuiltMessage): SourceItem {
  const { body, attributes, groupId, dedupId, bytes } = built;
  const error = built.problems.find(({ severity }) => severity === 'error');
  if (error !== undefined) return refusal(pending, error.code, error.message, groupId);
  return {
    kind: 'send',
    message: {
      n: pending.n,
      entry: {
        body,
        attributes,
        ...(groupId === undefined ? {} : { groupId }),
        ...(dedupId === undefined ? {} : { dedupId }),
      },
      bytes,
      attempts: pending.attempts,
      failures: 0,
      failedSinceMs: undefined,
      doubt: pending.doubt,
    },
  };
}

function refusal(
  { n, attempts, doubt }: PendingMessage,
  code: string,
  message: string,
  groupId: string | undefined,
): SourceItem {
  return { kind: 'refuse', n, attempts, doubt, code, message, groupId };
}

/** Turns a journalled message into what the builder wants; undefined when its change is no longer there. */
export function createRequestReader({
  db,
}: Pick<RunJournal, 'db'>): (
  message: Pick<PendingMessage, 'userId' | 'at' | 'changes' | 'body' | 'attributes'>,
) => BuildRequest | undefined {
  const readChanges = createChangeReader(db);
  return ({ userId, at, changes: text, body, attributes }) => {
    if (body !== null) return { userId, at, body, attributes: JSON.parse(attributes ?? '[]') };
    const content = decodeContent(text);
    switch (content.kind) {
      case 'stored':
        return undefined;
      case 'memberships':
        return { userId, at, memberships: content.memberships };
      case 'changes': {
        const changes = readChanges(content.seqs);
        return changes === undefined ? undefined : { userId, at, changes, recordedId: content.recordedId };
      }
    }
  };
}
