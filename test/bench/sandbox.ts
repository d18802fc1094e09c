import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { SendMessageBatchCommand, SQSClient } from '@aws-sdk/client-sqs';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { startSandbox } from '../../main/engine/sandbox/sandbox.ts';

const KEYS = { accessKeyId: 'SEGUESANDBOXBENCH', secretAccessKey: 'bench' };
const BATCH = 10;
const BODY = JSON.stringify({
  data: { email: 'user@example.com', text: 'x'.repeat(900) },
  meta: { object: 'user' },
});

interface Served {
  endpoint: string;
  queue: string;
}

interface Closing {
  close: () => Promise<void>;
}

/** The least that a server can do: answers every request alike, reading and checking nothing. The upper bound. */
async function serveNothing(): Promise<Served & Closing> {
  const server = createServer((request, response) => {
    request.resume();
    request.on('end', () => response.end('{"Successful":[]}'));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { endpoint, queue: 'q', close: async () => server.closeAllConnections() };
}

async function serve(kind: string): Promise<Served & Closing> {
  if (kind === 'nothing') {
    return serveNothing();
  }
  const file = kind === 'file' ? join(mkdtempSync(join(tmpdir(), 'segue-bench-')), 'sandbox.db') : undefined;
  const sandbox = await startSandbox({
    ...KEYS,
    fifoCallsPerSecond: Number.POSITIVE_INFINITY,
    ...(file === undefined ? {} : { file }),
  });
  const queue = kind === 'fifo' ? 'q.fifo' : 'q';
  await sandbox.createQueue(queue, kind === 'fifo' ? { FifoQueue: 'true' } : {});
  const close = async () => {
    await sandbox.close();
    if (file !== undefined) {
      rmSync(dirname(file), { recursive: true });
    }
  };
  return { endpoint: sandbox.endpoint, queue, close };
}

interface Usage {
  cpuMicros: number;
  rssBytes: number;
}

async function measure(kind: string, messages: number, concurrency: number): Promise<void> {
  const child = fork(import.meta.filename, [kind]);
  const answer = async <T>(): Promise<T> => (await once(child, 'message'))[0];
  const served = await answer<Served>();
  const usage = (): Promise<Usage> => {
    child.send('usage');
    return answer<Usage>();
  };
  const client = new SQSClient({
    region: 'us-east-1',
    endpoint: served.endpoint,
    credentials: KEYS,
    md5: false,
    requestHandler: new NodeHttpHandler({ httpAgent: { maxSockets: concurrency, keepAlive: true } }),
  });
  let next = 0;
  const send = async (until: number) => {
    while (next < until) {
      const from = next;
      next += BATCH;
      const fifo = (i: number) => ({
        MessageGroupId: `g${from + i}`,
        MessageDeduplicationId: `d${from + i}`,
      });
      const Entries = Array.from({ length: BATCH }, (_, i) => ({
        Id: String(i),
        MessageBody: BODY,
        ...(kind === 'fifo' ? fifo(i) : {}),
      }));
      await client.send(
        new SendMessageBatchCommand({ QueueUrl: `${served.endpoint}/000000000000/${served.queue}`, Entries }),
      );
    }
  };
  const round = (until: number) => Promise.all(Array.from({ length: concurrency }, () => send(until)));
  const warmUp = Math.ceil(messages / 10);
  await round(warmUp);
  const before = await usage();
  const startedMs = performance.now();
  const ownBefore = process.cpuUsage();
  const sentBefore = next;
  await round(warmUp + messages);
  const seconds = (performance.now() - startedMs) / 1000;
  const own = process.cpuUsage(ownBefore);
  const after = await usage();
  const sent = next - sentBefore;
  console.log(
    `${kind.padEnd(8)} ${Math.round(sent / seconds)
      .toLocaleString('en')
      .padStart(8)} messages/s   ` +
      `server ${((after.cpuMicros - before.cpuMicros) / sent).toFixed(1)} µs CPU a message, ` +
      `${Math.round(after.rssBytes / 1e6)} MB   client ${((own.user + own.system) / sent).toFixed(1)} µs`,
  );
  client.destroy();
  const ended = once(child, 'exit');
  child.send('close');
  await ended;
}

/**
 * Sends batches of ten messages of 1 KB through the SDK to the sandbox in a process of its own: in memory, with a file,
 * to a FIFO queue, and beside them to a server that does nothing. Options: messages (50000), concurrency (32).
 */
export async function run(args: string[]): Promise<void> {
  const messages = Number(args[0] ?? 50_000);
  const concurrency = Number(args[1] ?? 32);
  for (const kind of ['nothing', 'memory', 'file', 'fifo']) {
    await measure(kind, messages, concurrency);
  }
}

if (import.meta.main) {
  const { close, ...served } = await serve(process.argv[2] ?? 'memory');
  process.send?.(served);
  process.on('message', async (message) => {
    if (message === 'usage') {
      const { user, system } = process.cpuUsage();
      process.send?.({ cpuMicros: user + system, rssBytes: process.memoryUsage.rss() });
    } else {
      await close();
      process.exit();
    }
  });
}
