import type { OutputOf, ParsedInputOf } from '../../../preload/contract/call.ts';
import type { runCalls } from '../../../preload/contract/run.ts';
import { runOptions } from '../../../preload/contract/run.ts';
import type { CallContext, EngineContext } from '../context.ts';
import { SegueError } from '../core/errors.ts';
import { parseInstant } from '../core/instant.ts';
import { bodyNotes } from '../message/test-message.ts';
import { parseStored } from '../workflow/store.ts';
import { createMessageBuilder } from './builder.ts';
import { peekFacts } from './facts.ts';
import { STATE_CODES } from './journal.ts';
import { readMessage } from './run-messages.ts';
import { requireRun } from './run-store.ts';

/**
 * Replaces the body of a parked message in the journal, and its attributes where new ones are given. It is checked as
 * every message is before it is sent, against the queue's own limit where the queue can be asked; the group and the dedup
 * id stay as they are. The message stays parked until the run is retried. A dry run only tells what the check finds,
 * errors among it.
 *
 * @throws RUN_NOT_FOUND, NOT_FOUND, RUN_STATE when the message is not parked, MESSAGE_INVALID naming what is wrong with
 * the new message (nothing is changed then)
 */
export async function editMessage(
  engine: EngineContext,
  { id, n, body, attributes: given, dryRun }: ParsedInputOf<typeof runCalls.editMessage>,
  { credentials }: Pick<CallContext, 'credentials'>,
): Promise<OutputOf<typeof runCalls.editMessage>> {
  const { db } = engine.store;
  const run = requireRun(db, id);
  const { state, userId, at, ...stored } = readMessage(db, run, n);
  if (state !== 'parked') throw notParked(id, n, state);
  const attributes = given ?? stored.attributes;
  const workflow = parseStored(run.copy);
  const { facts } = await peekFacts(engine, workflow, credentials);
  const [built] = createMessageBuilder(db, {
    workflow,
    kind: run.kind,
    options: runOptions.parse(JSON.parse(run.options)),
    facts,
  })([{ userId, at: parseInstant(at) ?? { ms: 0, code: 0 }, body, attributes }]);
  const problems = [...(built?.problems ?? []), ...bodyNotes(body)];
  const outcome = { n, bytes: built?.bytes ?? 0, limitBytes: facts.maximumMessageBytes, problems };
  if (dryRun) return outcome;
  const error = problems.find(({ severity }) => severity === 'error');
  if (error !== undefined) {
    throw new SegueError('MESSAGE_INVALID', `The edited message ${n} cannot be sent: ${error.message}`, {
      run: id,
      n,
      problems: problems.map(({ severity, code, message }) => ({ severity, code, message })),
    });
  }
  const { changes } = db
    .prepare(
      `UPDATE run_message SET body = ?, attributes = ? WHERE run_id = ? AND n = ? AND state = ${STATE_CODES.parked}`,
    )
    .run(body, JSON.stringify(attributes), run.id, n);
  if (changes === 0) throw notParked(id, n, 'no longer parked');
  engine.emit('storeChanged', { tables: ['run'] });
  return outcome;
}

function notParked(run: string, n: number, state: string): SegueError {
  return new SegueError(
    'RUN_STATE',
    `Message ${n} of run ${run} is ${state.replaceAll('_', ' ')}; only a parked message can be edited. List them with: segue run parked ${run}`,
    { run, n, state },
  );
}
