import { hash, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { runRequest } from '../../../preload/contract/run.ts';
import { addWorkflow, call, entering, fill, openWorkspace } from './workspace.ts';

const MESSAGES = 200;
const keys = { accessKeyId: 'KEYOFATEST', secretAccessKey: 'test' };
const replay = runRequest.parse({ workflow: 'Triggers', kind: 'replay', options: { concurrency: 2 } });

/** How a queue refuses: a whole call, with the code of the JSON protocol and that of the query protocol before it, or entries. */
type Refusal =
  | { readonly status: number; readonly type: string; readonly queryCode?: string; readonly message?: string }
  | { readonly entryCode: string; readonly senderFault: boolean };

interface Entry {
  Id: string;
  MessageBody: string;
}

/** A queue that takes a few calls and then refuses as AWS does, until it is repaired. */
async function startRefusingQueue(refusal: Refusal, refuseFrom = 4) {
  const stored: string[] = [];
  let calls = 0;
  let broken = true;
  let refused = 0;
  const answerTo = (target: string, text: string): { status: number; headers: object; body: object } => {
    if (!target.endsWith('SendMessageBatch'))
      return { status: 200, headers: {}, body: { Attributes: { MaximumMessageSize: '1048576' } } };
    calls += 1;
    const { Entries } = JSON.parse(text) as { Entries: Entry[] };
    const refuses = broken && calls >= refuseFrom;
    if (refuses) refused += 1;
    if (refuses && 'status' in refusal) {
      const { status, type, queryCode, message = 'Refused by the test.' } = refusal;
      return {
        status,
        headers: queryCode === undefined ? {} : { 'x-amzn-query-error': `${queryCode};Sender` },
        body: { __type: type, message },
      };
    }
    if (refuses && 'entryCode' in refusal) {
      const Failed = Entries.map(({ Id }) => ({
        Id,
        Code: refusal.entryCode,
        SenderFault: refusal.senderFault,
        Message: 'Refused by the test.',
      }));
      return { status: 200, headers: {}, body: { Failed } };
    }
    stored.push(...Entries.map(({ MessageBody }) => JSON.parse(MessageBody).data.user_id));
    const Successful = Entries.map(({ Id, MessageBody }) => ({
      Id,
      MessageId: randomUUID(),
      MD5OfMessageBody: hash('md5', MessageBody),
    }));
    return { status: 200, headers: {}, body: { Successful } };
  };
  const server = createServer(async (request, response) => {
    let text = '';
    for await (const chunk of request) text += chunk;
    const { status, headers, body } = answerTo(String(request.headers['x-amz-target']), text);
    response.writeHead(status, { 'content-type': 'application/x-amz-json-1.0', ...headers });
    response.end(JSON.stringify(body));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close().closeAllConnections());
  const { port } = server.address() as AddressInfo;
  return {
    queueUrl: `http://127.0.0.1:${port}/000000000000/triggers`,
    stored,
    refusals: () => refused,
    repair() {
      broken = false;
    },
  };
}

async function startRun(refusal: Refusal) {
  const queue = await startRefusingQueue(refusal);
  const workspace = await openWorkspace();
  fill(workspace, entering(MESSAGES));
  addWorkflow(workspace, { queueUrl: queue.queueUrl, environment: 'sandbox' });
  const { host } = new URL(queue.queueUrl);
  const { id } = await workspace.run.start({ ...replay, trustHost: host }, call(keys));
  return { queue, workspace, id };
}

const whole = (status: number, type: string, queryCode?: string): Refusal => ({
  status,
  type: `com.amazonaws.sqs#${type}`,
  ...(queryCode === undefined ? {} : { queryCode }),
});

describe('a queue that refuses the keys in the middle of a run, through the SDK', () => {
  it.each<[string, Refusal]>([
    ['AccessDenied', whole(403, 'AccessDenied', 'AccessDenied')],
    ['AccessDeniedException', whole(400, 'AccessDeniedException')],
    ['InvalidClientTokenId', whole(403, 'UnrecognizedClientException', 'InvalidClientTokenId')],
    ['SignatureDoesNotMatch', whole(403, 'InvalidSignatureException', 'SignatureDoesNotMatch')],
    ['ExpiredToken', whole(403, 'ExpiredTokenException', 'ExpiredToken')],
    ['RequestExpired', whole(400, 'RequestExpired', 'RequestExpired')],
    ['KMS.AccessDeniedException', whole(400, 'KmsAccessDenied', 'KMS.AccessDeniedException')],
    ['KMS.DisabledException', whole(400, 'KmsDisabled', 'KMS.DisabledException')],
    ['KMS.InvalidStateException', whole(400, 'KmsInvalidState', 'KMS.InvalidStateException')],
    ['KMS.NotFoundException', whole(400, 'KmsNotFound', 'KMS.NotFoundException')],
    ['KmsOptInRequired', whole(403, 'KmsOptInRequired')],
    ['KMS.AccessDeniedException', { entryCode: 'KMS.AccessDeniedException', senderFault: true }],
    ['AccessDenied', { entryCode: 'AccessDenied', senderFault: true }],
  ])('%s: it pauses, parks nothing, asks for keys, and goes on with them', async (code, refusal) => {
    const { queue, workspace, id } = await startRun(refusal);
    const paused = await workspace.wait(id);
    expect(paused).toMatchObject({ state: 'paused', parked: 0, failed: 0, possibleDuplicates: 0 });
    expect(paused.reason).toContain(`The queue refused the credentials (${code})`);
    expect(paused.sent).toBe(queue.stored.length);
    expect(paused.pending).toBe(MESSAGES - queue.stored.length);
    // At most what was in flight beside the first refusal.
    expect(queue.refusals()).toBeLessThanOrEqual(2);

    queue.repair();
    await workspace.run.resume({ id }, call({ ...keys, accessKeyId: 'OTHERKEY' }));
    expect(await workspace.wait(id)).toMatchObject({
      state: 'completed',
      sent: MESSAGES,
      possibleDuplicates: 0,
    });
    expect(queue.stored.length).toBe(MESSAGES);
    expect(new Set(queue.stored).size).toBe(MESSAGES);
  });
});

describe('a queue that is gone in the middle of a run, through the SDK', () => {
  it.each<[string, Refusal]>([
    [
      'AWS.SimpleQueueService.NonExistentQueue',
      whole(400, 'QueueDoesNotExist', 'AWS.SimpleQueueService.NonExistentQueue'),
    ],
    ['InvalidAddress', whole(404, 'InvalidAddress', 'InvalidAddress')],
  ])('%s: it stops, and goes on once the queue is there again', async (_code, refusal) => {
    const { queue, workspace, id } = await startRun(refusal);
    const failed = await workspace.wait(id);
    expect(failed).toMatchObject({ state: 'failed', parked: 0, possibleDuplicates: 0 });
    expect(failed.reason).toContain('The queue is gone');
    queue.repair();
    await workspace.run.resume({ id }, call(keys));
    expect(await workspace.wait(id)).toMatchObject({ state: 'completed', sent: MESSAGES });
    expect(queue.stored.length).toBe(MESSAGES);
  });
});

describe('a queue that is too busy for a while, through the SDK', () => {
  it.each<[string, Refusal]>([
    ['KmsThrottled', whole(400, 'KmsThrottled', 'KMS.ThrottlingException')],
    ['RequestThrottled', whole(403, 'RequestThrottled', 'RequestThrottled')],
    ['ThrottlingException', whole(400, 'ThrottlingException')],
    ['HTTP 429', whole(429, 'SomethingNew')],
    ['entries that are throttled', { entryCode: 'KMS.ThrottlingException', senderFault: false }],
  ])('%s: it slows down and goes on by itself, without a doubt', async (_code, refusal) => {
    const { queue, workspace, id } = await startRun(refusal);
    // More refusals than a message without an answer would be tried: throttling is retried without end.
    while (queue.refusals() < 12) await new Promise((resolve) => setImmediate(resolve));
    queue.repair();
    const row = await workspace.wait(id);
    expect(row).toMatchObject({ state: 'completed', sent: MESSAGES, parked: 0, possibleDuplicates: 0 });
    expect(row.retries).toBeGreaterThan(0);
    expect(queue.stored.length).toBe(MESSAGES);
  });
});
