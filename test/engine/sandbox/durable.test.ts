import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  DeleteMessageCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
} from '@aws-sdk/client-sqs';
import Database from 'better-sqlite3';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type Sandbox, startSandbox } from '../../../main/engine/sandbox/sandbox.ts';
import { clientOf, openSandbox, refusal, testClock } from './sandbox-client.ts';

function temporaryFile(): string {
  const folder = mkdtempSync(join(tmpdir(), 'segue-sandbox-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return join(folder, 'sandbox.db');
}

async function startChild(file: string): Promise<{ child: ChildProcess; endpoint: string }> {
  const child = fork(new URL('./sandbox-process.ts', import.meta.url), [file]);
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  const [message] = (await once(child, 'message')) as [{ endpoint: string }];
  return { child, endpoint: message.endpoint };
}

function bodiesOf(sandbox: Sandbox, queue: string): string[] {
  const bodies: string[] = [];
  let afterSeq: number | null = 0;
  while (afterSeq !== null) {
    const page: ReturnType<Sandbox['messages']> = sandbox.messages(queue, { afterSeq });
    bodies.push(...page.rows.map((row) => row.body));
    afterSeq = page.nextAfterSeq;
  }
  return bodies;
}

describe('a durable sandbox', () => {
  it('has every message that was answered, after kill -9 while sending', async () => {
    const file = temporaryFile();
    const { child, endpoint } = await startChild(file);
    const client = clientOf({ endpoint, accessKeyId: 'SEGUESANDBOXCHILD', secretAccessKey: 'child' });
    const QueueUrl = `${endpoint}/000000000000/q`;
    const answered: string[] = [];
    const asked: string[] = [];
    let next = 0;

    async function sendUntilDead(): Promise<void> {
      for (;;) {
        const Entries = Array.from({ length: 10 }, (_, i) => ({
          Id: String(i),
          MessageBody: `m${next * 10 + i}`,
        }));
        next++;
        asked.push(...Entries.map((entry) => entry.MessageBody));
        try {
          const reply = await client.send(new SendMessageBatchCommand({ QueueUrl, Entries }));
          answered.push(
            ...(reply.Successful ?? []).map((item) => Entries[Number(item.Id)]?.MessageBody ?? ''),
          );
        } catch {
          return;
        }
        if (answered.length > 2000) {
          child.kill('SIGKILL');
        }
      }
    }
    const exited = once(child, 'exit');
    await Promise.all(Array.from({ length: 8 }, sendUntilDead));
    await exited;
    const stored = bodiesOf(await openSandbox({ file }), 'q');
    expect(answered.length).toBeGreaterThan(2000);
    expect(new Set(stored).size).toBe(stored.length);
    expect(answered.filter((body) => !stored.includes(body))).toEqual([]);
    expect(stored.filter((body) => !asked.includes(body))).toEqual([]);
  });

  it('keeps queues, attributes, visibility, receive counts, FIFO memory and sequence over a restart', async () => {
    const file = temporaryFile();
    const clock = testClock();
    const first = await startSandbox({ file, clock: clock.now });
    const url = await first.createQueue('q.fifo', { FifoQueue: 'true', VisibilityTimeout: '60' });
    const client = clientOf(first);
    const sent = await client.send(
      new SendMessageCommand({
        QueueUrl: url,
        MessageBody: 'é€\u{1F600}',
        MessageGroupId: 'g',
        MessageDeduplicationId: 'd',
        MessageAttributes: { b: { DataType: 'Binary', BinaryValue: Uint8Array.of(0, 255) } },
        MessageSystemAttributes: { AWSTraceHeader: { DataType: 'String', StringValue: 'Root=1' } },
      }),
    );
    await client.send(new ReceiveMessageCommand({ QueueUrl: url }));
    await first.close();

    const second = await openSandbox({ file, clock: clock.now });
    const again = clientOf(second);
    const QueueUrl = second.queueUrl('q.fifo');
    expect(second.queues()).toMatchObject([{ name: 'q.fifo', fifo: true, inFlight: 1, visible: 0 }]);
    const send = (dedup: string) =>
      again.send(
        new SendMessageCommand({
          QueueUrl,
          MessageBody: 'x',
          MessageGroupId: 'h',
          MessageDeduplicationId: dedup,
        }),
      );
    expect(await send('d')).toMatchObject({ MessageId: sent.MessageId, SequenceNumber: sent.SequenceNumber });
    const later = await send('e');
    expect(String(later.SequenceNumber) > String(sent.SequenceNumber)).toBe(true);
    clock.advance(60_000);
    const reply = await again.send(
      new ReceiveMessageCommand({
        QueueUrl,
        MaxNumberOfMessages: 10,
        MessageAttributeNames: ['All'],
        MessageSystemAttributeNames: ['All'],
      }),
    );
    expect(reply.Messages?.find((message) => message.MessageId === sent.MessageId)).toMatchObject({
      Body: 'é€\u{1F600}',
      MessageAttributes: { b: { DataType: 'Binary', BinaryValue: Uint8Array.of(0, 255) } },
      Attributes: { ApproximateReceiveCount: '2', AWSTraceHeader: 'Root=1' },
    });
  });

  it('keeps deletions, moves and purges over a restart', async () => {
    const file = temporaryFile();
    const clock = testClock();
    const first = await startSandbox({ file, clock: clock.now });
    await first.createQueue('dead');
    const RedrivePolicy = JSON.stringify({
      deadLetterTargetArn: 'arn:aws:sqs:us-east-1:000000000000:dead',
      maxReceiveCount: 1,
    });
    const url = await first.createQueue('q', { RedrivePolicy, VisibilityTimeout: '1' });
    await first.createQueue('purged');
    const client = clientOf(first);
    const send = (QueueUrl: string, MessageBody: string) =>
      client.send(new SendMessageCommand({ QueueUrl, MessageBody }));
    await send(url, 'deleted');
    const got = await client.send(new ReceiveMessageCommand({ QueueUrl: url }));
    await client.send(
      new DeleteMessageCommand({ QueueUrl: url, ReceiptHandle: got.Messages?.[0]?.ReceiptHandle }),
    );
    await send(url, 'poison');
    await send(first.queueUrl('purged'), 'x');
    await client.send(new ReceiveMessageCommand({ QueueUrl: url }));
    clock.advance(1000);
    await client.send(new ReceiveMessageCommand({ QueueUrl: url }));
    await first.purge('purged');
    await first.close();

    const second = await openSandbox({ file, clock: clock.now });
    expect(bodiesOf(second, 'q')).toEqual([]);
    expect(bodiesOf(second, 'purged')).toEqual([]);
    expect(bodiesOf(second, 'dead')).toEqual(['poison']);
    const [row] = second.messages('dead').rows;
    expect(row?.deadLetterSource).toBe('arn:aws:sqs:us-east-1:000000000000:q');
    expect(second.message('dead', row?.messageId ?? '').body).toBe('poison');
  });

  it('has one owner at a time, and is free again when that one is killed', async () => {
    const file = temporaryFile();
    const { child } = await startChild(file);
    await expect(startSandbox({ file })).rejects.toMatchObject({ code: 'WORKSPACE_LOCKED' });
    child.kill('SIGKILL');
    await once(child, 'exit');
    const sandbox = await openSandbox({ file });
    expect(sandbox.queues().map((queue) => queue.name)).toEqual(['q', 'q.fifo']);
  });

  it('comes back on its port, so that queue URLs stay valid, and on another when that is taken', async () => {
    const file = temporaryFile();
    const first = await startSandbox({ file });
    const url = await first.createQueue('q');
    await first.close();
    const second = await startSandbox({ file });
    expect(second.queueUrl('q')).toBe(url);
    await second.close();
    const squatter = await openSandbox({ port: first.port });
    const third = await openSandbox({ file });
    expect(third.port).not.toBe(squatter.port);
    expect(third.queues()).toMatchObject([{ name: 'q', url: third.queueUrl('q') }]);
  });

  it('refuses a file that is not its own, and leaves it as it was', async () => {
    const text = temporaryFile();
    writeFileSync(text, 'not a database, but long enough to be taken for the header of one: '.repeat(20));
    await expect(startSandbox({ file: text })).rejects.toMatchObject({ code: 'WORKSPACE_CORRUPT' });

    const foreign = temporaryFile();
    const database = new Database(foreign);
    database.exec('CREATE TABLE precious (x); INSERT INTO precious VALUES (1)');
    database.close();
    await expect(startSandbox({ file: foreign })).rejects.toMatchObject({ code: 'FILE_FORMAT' });
    const reopened = new Database(foreign);
    expect(reopened.prepare('SELECT count(*) AS n FROM sqlite_schema').get()).toEqual({ n: 1 });
    reopened.close();

    const newer = temporaryFile();
    await (await startSandbox({ file: newer })).close();
    const stepped = new Database(newer);
    stepped.pragma('user_version = 2');
    stepped.close();
    await expect(startSandbox({ file: newer })).rejects.toMatchObject({ code: 'WORKSPACE_NEWER' });

    const nowhere = join(temporaryFile(), 'missing', 'sandbox.db');
    await expect(startSandbox({ file: nowhere })).rejects.toMatchObject({ code: 'FILE_UNREADABLE' });
  });
});

describe('a full sandbox', () => {
  it.each([
    ['with a file', true, { name: 'ServiceUnavailable', status: 503 }],
    ['in memory', false, { class: 'OverLimit', code: 'OverLimit', status: 403 }],
  ])('%s refuses to store more, and takes messages again after a purge', async (_what, durable, expected) => {
    const sandbox = await openSandbox({ maxBytes: 400_000, ...(durable ? { file: temporaryFile() } : {}) });
    const QueueUrl = await sandbox.createQueue('q');
    const client = clientOf(sandbox);
    const send = (i: number) =>
      client.send(new SendMessageCommand({ QueueUrl, MessageBody: `${i} ${'x'.repeat(20_000)}` }));
    let accepted = 0;
    let refused = null;
    while (refused === null && accepted < 100) {
      refused = await refusal(send(accepted));
      accepted += refused === null ? 1 : 0;
    }
    expect(refused).toMatchObject(expected);
    expect(accepted).toBeGreaterThan(5);
    expect(sandbox.messages('q').rows.map((row) => Number.parseInt(row.body, 10))).toEqual([
      ...Array(accepted).keys(),
    ]);
    expect(await sandbox.purge('q')).toBe(accepted);
    expect((await send(0)).MessageId).toBeDefined();
  });

  it('forgets all of a batch that could not be stored, and nothing of the others', async () => {
    const sandbox = await openSandbox({ maxBytes: 400_000, file: temporaryFile() });
    const QueueUrl = await sandbox.createQueue('q');
    const client = clientOf(sandbox);
    const answered: string[] = [];
    for (;;) {
      const Entries = Array.from({ length: 5 }, (_, i) => ({
        Id: String(i),
        MessageBody: `${answered.length + i} ${'x'.repeat(9_000)}`,
      }));
      const failure = await refusal(client.send(new SendMessageBatchCommand({ QueueUrl, Entries })));
      if (failure !== null) {
        expect(failure).toMatchObject({ name: 'ServiceUnavailable', status: 503 });
        break;
      }
      answered.push(...Entries.map((entry) => String(Number.parseInt(entry.MessageBody, 10))));
    }
    const held = () => bodiesOf(sandbox, 'q').map((body) => String(Number.parseInt(body, 10)));
    expect(answered.length).toBeGreaterThan(9);
    expect(held()).toEqual(answered);
    expect(sandbox.queues()).toMatchObject([{ visible: answered.length }]);
    const reply = await client.send(new ReceiveMessageCommand({ QueueUrl }));
    expect(reply.Messages).toHaveLength(1);
  });
});
