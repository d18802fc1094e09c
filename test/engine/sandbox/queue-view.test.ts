import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ReceiveMessageCommand, SendMessageBatchCommand, SendMessageCommand } from '@aws-sdk/client-sqs';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createSandboxHandlers } from '../../../main/engine/sandbox/handlers.ts';
import { type Sandbox, startSandbox } from '../../../main/engine/sandbox/sandbox.ts';
import { openStore } from '../../../main/engine/store/store.ts';
import { sandboxCalls } from '../../../preload/contract/sandbox.ts';
import { clientOf, openSandbox } from './sandbox-client.ts';

async function filled(count: number) {
  const sandbox = await openSandbox();
  const QueueUrl = await sandbox.createQueue('q');
  const client = clientOf(sandbox);
  for (let from = 0; from < count; from += 10) {
    const Entries = Array.from({ length: Math.min(10, count - from) }, (_, i) => ({
      Id: String(i),
      MessageBody: `m${from + i}`,
    }));
    await client.send(new SendMessageBatchCommand({ QueueUrl, Entries }));
  }
  return { sandbox, client, QueueUrl };
}

describe('the owner’s view of a queue', () => {
  it('pages through all messages in the order of sending, at most 500 at a time', async () => {
    const { sandbox } = await filled(620);
    const first = sandbox.messages('q', { limit: 10_000 });
    expect(first.rows).toHaveLength(500);
    const second = sandbox.messages('q', { afterSeq: first.nextAfterSeq ?? -1 });
    expect(second.nextAfterSeq).toBeNull();
    expect([...first.rows, ...second.rows].map((row) => row.body)).toEqual(
      Array.from({ length: 620 }, (_, i) => `m${i}`),
    );
  });

  it('gives the attributes of a message on request', async () => {
    const { sandbox, client, QueueUrl } = await filled(0);
    await client.send(
      new SendMessageCommand({
        QueueUrl,
        MessageBody: 'with a number',
        MessageAttributes: { n: { DataType: 'Number', StringValue: '2.50' } },
      }),
    );
    const [row] = sandbox.messages('q').rows;
    expect(sandbox.message('q', row?.messageId ?? '')).toMatchObject({
      body: 'with a number',
      attributes: [{ name: 'n', dataType: 'Number', value: '2.5', binary: false }],
    });
  });

  it('looks without receiving', async () => {
    const { sandbox, client, QueueUrl } = await filled(1);
    sandbox.message('q', sandbox.messages('q').rows[0]?.messageId ?? '');
    expect(sandbox.stats.received).toBe(0);
    await client.send(new ReceiveMessageCommand({ QueueUrl }));
    expect(sandbox.messages('q').rows).toMatchObject([{ state: 'inflight', receiveCount: 1 }]);
  });

  it('deletes one message, and purges without an interval', async () => {
    const { sandbox } = await filled(3);
    const rows = sandbox.messages('q').rows;
    await sandbox.deleteMessage('q', rows[1]?.messageId ?? '');
    expect(sandbox.messages('q').rows.map((row) => row.body)).toEqual(['m0', 'm2']);
    expect(await sandbox.purge('q')).toBe(2);
    expect(await sandbox.purge('q')).toBe(0);
  });

  it('redrives to a queue of choice, and only what is visible', async () => {
    const { sandbox, client, QueueUrl } = await filled(3);
    await sandbox.createQueue('target');
    await client.send(new ReceiveMessageCommand({ QueueUrl }));
    expect(await sandbox.redrive('q')).toBe(0);
    expect(await sandbox.redrive('q', 'target')).toBe(2);
    expect(sandbox.messages('target').rows.map((row) => row.body)).toEqual(['m1', 'm2']);
    expect(sandbox.messages('q').rows.map((row) => row.body)).toEqual(['m0']);
  });

  it('says what is not there', async () => {
    const { sandbox } = await filled(1);
    const unknown = '00000000-0000-4000-8000-000000000001';
    expect(() => sandbox.messages('nope')).toThrow(expect.objectContaining({ code: 'QUEUE_NOT_FOUND' }));
    expect(() => sandbox.message('q', unknown)).toThrow(expect.objectContaining({ code: 'NOT_FOUND' }));
    await expect(sandbox.deleteMessage('q', unknown)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(sandbox.redrive('q', 'nope')).rejects.toMatchObject({ code: 'QUEUE_NOT_FOUND' });
    await sandbox.createQueue('q.fifo', { FifoQueue: 'true' });
    await expect(sandbox.redrive('q', 'q.fifo')).rejects.toMatchObject({ code: 'INVALID_INPUT' });
    await expect(sandbox.createQueue('bad name')).rejects.toMatchObject({ code: 'INVALID_INPUT' });
  });

  it('says when the port is taken', async () => {
    const { sandbox } = await filled(0);
    await expect(startSandbox({ port: sandbox.port })).rejects.toMatchObject({ code: 'CONFLICT' });
  });
});

describe('the window’s calls', () => {
  const call = { signal: new AbortController().signal, progress: () => {} };

  function handlersOf(sandbox: Sandbox) {
    const store = openStore(mkdtempSync(join(tmpdir(), 'segue-sandbox-')));
    onTestFinished(() => store.close());
    return createSandboxHandlers({ sandbox: () => Promise.resolve(sandbox), store });
  }

  it('answer what the contract promises', async () => {
    const { sandbox } = await filled(3);
    const handlers = handlersOf(sandbox);
    const { output } = sandboxCalls.messages;
    const first = output.parse(await handlers.messages({ queue: 'q', cursor: null, limit: 2 }, call));
    expect(first.rows.map((row) => row.excerpt)).toEqual(['m0', 'm1']);
    const second = output.parse(await handlers.messages({ queue: 'q', cursor: first.next, limit: 2 }, call));
    expect(second).toMatchObject({
      rows: [{ excerpt: 'm2', state: 'visible', receiveCount: 0 }],
      next: null,
    });
    const messageId = first.rows[0]?.messageId ?? '';
    const detail = await handlers.message({ queue: 'q', messageId }, call);
    expect(sandboxCalls.message.output.parse(detail)).toMatchObject({ body: 'm0', attributes: [] });
    await handlers.createQueue({ name: 'other.fifo' }, call);
    const status = sandboxCalls.status.output.parse(await handlers.status({}, call));
    expect(status).toMatchObject({
      endpoint: sandbox.endpoint,
      queues: [
        { name: 'other.fifo', fifo: true },
        { name: 'q', visible: 3, received: 3 },
      ],
      faults: null,
    });
    expect(await handlers.redrive({ queue: 'q', to: null }, call)).toEqual({ moved: 0 });
    expect(await handlers.deleteMessage({ queue: 'q', messageId }, call)).toEqual({ deleted: true });
    expect(await handlers.purge({ queue: 'q' }, call)).toEqual({ purged: 2 });
  });

  it('clip long bodies between characters in a list', async () => {
    const { sandbox, client, QueueUrl } = await filled(0);
    const body = `${'x'.repeat(999)}${'\u{1F600}'.repeat(10)}`;
    await client.send(new SendMessageCommand({ QueueUrl, MessageBody: body }));
    const { rows } = await handlersOf(sandbox).messages({ queue: 'q', cursor: null, limit: 2 }, call);
    expect(rows).toMatchObject([{ excerpt: 'x'.repeat(999), trigger: null }]);
  });

  it('say whom and what a trigger message tells of', async () => {
    const { sandbox, client, QueueUrl } = await filled(0);
    const at = '2017-03-18T06:12:36.829070108Z';
    const events = ['exit', 'enter'].map((event) => ({ slug: `to_${event}`, event, enter: at, exit: at }));
    const body = JSON.stringify({
      data: { user_id: 'ann', segment_events: events },
      meta: { timestamp: at },
    });
    await client.send(new SendMessageCommand({ QueueUrl, MessageBody: body }));
    const { rows } = await handlersOf(sandbox).messages({ queue: 'q', cursor: null, limit: 2 }, call);
    expect(rows.map(({ trigger }) => trigger)).toEqual([
      {
        userId: 'ann',
        events: [
          { audience: 'to_exit', event: 'exit' },
          { audience: 'to_enter', event: 'enter' },
        ],
      },
    ]);
  });

  it('turn faults on and off, and refuse a wrong specification', async () => {
    const { sandbox } = await filled(0);
    const handlers = handlersOf(sandbox);
    expect(await handlers.setFaults({ spec: 'throttle=1' }, call)).toEqual({ faults: 'throttle=1' });
    const send = () =>
      clientOf(sandbox).send(new SendMessageCommand({ QueueUrl: sandbox.queueUrl('q'), MessageBody: 'x' }));
    await expect(send()).rejects.toMatchObject({ name: 'RequestThrottled' });
    await expect(handlers.setFaults({ spec: 'nonsense' }, call)).rejects.toMatchObject({ code: 'USAGE' });
    expect(await handlers.status({}, call)).toMatchObject({ faults: 'throttle=1' });
    expect(await handlers.setFaults({ spec: ' ' }, call)).toEqual({ faults: null });
    expect((await send()).MessageId).toBeDefined();
  });
});
