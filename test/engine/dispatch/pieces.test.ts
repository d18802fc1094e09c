import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { backoffMs } from '../../../main/engine/dispatch/backoff.ts';
import { createConcurrencyControl } from '../../../main/engine/dispatch/concurrency.ts';
import { createLanes } from '../../../main/engine/dispatch/lanes.ts';
import { fillBatch, type Outgoing, splitBatch } from '../../../main/engine/dispatch/outgoing.ts';
import { decide, MAX_FAILURES } from '../../../main/engine/dispatch/policy.ts';
import { createProgressMark } from '../../../main/engine/dispatch/progress-mark.ts';
import { createRetries } from '../../../main/engine/dispatch/retries.ts';
import type { Verdict } from '../../../main/engine/queue/queue-client.ts';

const outgoing = (n: number, more: { bytes?: number; groupId?: string } = {}): Outgoing => ({
  n,
  entry: { body: `${n}`, attributes: [], ...(more.groupId === undefined ? {} : { groupId: more.groupId }) },
  bytes: more.bytes ?? 1,
  attempts: 0,
  failures: 0,
  failedSinceMs: undefined,
  doubt: false,
});
const numbers = (messages: readonly Outgoing[]) => messages.map(({ n }) => n);

describe('batches', () => {
  it('are filled up to ten entries and the bytes of a call, and never empty', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 1_048_576 }), { minLength: 1 }), (sizes) => {
        const messages = sizes.map((bytes, n) => outgoing(n, { bytes }));
        const count = fillBatch(messages, 10, 1_048_576);
        const bytes = (upTo: number) => sizes.slice(0, upTo).reduce((a, b) => a + b, 0);
        expect(count).toBeGreaterThan(0);
        expect(count).toBeLessThanOrEqual(10);
        expect(bytes(count)).toBeLessThanOrEqual(1_048_576);
        if (count < 10 && count < sizes.length) expect(bytes(count + 1)).toBeGreaterThan(1_048_576);
      }),
    );
  });

  it('are split in two halves that hold the same messages in order', () => {
    const [first, second] = splitBatch([1, 2, 3, 4, 5].map((n) => outgoing(n)));
    expect([numbers(first), numbers(second)]).toEqual([
      [1, 2, 3],
      [4, 5],
    ]);
  });
});

describe('back-off', () => {
  it('is jittered over the whole range, grows with failures and stays under its cap', () => {
    expect(backoffMs(1, 0)).toBe(0);
    expect(backoffMs(1, 0.5)).toBe(50);
    expect(backoffMs(3, 0.5)).toBe(200);
    expect(backoffMs(1000, 0.999)).toBeLessThan(5000);
  });
});

describe('concurrency', () => {
  it('starts at its maximum, halves at throttling once per round, and climbs back by one per round', () => {
    const control = createConcurrencyControl(16);
    expect(control.limit()).toBe(16);
    control.throttled(0, 100);
    control.throttled(50, 110);
    expect(control.limit()).toBe(8);
    control.throttled(200, 300);
    expect(control.limit()).toBe(4);
    for (let i = 0; i < 5; i += 1) control.succeeded(400, 405);
    expect(control.limit()).toBe(5);
    for (let i = 0; i < 1000; i += 1) control.succeeded(400, 405);
    expect(control.limit()).toBe(16);
  });

  it('goes down when latency grows to several times its best, and never below one', () => {
    const control = createConcurrencyControl(16);
    control.succeeded(0, 20);
    for (let round = 1; round < 200; round += 1) control.succeeded(round * 1000, round * 1000 + 900);
    expect(control.limit()).toBe(1);
  });

  it('takes no notice of a slow queue that was always as slow', () => {
    const control = createConcurrencyControl(16);
    for (let round = 1; round < 200; round += 1) control.succeeded(round * 1000, round * 1000 + 900);
    expect(control.limit()).toBe(16);
  });
});

describe('lanes', () => {
  it('let one message of a group out at a time, in order, whatever happens to the others', () => {
    const groups = fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 60 });
    fc.assert(
      fc.property(groups, fc.infiniteStream(fc.integer({ min: 0, max: 9 })), (groupOf, choices) => {
        const lanes = createLanes(true);
        for (const [n, group] of groupOf.entries()) lanes.add(outgoing(n, { groupId: `g${group}` }));
        const left: Outgoing[] = [];
        let away: Outgoing[] = [];
        while (lanes.size() > 0 || away.length > 0) {
          away.push(...lanes.take(1 + ((choices.next().value ?? 0) % 3)));
          expect(new Set(away.map(({ entry }) => entry.groupId)).size).toBe(away.length);
          const index = (choices.next().value ?? 0) % away.length;
          const arrived = away[index];
          if (arrived === undefined) throw new Error('Nothing is away.');
          away = away.filter((message) => message !== arrived);
          left.push(arrived);
          lanes.release(arrived);
        }
        for (const group of new Set(groupOf)) {
          const ofGroup = numbers(left.filter(({ entry }) => entry.groupId === `g${group}`));
          expect(ofGroup).toEqual(ofGroup.toSorted((a, b) => a - b));
        }
        expect(left).toHaveLength(groupOf.length);
      }),
    );
  });

  it('give back who waited behind a message that is held, and know the group as held', () => {
    const lanes = createLanes(true);
    for (const n of [1, 2, 3]) lanes.add(outgoing(n, { groupId: 'g' }));
    lanes.take(1);
    expect(numbers(lanes.hold('g'))).toEqual([2, 3]);
    expect(lanes.isHeld('g')).toBe(true);
    expect(lanes.size()).toBe(0);
  });

  it('are one line without groups to keep', () => {
    const lanes = createLanes(false);
    for (const n of [1, 2, 3]) lanes.add(outgoing(n, { groupId: 'tenant' }));
    expect(numbers(lanes.take(10))).toEqual([1, 2, 3]);
  });
});

describe('retries', () => {
  it('come when they are due, merged up to ten, but a half of a refused batch alone', () => {
    const retries = createRetries();
    retries.add([outgoing(1), outgoing(2)], 30);
    retries.add([outgoing(3)], 10);
    retries.add([outgoing(4), outgoing(5)], 20, true);
    expect(retries.nextDueMs()).toBe(10);
    expect(retries.take(5, 10, 100)).toEqual([]);
    expect(numbers(retries.take(100, 10, 100))).toEqual([3]);
    expect(numbers(retries.take(100, 10, 100))).toEqual([4, 5]);
    retries.add([outgoing(6)], 40);
    expect(numbers(retries.take(100, 10, 100))).toEqual([1, 2, 6]);
    expect(retries.nextDueMs()).toBeUndefined();
  });

  it('give as many as fit, and keep the rest', () => {
    const retries = createRetries();
    retries.add([outgoing(1, { bytes: 60 }), outgoing(2, { bytes: 60 })], 0);
    expect(numbers(retries.take(0, 10, 100))).toEqual([1]);
    expect(numbers(retries.take(0, 10, 100))).toEqual([2]);
  });
});

describe('the journal’s cursor', () => {
  it('never passes a number that is still open', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.integer({ min: 1, max: 1000 }), { minLength: 1 }),
        fc.infiniteStream(fc.nat()),
        (ns, picks) => {
          const ascending = ns.toSorted((a, b) => a - b);
          const mark = createProgressMark(1);
          for (const n of ascending) mark.read(n);
          let open = ascending;
          while (open.length > 0) {
            expect(mark.cursor()).toBeLessThanOrEqual(open[0] ?? 0);
            const n = open[(picks.next().value ?? 0) % open.length] ?? 0;
            open = open.filter((other) => other !== n);
            mark.settled(n);
          }
          expect(mark.cursor()).toBe((ascending.at(-1) ?? 0) + 1);
        },
      ),
    );
  });
});

describe('what follows from a verdict', () => {
  const base = { code: 'C', message: 'M' };
  it.each<[string, Verdict, number, boolean, object]>([
    [
      'throttled, however often',
      { kind: 'retry_slow', ...base },
      500,
      false,
      { action: 'retry', doubt: false },
    ],
    [
      'an entry of the service’s fault',
      { kind: 'retry_entry', ...base },
      1,
      false,
      { action: 'retry', doubt: false },
    ],
    [
      'the same, too often',
      { kind: 'retry_entry', ...base },
      MAX_FAILURES,
      true,
      { action: 'give_up', state: 'parked', doubt: false },
    ],
    [
      'no answer',
      { kind: 'retry_unknown_outcome', reached: true, ...base },
      1,
      false,
      { action: 'retry', doubt: true },
    ],
    [
      'no connection',
      { kind: 'retry_unknown_outcome', reached: false, ...base },
      1,
      false,
      { action: 'retry', doubt: false },
    ],
    [
      'no answer too often, others get one',
      { kind: 'retry_unknown_outcome', reached: true, ...base },
      MAX_FAILURES,
      true,
      { action: 'give_up', state: 'parked', doubt: true },
    ],
    [
      'no answer too often, nobody gets one',
      { kind: 'retry_unknown_outcome', reached: true, ...base },
      MAX_FAILURES,
      false,
      { action: 'stop', kind: 'paused' },
    ],
    ['refused', { kind: 'park', ...base }, 1, false, { action: 'give_up', state: 'parked', doubt: false }],
    [
      'wrong checksum',
      { kind: 'flag_md5', messageId: 'x', ...base },
      1,
      false,
      { action: 'give_up', state: 'failed', doubt: true },
    ],
    ['no such queue', { kind: 'stop', ...base }, 1, false, { action: 'stop', kind: 'stopped', doubt: false }],
    [
      'credentials refused',
      { kind: 'pause_credentials', ...base },
      1,
      false,
      { action: 'stop', kind: 'paused', doubt: false },
    ],
  ])('%s', (_what, verdict, failures, acceptedSince, decision) => {
    expect(decide(verdict, failures, acceptedSince)).toMatchObject(decision);
  });
});
