import { describe, expect, it, onTestFinished } from 'vitest';
import { createDelivery } from '../../../main/engine/sandbox/delivery.ts';
import { createFaults } from '../../../main/engine/sandbox/faults.ts';
import { createFifoQuota } from '../../../main/engine/sandbox/fifo-quota.ts';
import { startHttpServer } from '../../../main/engine/sandbox/http-server.ts';
import { createQueueRegistry } from '../../../main/engine/sandbox/queue-registry.ts';
import { ServiceError } from '../../../main/engine/sandbox/service-error.ts';
import { memoryStorage } from '../../../main/engine/sandbox/storage.ts';
import { createWaiters } from '../../../main/engine/sandbox/waiters.ts';

/** The server with a commit of the test's choice, and no signatures. */
async function serverWith(commit: () => Promise<void>) {
  const storage = memoryStorage(1e6);
  const registry = createQueueRegistry({ storage, region: 'us-east-1', accountId: '000000000000' });
  const waiters = createWaiters();
  registry.create('q', {}, 0);
  const server = await startHttpServer({
    port: 0,
    verify: () => {},
    faults: createFaults({}, Math.random),
    context: {
      registry,
      delivery: createDelivery({ storage, registry, onAvailable: waiters.wake }),
      waiters,
      clock: Date.now,
      fifoQuota: createFifoQuota(300),
      queueUrl: (name) => name,
    },
    commit,
    requestTimeoutMs: 1000,
  });
  onTestFinished(() => server.close());
  return (method = 'POST') =>
    fetch(`http://127.0.0.1:${server.port}/`, {
      method,
      headers: { 'x-amz-target': 'AmazonSQS.SendMessage', connection: 'close' },
      ...(method === 'POST'
        ? { body: JSON.stringify({ QueueUrl: '/000000000000/q', MessageBody: 'x' }) }
        : {}),
    });
}

describe('a reply', () => {
  it('is sent only when the message is stored', async () => {
    const order: string[] = [];
    const { promise: stored, resolve } = Promise.withResolvers<void>();
    const called = Promise.withResolvers<void>();
    const send = await serverWith(() => {
      called.resolve();
      return stored;
    });
    const first = send().then((reply) => order.push(`replied ${reply.status}`));
    await called.promise;
    // A whole round trip later, a reply that had not waited would be here.
    await send('GET');
    order.push('stored');
    resolve();
    await first;
    expect(order).toEqual(['stored', 'replied 200']);
  });

  it('says so when storing failed', async () => {
    const send = await serverWith(() =>
      Promise.reject(new ServiceError('ServiceUnavailable', 'The disk is full.')),
    );
    const reply = await send();
    expect(reply.status).toBe(503);
    expect(reply.headers.get('x-amzn-query-error')).toBe('ServiceUnavailable;Receiver');
    expect(await reply.json()).toMatchObject({ message: 'The disk is full.' });
  });

  it('tells nothing of an unexpected failure', async () => {
    const send = await serverWith(() => Promise.reject(new Error('a path or a secret')));
    const reply = await send();
    expect(reply.status).toBe(500);
    expect(await reply.text()).not.toContain('secret');
  });
});
