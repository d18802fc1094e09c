import type { QueueFacts, RunRequest, RunRow } from '../../../preload/contract/run.ts';
import type { Workflow } from '../../../preload/contract/workflow.ts';
import { bundleInstant } from '../bundle/manifest.ts';
import type { CallContext, EngineContext } from '../context.ts';
import { instantOfMs } from '../core/instant.ts';
import { resolveTarget } from '../queue/connect.ts';
import type { QueueClient } from '../queue/queue-client.ts';
import { openSdkClient } from '../queue/sdk-client.ts';
import { guardSending, type SendingConsent } from '../workflow/environment.ts';
import { parseStored, requireWorkflow } from '../workflow/store.ts';
import { criteriaOf } from './criteria.ts';
import { peekFacts } from './facts.ts';
import { openJournal, type RunJournal, type RunRecord } from './journal.ts';
import { materialise } from './materialise.ts';
import { interrupt } from './recovery.ts';
import { deleteRun, insertRun, reclaimLeases, reopenMessages, requireRun, toRunRow } from './run-store.ts';
import { beginSession, type Connection } from './session.ts';
import { findSession } from './sessions.ts';
import { requireNextState } from './state.ts';

/**
 * Checks the user's consent and opens the workflow's queue. A dry run needs no consent and no keys: it makes no request
 * that sends.
 *
 * @throws what guardSending, resolveTarget and QueueClient.facts throw
 */
export async function connect(
  engine: EngineContext,
  workflow: Workflow,
  consent: SendingConsent,
  credentials: CallContext['credentials'],
  { sockets, dryRun }: { sockets: number; dryRun: boolean },
): Promise<Connection> {
  if (dryRun) {
    const { facts } = await peekFacts(engine, workflow, credentials);
    return { client: dryClient(facts), facts };
  }
  const url = guardSending(engine.store.db, workflow, consent, engine.clock());
  const target = await resolveTarget(engine, workflow, url, credentials);
  const client = await openSdkClient(target, { sockets });
  try {
    return { client, facts: await client.facts() };
  } catch (error) {
    client.close();
    throw error;
  }
}

/** Accepts everything and sends nothing. */
function dryClient(facts: QueueFacts): QueueClient {
  return {
    sendBatch: (entries) =>
      Promise.resolve({
        kind: 'answered',
        outcomes: entries.map(() => ({ kind: 'sent', messageId: '', md5: '', sequenceNumber: null })),
      }),
    facts: () => Promise.resolve(facts),
    close: () => undefined,
  };
}

/**
 * Writes the run and its journal, then sends in the background. Nothing is sent, and no run stays, when anything is
 * refused. A workflow's `existingUsers` starts nothing by itself: it makes the window propose a backfill first, and what is
 * sent is always a run that was asked for.
 *
 * @throws what {@link connect}, criteriaOf and materialise throw
 */
export async function startRun(
  engine: EngineContext,
  { workflow: name, kind, selection, options, ...consent }: RunRequest & SendingConsent,
  context: CallContext,
): Promise<RunRow> {
  const { store, clock } = engine;
  const workflow = requireWorkflow(store.db, name);
  const criteria = criteriaOf(store.db, workflow, selection, options.shard);
  const connection = await connect(engine, workflow, consent, context.credentials, {
    sockets: options.concurrency,
    dryRun: options.dryRun,
  });
  const nowMs = clock();
  const run = insertRun(store.db, { key: engine.newId(), kind, workflow, selection, options, nowMs });
  let journal: RunJournal;
  try {
    await materialise(store, run.id, kind, criteria, bundleInstant(store.db) ?? instantOfMs(nowMs), {
      max: options.max,
      signal: context.signal,
    });
    journal = await openJournal(store.file, run.id);
  } catch (error) {
    connection.client.close();
    deleteRun(store.db, run.id);
    throw error;
  }
  beginSession(engine, requireRun(store.db, run.key), connection, journal);
  return toRunRow(store.db, requireRun(store.db, run.key));
}

/** Goes on with a run: `resume` sends what is pending, `retry` also what was parked or failed. */
export async function continueRun(
  engine: EngineContext,
  action: 'resume' | 'retry',
  { id, ...consent }: { id: string } & SendingConsent,
  context: CallContext,
): Promise<RunRow> {
  const { db } = engine.store;
  const run = settledRun(engine, id);
  requireNextState(id, run.state, action);
  const connection = await connect(engine, parseStored(run.copy), consent, context.credentials, {
    sockets: run.concurrency,
    dryRun: run.dry_run === 1,
  });
  let journal: RunJournal | undefined;
  try {
    // Connecting took time: another call may have started or cancelled the run meanwhile.
    requireNextState(id, requireRun(db, id).state, action);
    reclaimLeases(db, run);
    if (action === 'retry') await reopenMessages(db, run.id);
    journal = await openJournal(engine.store.file, run.id);
    requireNextState(id, requireRun(db, id).state, action);
    beginSession(engine, requireRun(db, id), connection, journal);
  } catch (error) {
    connection.client.close();
    await journal?.close();
    throw error;
  }
  return toRunRow(db, requireRun(db, id));
}

/** A run whose state is true: one that says it is running while nobody sends it was interrupted. */
export function settledRun(engine: EngineContext, id: string): RunRecord {
  const { store } = engine;
  const run = requireRun(store.db, id);
  if (run.state !== 'running' || findSession(engine, id) !== undefined) return run;
  interrupt(store, run);
  return requireRun(store.db, id);
}
