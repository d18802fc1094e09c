/**
 * One contender in a process of its own: `node contender.ts NAME PORT MESSAGES CONCURRENCY [RATE]`. Sends its numbers to its
 * parent. Only Segue knows a rate.
 */
import { createHash, createHmac, randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SendMessageBatchCommand, SQSClient } from '@aws-sdk/client-sqs';
import { Producer } from 'sqs-producer';
import type { CallContext, EngineContext } from '../../../main/engine/context.ts';
import { instantOfMs } from '../../../main/engine/core/instant.ts';
import { unknownFacts } from '../../../main/engine/queue/sdk-client.ts';
import { criteriaOf } from '../../../main/engine/run/criteria.ts';
import { openJournal } from '../../../main/engine/run/journal.ts';
import { materialise } from '../../../main/engine/run/materialise.ts';
import { insertRun, requireRun } from '../../../main/engine/run/run-store.ts';
import { createSource } from '../../../main/engine/run/session.ts';
import { startRun } from '../../../main/engine/run/start.ts';
import { waitForRun } from '../../../main/engine/run/wait.ts';
import { startSandbox } from '../../../main/engine/sandbox/sandbox.ts';
import { openStore } from '../../../main/engine/store/store.ts';
import { requireWorkflow } from '../../../main/engine/workflow/store.ts';
import { runRequest } from '../../../preload/contract/run.ts';
import { AUDIENCE_HEX_ID, fillStore, profileOf, SUBSCRIPTION_ID, WORKFLOW } from './workspace.ts';

export interface Numbers {
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly peakMb: number;
}

const [name = '', port = '', messagesText = '', concurrencyText = '', rateText] = process.argv.slice(2);
const messages = Number(messagesText);
const concurrency = Number(concurrencyText);
const endpoint = `http://127.0.0.1:${port}`;
const queueUrl = `${endpoint}/000000000000/bench`;
const credentials = { accessKeyId: 'BENCHBENCHBENCH', secretAccessKey: 'bench' };
const BATCH = 10;
const body = (i: number) =>
  `{"data":${profileOf(i).slice(0, -1)},"segment_events":[{"id":"${AUDIENCE_HEX_ID}","event":"enter","enter":"2026-11-01T00:00:00Z","exit":"2099-11-01T00:00:00Z","slug":"bench"}]},"meta":{"object":"user","subscription_id":"${SUBSCRIPTION_ID}","timestamp":"2026-11-01T00:00:00Z"}}`;

/** Runs `concurrency` loops that take the next batch until all are sent. */
async function inLoops(send: (from: number) => Promise<unknown>): Promise<void> {
  let next = 0;
  const loop = async () => {
    while (next < messages) {
      const from = next;
      next += BATCH;
      await send(from);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, loop));
}

const entriesFrom = (from: number) =>
  Array.from({ length: Math.min(BATCH, messages - from) }, (_, i) => ({
    Id: String(i),
    MessageBody: body(from + i),
  }));

async function bareSdk(): Promise<() => Promise<void>> {
  const client = sdkClient();
  return () =>
    inLoops((from) =>
      client.send(new SendMessageBatchCommand({ QueueUrl: queueUrl, Entries: entriesFrom(from) })),
    );
}

function sdkClient(): SQSClient {
  return new SQSClient({
    region: 'us-east-1',
    endpoint,
    credentials,
    maxAttempts: 1,
    requestHandler: { httpAgent: { keepAlive: true, maxSockets: concurrency } },
  });
}

async function sqsProducer(): Promise<() => Promise<void>> {
  const producer = Producer.create({ queueUrl, sqs: sdkClient() });
  return async () => {
    await producer.send(Array.from({ length: messages }, (_, i) => ({ id: String(i), body: body(i) })));
  };
}

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
const hmac = (key: string | Buffer, text: string) => createHmac('sha256', key).update(text).digest();

/** The least that a signed request takes: one JSON text, SigV4 by hand, node:http with keep-alive. */
async function rawHttp(): Promise<() => Promise<void>> {
  const agent = new Agent({ keepAlive: true, maxSockets: concurrency });
  const post = (payload: string) =>
    new Promise<void>((resolve, reject) => {
      const stamp = new Date().toISOString().replaceAll(/[-:]|\.\d+/g, '');
      const day = stamp.slice(0, 8);
      const scope = `${day}/us-east-1/sqs/aws4_request`;
      const signed = 'host;x-amz-date;x-amz-target';
      const target = 'AmazonSQS.SendMessageBatch';
      const canonical = `POST\n/\n\nhost:127.0.0.1:${port}\nx-amz-date:${stamp}\nx-amz-target:${target}\n\n${signed}\n${sha256(payload)}`;
      const key = hmac(
        hmac(hmac(hmac(`AWS4${credentials.secretAccessKey}`, day), 'us-east-1'), 'sqs'),
        'aws4_request',
      );
      const signature = hmac(key, `AWS4-HMAC-SHA256\n${stamp}\n${scope}\n${sha256(canonical)}`).toString(
        'hex',
      );
      const call = request(
        {
          host: '127.0.0.1',
          port,
          method: 'POST',
          agent,
          headers: {
            'content-type': 'application/x-amz-json-1.0',
            'content-length': Buffer.byteLength(payload),
            'x-amz-date': stamp,
            'x-amz-target': target,
            authorization: `AWS4-HMAC-SHA256 Credential=${credentials.accessKeyId}/${scope}, SignedHeaders=${signed}, Signature=${signature}`,
          },
        },
        (response) => {
          const chunks: Buffer[] = [];
          response.on('data', (chunk: Buffer) => chunks.push(chunk));
          response.on('end', () => {
            JSON.parse(Buffer.concat(chunks).toString());
            resolve();
          });
        },
      );
      call.on('error', reject);
      call.end(payload);
    });
  return () => inLoops((from) => post(JSON.stringify({ QueueUrl: queueUrl, Entries: entriesFrom(from) })));
}

/** A workspace on disk with as many profiles and changes, and what starts a replay of them. */
function workspace() {
  const dir = mkdtempSync(join(tmpdir(), 'segue-bench-'));
  process.on('exit', () => rmSync(dir, { recursive: true, force: true }));
  const store = openStore(dir);
  fillStore(store, { messages, queueUrl, apartMs: 1 });
  const newId = () => randomBytes(16).toString('hex');
  const engine: EngineContext = {
    store,
    clock: Date.now,
    newId,
    assetsDir: '',
    sandbox: () => startSandbox(),
    emit: () => undefined,
  };
  const context: CallContext = {
    signal: new AbortController().signal,
    progress: () => undefined,
    credentials,
  };
  const options = { concurrency, ...(rateText === undefined ? {} : { rate: Number(rateText) }) };
  return { engine, context, input: runRequest.parse({ workflow: WORKFLOW, kind: 'replay', options }) };
}

/** The whole product: a replay from a workspace on disk with its full journal. The import is not part of the measure. */
async function segue(): Promise<() => Promise<void>> {
  const { engine, context, input } = workspace();
  return async () => {
    const { id } = await startRun(engine, input, context);
    const row = await waitForRun(engine, id, {});
    if (row.state !== 'completed' || row.sent !== messages) throw new Error(`${row.state}: ${row.reason}`);
  };
}

/** What a replay does before the network: reads each message from the journal, its changes and profile, and builds it. */
async function readAndBuild(): Promise<() => Promise<void>> {
  const { engine, input } = workspace();
  const { store, newId } = engine;
  const { kind, selection, options } = input;
  const stored = requireWorkflow(store.db, input.workflow);
  const { id, key } = insertRun(store.db, {
    key: newId(),
    kind,
    workflow: stored,
    selection,
    options,
    nowMs: 0,
  });
  const criteria = criteriaOf(store.db, stored, selection, options.shard);
  const { signal } = new AbortController();
  await materialise(store, id, kind, criteria, instantOfMs(Date.now()), { max: options.max, signal });
  const journal = await openJournal(store.file, id);
  const read = createSource(journal, requireRun(store.db, key), unknownFacts(queueUrl));
  return async () => {
    let built = 0;
    for (let items = read(concurrency * BATCH); items.length > 0; items = read(concurrency * BATCH)) {
      built += items.filter((item) => item.kind === 'send').length;
    }
    if (built !== messages) throw new Error(`${built} were built`);
  };
}

const CONTENDERS: Readonly<Record<string, () => Promise<() => Promise<void>>>> = {
  segue,
  'read + build': readAndBuild,
  'bare SDK': bareSdk,
  'sqs-producer': sqsProducer,
  'raw HTTP': rawHttp,
};

const work = await CONTENDERS[name]?.();
const cpu = process.cpuUsage();
const startedMs = performance.now();
await work?.();
const { user, system } = process.cpuUsage(cpu);
const numbers: Numbers = {
  seconds: (performance.now() - startedMs) / 1000,
  cpuSeconds: (user + system) / 1e6,
  peakMb: process.resourceUsage().maxRSS / 1024,
};
process.send?.(numbers, () => process.exit(0));
