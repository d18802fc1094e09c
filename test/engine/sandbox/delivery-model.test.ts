import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createDelivery } from '../../../main/engine/sandbox/delivery.ts';
import type { Submission } from '../../../main/engine/sandbox/message.ts';
import { createQueueRegistry } from '../../../main/engine/sandbox/queue-registry.ts';
import { page } from '../../../main/engine/sandbox/queue-state.ts';
import { sqliteStorage } from '../../../main/engine/sandbox/sqlite-storage.ts';
import { memoryStorage, type Storage } from '../../../main/engine/sandbox/storage.ts';

type Step =
  | { do: 'send'; group: string; delaySeconds: number }
  | { do: 'receive'; max: number; visibilitySeconds: number }
  | { do: 'delete' | 'release'; pick: number }
  | { do: 'extend'; pick: number; seconds: number }
  | { do: 'advance'; ms: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    do: fc.constant('send' as const),
    group: fc.constantFrom('a', 'b'),
    delaySeconds: fc.constantFrom(0, 0, 0, 2),
  }),
  fc.record({
    do: fc.constant('receive' as const),
    max: fc.integer({ min: 1, max: 10 }),
    visibilitySeconds: fc.integer({ min: 0, max: 5 }),
  }),
  fc.record({ do: fc.constantFrom('delete' as const, 'release' as const), pick: fc.nat() }),
  fc.record({ do: fc.constant('extend' as const), pick: fc.nat(), seconds: fc.integer({ min: 1, max: 9 }) }),
  fc.record({ do: fc.constant('advance' as const), ms: fc.constantFrom(1, 999, 1000, 3000) }),
);

/** What a queue must do, said as simply as possible: a list of messages and when each is visible. */
interface ModelMessage {
  body: string;
  group: string;
  visibleAtMs: number;
  inFlight: boolean;
  handle: string;
}

function submission(body: string, group: string, delaySeconds: number, fifo: boolean): Submission {
  return {
    content: { body, attributes: [], traceHeader: null },
    bytes: body.length,
    delaySeconds: fifo ? undefined : delaySeconds,
    groupId: group,
    dedupId: fifo ? body : null,
    md5OfBody: '',
    md5OfAttributes: null,
    md5OfSystemAttributes: null,
  };
}

function isVisible(message: ModelMessage, nowMs: number): boolean {
  return message.visibleAtMs <= nowMs;
}

function deliverable(model: ModelMessage[], message: ModelMessage, fifo: boolean, nowMs: number): boolean {
  if (!isVisible(message, nowMs)) {
    return false;
  }
  const group = model.filter((other) => other.group === message.group);
  return !fifo || group.every((other) => isVisible(other, nowMs));
}

function runSteps(steps: readonly Step[], fifo: boolean, storage: Storage): void {
  const registry = createQueueRegistry({ storage, region: 'us-east-1', accountId: '000000000000' });
  registry.load(0);
  const delivery = createDelivery({ storage, registry, onAvailable: () => {} });
  const name = fifo ? 'q.fifo' : 'q';
  const queue = registry.create(name, fifo ? { FifoQueue: 'true' } : {}, 0);
  let model: ModelMessage[] = [];
  let nowMs = 0;
  let sent = 0;

  function receive(max: number, visibilitySeconds: number): void {
    const candidates = model.filter((message) => deliverable(model, message, fifo, nowMs));
    const received = delivery.receive(queue, max, visibilitySeconds, nowMs);
    expect(received).toHaveLength(Math.min(max, candidates.length));
    for (const { content, receiptHandle } of received) {
      const message = candidates.find((candidate) => candidate.body === content.body);
      expect(message).toBeDefined();
      if (message !== undefined) {
        message.visibleAtMs = nowMs + visibilitySeconds * 1000;
        message.inFlight = true;
        message.handle = receiptHandle;
      }
    }
    for (const group of fifo ? ['a', 'b'] : []) {
      const inOrder = candidates.filter((message) => message.group === group).map((message) => message.body);
      const got = received.map(({ content }) => content.body).filter((body) => inOrder.includes(body));
      expect(got).toEqual(inOrder.slice(0, got.length));
    }
  }

  for (const action of steps) {
    for (const message of model) {
      message.inFlight &&= !isVisible(message, nowMs);
    }
    const inFlight = model.filter((message) => message.inFlight);
    switch (action.do) {
      case 'send': {
        const body = `m${sent++}`;
        delivery.send(queue, submission(body, action.group, action.delaySeconds, fifo), nowMs);
        const visibleAtMs = nowMs + (fifo ? 0 : action.delaySeconds * 1000);
        model.push({ body, group: action.group, visibleAtMs, inFlight: false, handle: '' });
        break;
      }
      case 'receive':
        receive(action.max, action.visibilitySeconds);
        break;
      case 'advance':
        nowMs += action.ms;
        break;
      default: {
        const message = inFlight[action.pick % Math.max(inFlight.length, 1)];
        if (message !== undefined && action.do === 'delete') {
          delivery.acknowledge(queue, message.handle, nowMs);
          model = model.filter((other) => other !== message);
        } else if (message !== undefined) {
          const seconds = action.do === 'extend' ? action.seconds : 0;
          delivery.changeVisibility(queue, message.handle, seconds, nowMs);
          message.visibleAtMs = nowMs + seconds * 1000;
        }
      }
    }
    delivery.settle(queue, nowMs);
    expect(queue.counts.ready).toBe(model.filter((message) => isVisible(message, nowMs)).length);
    expect(queue.counts.ready + queue.counts.delayed + queue.counts.inflight).toBe(model.length);
    const held = page(queue, 0, 1000).map((message) => storage.content(message.seq).body);
    expect(held).toEqual(model.map((message) => message.body));
  }
  // Nothing is lost: with time, all that was not deleted is delivered.
  nowMs += 10_000;
  const left = new Set(model.map((message) => message.body));
  while (left.size > 0) {
    const received = delivery.receive(queue, 10, 30, nowMs);
    expect(received.length).toBeGreaterThan(0);
    for (const { content, receiptHandle } of received) {
      left.delete(content.body);
      delivery.acknowledge(queue, receiptHandle, nowMs);
    }
  }
  expect(delivery.receive(queue, 10, 30, nowMs)).toEqual([]);
}

describe.each([
  ['standard', false],
  ['FIFO', true],
])('a %s queue', (_kind, fifo) => {
  it('behaves as a plain list of messages would, in memory', () => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 5, maxLength: 60, size: 'max' }), (steps) =>
        runSteps(steps, fifo, memoryStorage(1e9)),
      ),
      { numRuns: 200 },
    );
  });

  it('behaves the same with a file', () => {
    const folder = mkdtempSync(join(tmpdir(), 'segue-sandbox-'));
    let run = 0;
    try {
      fc.assert(
        fc.property(fc.array(step, { maxLength: 40, size: 'max' }), (steps) => {
          const storage = sqliteStorage({
            file: join(folder, `${run++}.db`),
            onRollback: () => expect.unreachable(),
          });
          try {
            runSteps(steps, fifo, storage);
          } finally {
            storage.close();
          }
        }),
        { numRuns: 20 },
      );
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
