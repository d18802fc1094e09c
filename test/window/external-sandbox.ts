import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { DeleteMessageBatchCommand, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';

/** A sandbox queue in a process of its own: for Segue a queue like any other, with keys of its own. */
export interface ExternalSandbox {
  readonly endpoint: string;
  readonly queueUrl: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** Takes everything out of the queue, as a consumer does; bodies by message id. Throws when one comes twice. */
  receiveAll(): Promise<Map<string, string>>;
  stop(): Promise<void>;
}

const root = join(import.meta.dirname, '..', '..');

/** Runs `segue sandbox start` and waits for the line that says it is ready. */
export async function startExternalSandbox(): Promise<ExternalSandbox> {
  const child = spawn(process.execPath, [join(root, 'main', 'cli', 'segue.ts'), 'sandbox', 'start'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const ended = once(child, 'exit').then(([code]) => {
    throw new Error(`The sandbox ended with ${String(code)} before it was ready.`);
  });
  const [line] = await Promise.race([once(createInterface(child.stdout), 'line'), ended]);
  ended.catch(() => undefined);
  const ready = JSON.parse(String(line)) as Pick<
    ExternalSandbox,
    'endpoint' | 'queueUrl' | 'accessKeyId' | 'secretAccessKey'
  >;
  return {
    ...ready,
    receiveAll: () => receiveAll(ready),
    async stop() {
      if (child.exitCode !== null) return;
      const exit = once(child, 'exit');
      child.kill();
      await exit;
    },
  };
}

async function receiveAll({
  endpoint,
  queueUrl: QueueUrl,
  accessKeyId,
  secretAccessKey,
}: Pick<ExternalSandbox, 'endpoint' | 'queueUrl' | 'accessKeyId' | 'secretAccessKey'>) {
  const client = new SQSClient({
    endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId, secretAccessKey },
  });
  const bodies = new Map<string, string>();
  try {
    for (;;) {
      const { Messages = [] } = await client.send(
        new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10 }),
      );
      if (Messages.length === 0) return bodies;
      for (const { MessageId = '', Body = '' } of Messages) {
        if (bodies.has(MessageId)) throw new Error(`${MessageId} was received twice.`);
        bodies.set(MessageId, Body);
      }
      const Entries = Messages.map(({ ReceiptHandle }, index) => ({ Id: String(index), ReceiptHandle }));
      await client.send(new DeleteMessageBatchCommand({ QueueUrl, Entries }));
    }
  } finally {
    client.destroy();
  }
}
