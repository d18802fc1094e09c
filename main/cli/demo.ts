import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DeleteMessageBatchCommand, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { systemClock } from '../engine/core/clock.ts';
import { count } from '../engine/core/count.ts';
import type { Engine } from '../engine/engine.ts';
import { openEngine } from '../engine/engine.ts';
import { waitForRun } from '../engine/run/wait.ts';
import { loadSample, type SampleStep } from '../engine/workspace/sample.ts';
import { EXIT, printJson, printLines } from './output.ts';
import { planLines } from './run-lines.ts';
import { assetsFolder, type GlobalOptions } from './session.ts';

const WORKFLOW = 'At risk to sandbox';
const QUEUE = 'triggers';

/** What the demo found; `exactlyOnce` is the claim that it exists to check. */
interface DemoResult {
  profiles: number;
  changes: number;
  planned: number;
  sent: number;
  received: number;
  missing: number;
  doubled: number;
  exactlyOnce: boolean;
}

/**
 * Does the main job from end to end in a workspace of its own: imports the sample, shows what changed, plans a replay,
 * sends it to the sandbox queue over HTTP, receives everything and compares it with what the run journalled.
 */
export async function demo({ json }: GlobalOptions): Promise<void> {
  const say = (lines: readonly string[]) => {
    if (!json) printLines(lines);
  };
  const dir = mkdtempSync(join(tmpdir(), 'segue-demo-'));
  const engine = await openEngine({ dir, assetsDir: assetsFolder(), clock: systemClock });
  try {
    say(['Importing the sample: profiles, audiences and two weeks of snapshots']);
    const sample = await loadSample(engine.context, quietCall(), (step) => say([stepLine(step)]));
    const request = { workflow: WORKFLOW, kind: 'replay' } as const;
    say(['', `Planning a replay of "${WORKFLOW}"`]);
    const plan = await engine.call('run.plan', request);
    say([...planLines(plan), 'The first message:', plan.samples[0]?.body ?? '(none)']);
    say(['', 'Sending']);
    const { id } = await engine.call('run.start', request);
    const run = await waitForRun(engine.context, id, {});
    say([`Run ${id}: ${run.state}, ${count(run.sent)} of ${count(run.planned)} messages sent`]);
    const audit = await receiveAndCompare(engine, id);
    const result: DemoResult = {
      profiles: sample.profiles,
      changes: sample.changes,
      planned: run.planned,
      sent: run.sent,
      ...audit,
      exactlyOnce: audit.missing === 0 && audit.doubled === 0 && audit.received === run.planned,
    };
    if (json) printJson(result);
    say([
      '',
      result.exactlyOnce
        ? `Every planned message was received exactly once from the queue: ${count(result.received)} of ${count(result.planned)}.`
        : `NOT exactly once: ${count(result.received)} received of ${count(result.planned)}, ${result.missing} missing, ${result.doubled} doubled.`,
    ]);
    if (!result.exactlyOnce) process.exitCode = EXIT.error;
  } finally {
    await engine.close();
    rmSync(dir, { recursive: true, force: true });
  }
}

function quietCall() {
  return { signal: new AbortController().signal, progress: () => undefined };
}

function stepLine(step: SampleStep): string {
  return step.kind === 'profiles'
    ? `  ${count(step.created)} profiles`
    : `  ${step.at.slice(0, 10)}  ${String(step.entered).padStart(4)} entered  ${String(step.exited).padStart(4)} exited`;
}

/** Empties the queue as a consumer would and compares the message ids with those in the run's journal. */
async function receiveAndCompare(engine: Engine, runId: string) {
  const sandbox = await engine.context.sandbox();
  const { endpoint, accessKeyId, secretAccessKey } = sandbox;
  const client = new SQSClient({
    endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId, secretAccessKey },
  });
  const QueueUrl = sandbox.queueUrl(QUEUE);
  const received = new Map<string, number>();
  try {
    for (;;) {
      const { Messages = [] } = await client.send(
        new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10 }),
      );
      if (Messages.length === 0) break;
      for (const { MessageId = '' } of Messages) received.set(MessageId, (received.get(MessageId) ?? 0) + 1);
      const Entries = Messages.map(({ ReceiptHandle }, index) => ({ Id: String(index), ReceiptHandle }));
      await client.send(new DeleteMessageBatchCommand({ QueueUrl, Entries }));
    }
  } finally {
    client.destroy();
  }
  const journalled = await journalledIds(engine, runId);
  return {
    received: [...received.values()].reduce((sum, times) => sum + times, 0),
    missing: journalled.filter((id) => !received.has(id)).length,
    doubled: [...received.values()].filter((times) => times > 1).length,
  };
}

async function journalledIds(engine: Engine, id: string): Promise<string[]> {
  const ids: string[] = [];
  let cursor: string | null = null;
  do {
    const page: Awaited<ReturnType<typeof readPage>> = await readPage(engine, id, cursor);
    ids.push(...page.rows.map((row) => row.messageId ?? `message ${row.n} has no id`));
    cursor = page.next;
  } while (cursor !== null);
  return ids;
}

function readPage(engine: Engine, id: string, cursor: string | null) {
  return engine.call('run.messages', { id, cursor, limit: 500 });
}
