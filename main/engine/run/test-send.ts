import type { ParsedInputOf } from '../../../preload/contract/call.ts';
import type { messageCalls, SendResult } from '../../../preload/contract/message.ts';
import { runOptions, runSelection } from '../../../preload/contract/run.ts';
import type { CallContext, EngineContext } from '../context.ts';
import { SegueError } from '../core/errors.ts';
import { instantOfMs, requireInstant } from '../core/instant.ts';
import { backoffMs } from '../dispatch/backoff.ts';
import type { PreparedMessage } from '../message/prepare.ts';
import { prepareTestMessage } from '../message/test-message.ts';
import { verdictError } from '../queue/classify.ts';
import type { Accepted, QueueClient, QueueEntry, Verdict } from '../queue/queue-client.ts';
import { requireWorkflow } from '../workflow/store.ts';
import { openJournal, type RunJournal, type RunRecord } from './journal.ts';
import { insertRun, setState } from './run-store.ts';
import { connect } from './start.ts';

type SendInput = ParsedInputOf<typeof messageCalls.send>;

/** A test is sent again only where the queue says that it stored nothing. */
const MAX_ATTEMPTS = 4;

/**
 * Sends one test message and journals it as a run of kind `test`. A message with an error is not sent. When no answer
 * comes the message may have arrived: the run is kept as failed, with the message as a possible duplicate.
 *
 * @throws MESSAGE_INVALID with the problems, what `connect` throws, QUEUE_ERROR and its kin for a refusal of the queue
 */
export async function sendTest(
  engine: EngineContext,
  { workflow: name, confirm, trustHost, body, ...choice }: SendInput,
  context: CallContext,
): Promise<SendResult> {
  const workflow = requireWorkflow(engine.store.db, name);
  const { client, facts } = await connect(engine, workflow, { confirm, trustHost }, context.credentials, {
    sockets: 1,
    dryRun: false,
  });
  try {
    const prepared = prepareTestMessage(engine, workflow, choice, {
      limitBytes: facts.maximumMessageBytes,
      contentBasedDedup: facts.contentBasedDeduplication,
      ...(body === undefined ? {} : { body }),
    });
    refuseInvalid(prepared);
    const run = insertRun(engine.store.db, {
      key: engine.newId(),
      kind: 'test',
      workflow,
      selection: runSelection.parse({ audiences: choice.audiences, userId: choice.userId }),
      options: runOptions.parse({ concurrency: 1 }),
      nowMs: engine.clock(),
    });
    const at = choice.at === undefined ? instantOfMs(engine.clock()) : requireInstant(choice.at, 'at');
    insertTestMessage(engine, run.id, choice.userId, at, prepared);
    const sent = await sendJournalled(
      engine,
      run,
      client,
      entryOf(prepared, facts.fifo ? run.key : undefined),
    );
    return {
      runId: run.key,
      messageId: sent.messageId,
      md5: sent.md5,
      sequenceNumber: sent.sequenceNumber,
      milliseconds: sent.milliseconds,
      queueUrl: workflow.queueUrl,
      body: prepared.body,
      bytes: prepared.bytes,
      attributes: prepared.attributes,
      problems: [...prepared.problems],
    };
  } finally {
    client.close();
  }
}

function refuseInvalid({ problems }: PreparedMessage): void {
  const errors = problems.filter(({ severity }) => severity === 'error');
  const [first] = errors;
  if (first === undefined) return;
  const more = errors.length === 1 ? '' : ` (and ${errors.length - 1} more)`;
  throw new SegueError('MESSAGE_INVALID', `The message was not sent. ${first.message}${more}`, { problems });
}

/** A test may be repeated at once, and a FIFO queue would accept and drop the repetition: each has a dedup id of its own. */
function entryOf({ body, attributes, groupId }: PreparedMessage, dedupId: string | undefined): QueueEntry {
  return {
    body,
    attributes,
    ...(groupId === undefined ? {} : { groupId }),
    ...(dedupId === undefined ? {} : { dedupId }),
  };
}

function insertTestMessage(
  { store: { db } }: EngineContext,
  runId: number,
  userId: string,
  at: { ms: number; code: number },
  { body, attributes }: PreparedMessage,
): void {
  db.prepare(
    `INSERT INTO run_message (run_id, n, user_id, at_ms, at_code, changes, body, attributes)
     VALUES (?, 1, ?, ?, ?, '', ?, ?)`,
  ).run(runId, userId, at.ms, at.code, body, JSON.stringify(attributes));
  db.prepare("UPDATE run SET planned = 1, state = 'running' WHERE id = ?").run(runId);
}

async function sendJournalled(
  engine: EngineContext,
  run: RunRecord,
  client: QueueClient,
  entry: QueueEntry,
): Promise<Accepted & { milliseconds: number }> {
  const { store, clock } = engine;
  const journal = await openJournal(store.file, run.id);
  const startedMs = performance.now();
  setState(store.db, run.id, 'running', { reason: null, startedMs: clock() });
  try {
    for (let attempts = 1; ; attempts += 1) {
      lease(journal, attempts, entry);
      await journal.flush();
      const sentMs = performance.now();
      const outcome = await client.sendBatch([entry]);
      const milliseconds = performance.now() - sentMs;
      const result = outcome.kind === 'refused' ? outcome.verdict : outcome.outcomes[0];
      if (result === undefined) throw new SegueError('QUEUE_ERROR', 'The queue answered without an outcome.');
      const again =
        attempts < MAX_ATTEMPTS && (result.kind === 'retry_slow' || result.kind === 'retry_entry');
      settle(journal, attempts, result, again, performance.now() - startedMs);
      if (again) {
        await new Promise((resolve) => setTimeout(resolve, backoffMs(attempts, Math.random())));
        continue;
      }
      const state = result.kind === 'sent' ? 'completed' : 'failed';
      setState(store.db, run.id, state, {
        reason: result.kind === 'sent' ? null : `${result.code}: ${result.message}`,
        endedMs: clock(),
      });
      engine.emit('storeChanged', { tables: ['run'] });
      if (result.kind !== 'sent') throw verdictError(result, run.queue_url);
      return { ...result, milliseconds };
    }
  } finally {
    await journal.close();
  }
}

function lease(journal: RunJournal, id: number, entry: QueueEntry): void {
  const message = {
    n: 1,
    entry,
    bytes: 0,
    attempts: id,
    failures: 0,
    failedSinceMs: undefined,
    doubt: false,
  };
  journal.commit({ settled: [], ended: [], leased: [{ id, messages: [message] }], cursor: 1, retries: 0 }, 0);
}

function settle(
  journal: RunJournal,
  attempts: number,
  result: Accepted | Verdict,
  again: boolean,
  activeMs: number,
): void {
  const sent = result.kind === 'sent';
  journal.commit(
    {
      settled: [
        {
          n: 1,
          state: sent ? 'sent' : again ? 'pending' : 'failed',
          attempts,
          doubt: (result.kind === 'retry_unknown_outcome' && result.reached) || result.kind === 'flag_md5',
          messageId: sent || result.kind === 'flag_md5' ? result.messageId : null,
          code: sent ? null : result.code,
          message: sent ? null : result.message,
          groupId: null,
        },
      ],
      ended: [attempts],
      leased: [],
      cursor: sent ? 2 : 1,
      retries: again ? 1 : 0,
    },
    activeMs,
  );
}
