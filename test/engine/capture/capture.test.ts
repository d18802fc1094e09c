import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { SendMessageCommand } from '@aws-sdk/client-sqs';
import { describe, expect, it } from 'vitest';
import { createCaptureHandlers } from '../../../main/engine/capture/handlers.ts';
import { createHistoryHandlers } from '../../../main/engine/history/handlers.ts';
import { type CapturedMessage, captureCalls } from '../../../preload/contract/capture.ts';
import { addWorkflow, call, folder, openWorkspace, type Workspace } from '../run/workspace.ts';
import { clientOf, testClock } from '../sandbox/sandbox-client.ts';

const QUEUE = 'sandbox:dead-letters';

async function openQueue(bodies: readonly string[]) {
  const clock = testClock();
  const workspace = await openWorkspace({ sandbox: { clock: clock.now } });
  const queueUrl = await workspace.sandbox.createQueue('dead-letters');
  const client = clientOf(workspace.sandbox);
  for (const body of bodies) {
    await client.send(
      new SendMessageCommand({
        QueueUrl: queueUrl,
        MessageBody: body,
        MessageAttributes: {
          score: { DataType: 'Number', StringValue: '9007199254740993' },
          blob: { DataType: 'Binary', BinaryValue: Buffer.from([0, 255]) },
        },
      }),
    );
  }
  return { workspace, clock, queueUrl };
}

function run({ engine }: Workspace, fields: object, signal?: AbortSignal) {
  const out = join(folder(), 'captured.ndjson');
  const input = captureCalls.run.input.parse({ queue: QUEUE, mode: 'peek', out, waitSeconds: 0, ...fields });
  return createCaptureHandlers(engine).run(input, call(undefined, signal));
}

const linesOf = (file: string): CapturedMessage[] =>
  readFileSync(file, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));

const visibleIn = ({ sandbox }: Workspace) =>
  sandbox.queues().map(({ visible, inFlight }) => ({ visible, inFlight }))[0];

const numbered = (count: number) => Array.from({ length: count }, (_, index) => `body ${index}`);

const trigger = (userId: string) =>
  `{"data":{"user_id":"${userId}","big":9007199254740993,"segment_events":[{"id":"${'a'.repeat(32)}","event":"enter","enter":"2026-11-02T03:04:05.123456789Z","slug":"vip"}]},"meta":{"object":"user","subscription_id":"${'b'.repeat(32)}","timestamp":"2026-11-02T03:04:05.123456789Z"}}`;

describe('a capture', () => {
  it('that peeks keeps every message in the queue, visible at once, and each body as it came', async () => {
    const bodies = ['{"a": 1.0,\n "ü":"💡"}', 'not JSON "at all"\\', ...numbered(23)];
    const { workspace } = await openQueue(bodies);
    const result = await run(workspace, {});
    expect(result).toMatchObject({ captured: 25, deleted: 0, notDeleted: 0, returned: 25, ended: 'empty' });
    const lines = linesOf(result.file);
    expect(lines.map(({ body }) => body).sort()).toEqual([...bodies].sort());
    expect(lines[0]).toMatchObject({ version: 1, kind: 'segue-capture', receiveCount: 1, groupId: null });
    expect(lines[0]?.attributes).toContainEqual({ name: 'score', type: 'Number', value: '9007199254740993' });
    expect(lines[0]?.attributes).toContainEqual({ name: 'blob', type: 'Binary', value: 'AP8=' });
    expect(visibleIn(workspace)).toEqual({ visible: 25, inFlight: 0 });
    expect((await run(workspace, {})).captured).toBe(25);
  });

  it('that drains leaves an empty queue and every message in the file', async () => {
    const { workspace } = await openQueue(numbered(25));
    const result = await run(workspace, { mode: 'drain' });
    expect(result).toMatchObject({ captured: 25, deleted: 25, notDeleted: 0, returned: 0 });
    expect(new Set(linesOf(result.file).map(({ body }) => body))).toEqual(new Set(numbered(25)));
    expect(visibleIn(workspace)).toEqual({ visible: 0, inFlight: 0 });
  });

  it('takes no more than asked for, and no message when it is cancelled', async () => {
    const { workspace } = await openQueue(numbered(25));
    expect(await run(workspace, { mode: 'drain', max: 13 })).toMatchObject({ captured: 13, ended: 'max' });
    expect(visibleIn(workspace)).toEqual({ visible: 12, inFlight: 0 });
    const cancelled = await run(workspace, { mode: 'drain' }, AbortSignal.abort());
    expect(cancelled).toMatchObject({ captured: 0, ended: 'cancelled' });
  });

  it('says what could not be deleted', async () => {
    const { workspace, clock } = await openQueue(numbered(40));
    workspace.sandbox.setFaults({ on: 'receive', partial: 0.4, seed: 2 });
    const result = await run(workspace, { mode: 'drain' });
    workspace.sandbox.setFaults({});
    expect(result.captured).toBe(40);
    expect(result.notDeleted).toBeGreaterThan(0);
    expect(result.deleted + result.notDeleted).toBe(40);
    clock.advance(3_600_000);
    expect(await run(workspace, { mode: 'drain' })).toMatchObject({ captured: result.notDeleted });
  });

  it('killed between writing and deleting loses nothing', async () => {
    const { workspace, clock, queueUrl } = await openQueue(numbered(35));
    const out = join(folder(), 'killed.ndjson');
    const { accessKeyId, secretAccessKey } = workspace.sandbox;
    const script = new URL('drain-process.ts', import.meta.url).pathname;
    const args = [script, queueUrl, accessKeyId, secretAccessKey, out, '2'];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit'] });
    expect(await once(child, 'exit')).toEqual([null, 'SIGKILL']);
    const written = linesOf(out);
    expect(written).toHaveLength(20);
    expect(visibleIn(workspace)).toEqual({ visible: 15, inFlight: 10 });

    clock.advance(3_600_000);
    const rest = await run(workspace, { mode: 'drain' });
    expect(rest).toMatchObject({ captured: 25, deleted: 25 });
    const ids = new Set([...written, ...linesOf(rest.file)].map(({ messageId }) => messageId));
    expect(ids.size).toBe(35);
  });

  it('overwrites nothing, and takes nothing from the queue then', async () => {
    const { workspace } = await openQueue(numbered(3));
    const out = join(folder(), 'there.ndjson');
    writeFileSync(out, 'precious');
    await expect(run(workspace, { mode: 'drain', out })).rejects.toMatchObject({ code: 'CONFLICT' });
    expect(readFileSync(out, 'utf8')).toBe('precious');
    expect(visibleIn(workspace)).toEqual({ visible: 3, inFlight: 0 });
  });

  it('is imported into the history with the body as it came; what is no trigger is rejected by its line', async () => {
    const bodies = [trigger('u1'), trigger('u2'), '{"hello":"world"}'];
    const { workspace } = await openQueue(bodies);
    const { file } = await run(workspace, { mode: 'drain' });
    const history = createHistoryHandlers(workspace.engine);
    const result = await history.import({ path: file, strict: false }, call());
    expect(result).toMatchObject({ changes: { entered: 2 }, rejected: 1 });
    expect(readFileSync(result.rejectFile ?? '', 'utf8')).toContain(
      'Captured body: The message has no object',
    );
    const recorded = workspace.store.db.prepare('SELECT body FROM recorded_message ORDER BY body').pluck();
    expect(recorded.all()).toEqual([trigger('u1'), trigger('u2')]);
    const again = await history.import({ path: file, strict: false }, call());
    expect(again.changes.entered).toBe(0);
  });

  it('asks for the name before it drains a production queue, and for hosts outside AWS', async () => {
    const { workspace } = await openQueue(numbered(2));
    addWorkflow(workspace, { name: 'Live', queueUrl: QUEUE, environment: 'production' });
    const live = { queue: undefined, workflow: 'Live' };
    await expect(run(workspace, { ...live, mode: 'drain' })).rejects.toMatchObject({
      code: 'CONFIRMATION_REQUIRED',
    });
    expect(await run(workspace, live)).toMatchObject({ captured: 2 });
    expect(await run(workspace, { ...live, mode: 'drain', confirm: 'Live' })).toMatchObject({ deleted: 2 });
    await expect(run(workspace, { queue: 'https://queue.example.org/q' })).rejects.toMatchObject({
      code: 'ENDPOINT_UNCONFIRMED',
    });
    await expect(run(workspace, { queue: undefined })).rejects.toMatchObject({ code: 'INVALID_INPUT' });
  });
});
