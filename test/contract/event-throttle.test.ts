import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createEventThrottle, type Emit } from '../../main/engine/serve/event-throttle.ts';
import type { RunRow } from '../../preload/contract/run.ts';

function runAt(sent: number, id = 'run-1'): RunRow {
  return {
    id,
    kind: 'replay',
    workflow: 'w',
    environment: 'sandbox',
    queueUrl: 'sandbox:q',
    state: 'running',
    dryRun: false,
    planned: 100,
    sent,
    failed: 0,
    parked: 0,
    pending: 100 - sent,
    possibleDuplicates: 0,
    retries: 0,
    createdAt: '2026-11-23T09:00:00Z',
    startedAt: null,
    endedAt: null,
    seconds: 0,
    messagesPerSecond: 0,
    rate: null,
    concurrency: 1,
    reason: null,
  };
}

function record() {
  const sent: { name: string; payload: unknown }[] = [];
  const emit: Emit = (name, payload) => void sent.push({ name, payload });
  return { sent, throttle: createEventThrottle(emit, 250) };
}

describe('the throttle of events', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('lets at most four a second of one run through and always the last', () => {
    const { sent, throttle } = record();
    for (let n = 0; n < 1000; n++) {
      throttle.emit('runProgress', runAt(n));
      vi.advanceTimersByTime(1);
    }
    const duringFirstSecond = sent.length;
    vi.advanceTimersByTime(1000);
    expect(duringFirstSecond).toBeLessThanOrEqual(5);
    expect(sent.at(-1)).toEqual({ name: 'runProgress', payload: runAt(999) });
  });

  it('does not hold one run back for another', () => {
    const { sent, throttle } = record();
    throttle.emit('runProgress', runAt(1, 'a'));
    throttle.emit('runProgress', runAt(1, 'b'));
    expect(sent).toHaveLength(2);
  });

  it('joins the tables that changed meanwhile', () => {
    const { sent, throttle } = record();
    throttle.emit('storeChanged', { tables: ['run'] });
    throttle.emit('storeChanged', { tables: ['profile', 'run'] });
    throttle.emit('storeChanged', { tables: ['history'] });
    vi.advanceTimersByTime(250);
    expect(sent).toEqual([
      { name: 'storeChanged', payload: { tables: ['run'] } },
      { name: 'storeChanged', payload: { tables: ['profile', 'run', 'history'] } },
    ]);
  });

  it('passes other events as they are', () => {
    const { sent, throttle } = record();
    throttle.emit('command', { id: 'a' });
    throttle.emit('command', { id: 'a' });
    expect(sent).toHaveLength(2);
  });
});
