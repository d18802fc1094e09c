import { randomBytes } from 'node:crypto';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  DeleteMessageBatchCommand,
  type Message,
  ReceiveMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { expect, onTestFinished } from 'vitest';
import type { CallContext, Credentials, EngineContext } from '../../../main/engine/context.ts';
import { insertChanges } from '../../../main/engine/history/insert.ts';
import { createRunHandlers } from '../../../main/engine/run/handlers.ts';
import { pauseAll } from '../../../main/engine/run/sessions.ts';
import { waitForRun } from '../../../main/engine/run/wait.ts';
import { type Sandbox, type SandboxOptions, startSandbox } from '../../../main/engine/sandbox/sandbox.ts';
import { inTransaction, openStore } from '../../../main/engine/store/store.ts';
import { saveWorkflow } from '../../../main/engine/workflow/store.ts';
import { runRequest } from '../../../preload/contract/run.ts';
import type { EventKind } from '../../../preload/contract/values.ts';
import { workflow as workflowSchema } from '../../../preload/contract/workflow.ts';

export const AUDIENCES = ['at_risk', 'loyal'] as const;
export const DAY = Date.UTC(2026, 10, 1);

export function folder(): string {
  return mkdtempSync(join(tmpdir(), 'segue-run-'));
}

/** An engine over a real store and a real sandbox queue server; both end with the test. */
export async function openWorkspace(options: { dir?: string; sandbox?: SandboxOptions } = {}) {
  const dir = options.dir ?? folder();
  const sandbox = await startSandbox(options.sandbox ?? {});
  const workspace = attachWorkspace(dir, sandbox);
  onTestFinished(async () => {
    await workspace.close();
    await sandbox.close();
  });
  return workspace;
}

/** An engine over a store; the sandbox is the caller's. */
export function attachWorkspace(dir: string, sandbox: Sandbox) {
  const store = openStore(dir);
  const events: { name: string; payload: unknown }[] = [];
  const engine: EngineContext = {
    store,
    clock: () => Date.UTC(2026, 10, 20),
    newId: () => randomBytes(16).toString('hex'),
    assetsDir: '',
    sandbox: () => Promise.resolve(sandbox),
    emit: (name, payload) => void events.push({ name, payload }),
  };
  let open = true;
  return {
    dir,
    store,
    engine,
    events,
    sandbox,
    run: createRunHandlers(engine),
    wait: (id: string) => waitForRun(engine, id),
    async close() {
      if (!open) return;
      open = false;
      await pauseAll(engine, 'The test has ended.');
      store.close();
    },
  };
}

export type Workspace = ReturnType<typeof attachWorkspace>;

export function call(credentials?: Credentials, signal = new AbortController().signal): CallContext {
  return { signal, progress: () => undefined, ...(credentials === undefined ? {} : { credentials }) };
}

export const profileText = (userId: string, version = 1) =>
  `{"user_id":"${userId}","email":"${userId}@example.org","visits":9007199254740993,"version":${version}}`;

export interface ChangeSpec {
  readonly userId: string;
  readonly atMs: number;
  readonly event?: EventKind;
  readonly audience?: 1 | 2;
  readonly recordedId?: number;
}

/** Two audiences, the given changes, and a profile for every user that they name. */
export function fill({ store: { db } }: Pick<Workspace, 'store'>, changes: readonly ChangeSpec[]): void {
  inTransaction(db, () => {
    for (const [index, slug] of AUDIENCES.entries()) {
      db.prepare('INSERT OR IGNORE INTO audience (id, hex_id, slug, name) VALUES (?, ?, ?, ?)').run(
        index + 1,
        String(index + 1).repeat(32),
        slug,
        slug,
      );
    }
    const profile = db.prepare(
      'INSERT OR IGNORE INTO profile_row (user_id, body, batch_id) VALUES (?, ?, 1)',
    );
    for (const { userId } of changes) profile.run(userId, profileText(userId));
    insertChanges(
      db,
      changes.map(({ userId, atMs, event = 'enter', audience = 1, recordedId }) => {
        const at = { ms: atMs, code: 0 };
        return {
          at,
          userId,
          audienceId: audience,
          event,
          enter: event === 'exit' ? { ms: DAY, code: 0 } : at,
          exit: event === 'exit' ? at : null,
          cause: 'snapshot' as const,
          batch: 1,
          ...(recordedId === undefined ? {} : { recordedId }),
        };
      }),
    );
  });
}

/** `count` users who enter, one every second. */
export const entering = (count: number): ChangeSpec[] =>
  Array.from({ length: count }, (_, i) => ({ userId: `user${i}`, atMs: DAY + i * 1000 }));

/** Stores the workflow `Triggers`. */
export function addWorkflow(
  { store, engine }: Pick<Workspace, 'store' | 'engine'>,
  fields: Partial<Parameters<typeof workflowSchema.parse>[0] & object> & Record<string, unknown> = {},
): void {
  const stored = workflowSchema.parse({
    name: 'Triggers',
    audiences: [...AUDIENCES],
    queueUrl: 'sandbox:triggers',
    subscriptionId: '7e2b8804bbe162cd3f9c0c5991bf3078',
    ...fields,
  });
  saveWorkflow(store.db, stored, undefined, { nowMs: 0, newId: engine.newId });
}

export interface Received {
  readonly body: string;
  readonly userId: string;
  readonly message: Message;
}

/** Receives everything that a queue holds, in the order of delivery, over the SDK. */
export async function receiveAll(sandbox: Sandbox, queueName = 'triggers'): Promise<Received[]> {
  sandbox.setFaults({});
  const { accessKeyId, secretAccessKey, region, endpoint } = sandbox;
  const client = new SQSClient({ region, endpoint, credentials: { accessKeyId, secretAccessKey } });
  const received: Received[] = [];
  try {
    for (;;) {
      const { Messages = [] } = await client.send(
        new ReceiveMessageCommand({
          QueueUrl: sandbox.queueUrl(queueName),
          MaxNumberOfMessages: 10,
          VisibilityTimeout: 3600,
          MessageAttributeNames: ['All'],
          MessageSystemAttributeNames: ['All'],
        }),
      );
      if (Messages.length === 0) return received;
      for (const message of Messages) {
        const body = message.Body ?? '';
        received.push({ body, userId: JSON.parse(body).data.user_id, message });
      }
      // A FIFO queue gives nothing further of a group while a message of it is in flight.
      await client.send(
        new DeleteMessageBatchCommand({
          QueueUrl: sandbox.queueUrl(queueName),
          Entries: Messages.map(({ ReceiptHandle }, i) => ({ Id: String(i), ReceiptHandle })),
        }),
      );
    }
  } finally {
    client.destroy();
  }
}

/** How often each user's message was received. */
export function countByUser(received: readonly Received[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { userId } of received) counts.set(userId, (counts.get(userId) ?? 0) + 1);
  return counts;
}

/** Every message of a run, over all pages. */
export async function allMessages({ run }: Workspace, id: string) {
  const rows = [];
  let cursor: string | null = null;
  do {
    const page: Awaited<ReturnType<typeof run.messages>> = await run.messages(
      { id, cursor, limit: 500 },
      call(),
    );
    rows.push(...page.rows);
    cursor = page.next;
  } while (cursor !== null);
  return rows;
}

/** A run to a queue that takes 1 KB, with every message above that and so parked: those of the first two users of three. */
export async function parkedRun() {
  const workspace = await openWorkspace();
  fill(workspace, entering(3));
  const text = 'x'.repeat(2000);
  workspace.store.db
    .prepare("UPDATE profile_row SET body = json_set(body, '$.text', ?) WHERE user_id != 'user2'")
    .run(text);
  addWorkflow(workspace, { attributes: [{ field: 'email' }] });
  await workspace.sandbox.createQueue('triggers', { MaximumMessageSize: '1024' });
  const { id } = await workspace.run.start(
    runRequest.parse({ workflow: 'Triggers', kind: 'replay' }),
    call(),
  );
  expect(await workspace.wait(id)).toMatchObject({ state: 'completed_with_errors', sent: 1, parked: 2 });
  return { workspace, id };
}
