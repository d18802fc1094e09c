import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { startDispatch } from '../../../main/engine/dispatch/dispatcher.ts';
import type { SourceItem } from '../../../main/engine/dispatch/outgoing.ts';
import type { JournalStep, Settlement } from '../../../main/engine/dispatch/ports.ts';
import type { Accepted, BatchOutcome, QueueEntry, Verdict } from '../../../main/engine/queue/queue-client.ts';

/** The journal as a table in memory, with the rule that every journal must keep: what leaves is leased first. */
function memoryJournal() {
  const settled = new Map<number, Settlement>();
  const leases = new Map<number, readonly number[]>();
  return {
    settled,
    leases,
    commit: (step: JournalStep) => {
      for (const one of step.settled) settled.set(one.n, one);
      for (const id of step.ended) leases.delete(id);
      for (const { id, messages } of step.leased)
        leases.set(
          id,
          messages.map(({ n }) => n),
        );
    },
    flush: () => Promise.resolve(),
  };
}

function source(count: number, groupOf: (n: number) => string | undefined) {
  let next = 1;
  return (limit: number): SourceItem[] => {
    const items: SourceItem[] = [];
    for (; next <= count && items.length < limit; next += 1) {
      const groupId = groupOf(next);
      items.push({
        kind: 'send',
        message: {
          n: next,
          entry: { body: String(next), attributes: [], ...(groupId === undefined ? {} : { groupId }) },
          bytes: 10,
          attempts: 0,
          failures: 0,
          failedSinceMs: undefined,
          doubt: false,
        },
      });
    }
    return items;
  };
}

const base = { code: 'C', message: 'M' };
const OPTIONS = {
  concurrency: 4,
  rate: null,
  stopAfter: null,
  ordered: false,
  heldGroups: [],
  maximumBatchBytes: 1_048_576,
  cursor: 1,
};
const clock = () => performance.now();

/** What the queue does with a call or an entry; `lost` stores it and loses the reply. */
type Fate = 'ok' | 'throttle' | 'lost' | 'reset' | 'entry' | 'park';

describe('the dispatcher', () => {
  it.each([false, true])(
    'settles every message once, doubles only what it says, and keeps order where asked (ordered: %s)',
    async (ordered) => {
      const fates = fc.infiniteStream(
        fc.constantFrom<Fate>('ok', 'ok', 'ok', 'ok', 'throttle', 'lost', 'reset', 'entry', 'park'),
      );
      await fc.assert(
        fc.asyncProperty(fc.integer({ min: 0, max: 150 }), fates, async (count, stream) => {
          const journal = memoryJournal();
          const arrived: number[] = [];
          const fate = () => stream.next().value ?? 'ok';
          const sendBatch = async (entries: readonly QueueEntry[]): Promise<BatchOutcome> => {
            const ns = entries.map(({ body }) => Number(body));
            const leased = [...journal.leases.values()].flat();
            for (const n of ns) expect(leased).toContain(n);
            if (ordered) expect(new Set(entries.map(({ groupId }) => groupId)).size).toBe(entries.length);
            await Promise.resolve();
            const whole = fate();
            if (whole === 'throttle') return { kind: 'refused', verdict: { kind: 'retry_slow', ...base } };
            if (whole === 'reset' || whole === 'lost') {
              if (whole === 'lost') arrived.push(...ns);
              return { kind: 'refused', verdict: { kind: 'retry_unknown_outcome', reached: true, ...base } };
            }
            if (whole === 'park') return { kind: 'refused', verdict: { kind: 'park', ...base } };
            const outcomes = ns.map((n): Accepted | Verdict => {
              const one = fate();
              if (one === 'entry') return { kind: 'retry_entry', ...base };
              if (one === 'park') return { kind: 'park', ...base };
              arrived.push(n);
              return { kind: 'sent', messageId: `m${n}`, md5: '', sequenceNumber: null };
            });
            return { kind: 'answered', outcomes };
          };
          const read = source(count, (n) => (ordered ? `g${n % 3}` : undefined));
          const end = await startDispatch(
            {
              client: { sendBatch },
              read,
              commit: journal.commit,
              flush: journal.flush,
              clock,
              random: () => 0,
            },
            { ...OPTIONS, ordered },
          ).ended;
          // A queue that refuses again and again may pause the run; what is pending is then still in the journal.
          if (end.kind === 'completed') {
            expect([...journal.settled.values()].filter(({ state }) => state === 'pending')).toEqual([]);
            expect(journal.settled.size).toBe(count);
          }
          expect(end.unsettled).toBe(false);
          expect(journal.leases.size).toBe(0);
          for (const { n, state, doubt } of journal.settled.values()) {
            const copies = arrived.filter((other) => other === n).length;
            if (state === 'sent') expect(copies).toBeGreaterThan(0);
            if (copies > 1) expect(doubt).toBe(true);
          }
          if (ordered) {
            const firsts = [...new Set(arrived)];
            for (const group of [0, 1, 2]) {
              const ofGroup = firsts.filter((n) => n % 3 === group);
              expect(ofGroup).toEqual(ofGroup.toSorted((a, b) => a - b));
            }
          }
        }),
        { numRuns: 60 },
      );
    },
  );

  it('never has more requests in flight than allowed, and sends nothing after a stop', async () => {
    const journal = memoryJournal();
    let open = 0;
    let most = 0;
    let calls = 0;
    const dispatcher = startDispatch(
      {
        client: {
          async sendBatch(entries) {
            open += 1;
            calls += 1;
            most = Math.max(most, open);
            if (calls === 10) dispatcher.stop('paused', 'enough');
            await new Promise((resolve) => setImmediate(resolve));
            open -= 1;
            return {
              kind: 'answered',
              outcomes: entries.map(() => ({ kind: 'sent', messageId: 'm', md5: '', sequenceNumber: null })),
            };
          },
        },
        read: source(1000, () => undefined),
        commit: journal.commit,
        flush: journal.flush,
        clock,
        random: () => 0,
      },
      OPTIONS,
    );
    expect(await dispatcher.ended).toEqual({ kind: 'paused', reason: 'enough', unsettled: false });
    expect(most).toBe(4);
    expect(calls).toBeLessThan(10 + 4);
    expect(journal.settled.size).toBe(calls * 10);
    expect(journal.leases.size).toBe(0);
  });

  it('splits a batch that is refused as a whole until the message at fault stands alone', async () => {
    const journal = memoryJournal();
    const dispatcher = startDispatch(
      {
        client: {
          sendBatch: (entries) =>
            Promise.resolve(
              entries.some(({ body }) => body === '7')
                ? { kind: 'refused', verdict: { kind: 'park', code: 'BatchRequestTooLong', message: 'M' } }
                : {
                    kind: 'answered',
                    outcomes: entries.map(() => ({
                      kind: 'sent',
                      messageId: 'm',
                      md5: '',
                      sequenceNumber: null,
                    })),
                  },
            ),
        },
        read: source(20, () => undefined),
        commit: journal.commit,
        flush: journal.flush,
        clock,
        random: () => 0,
      },
      OPTIONS,
    );
    await dispatcher.ended;
    const states = new Map([...journal.settled].map(([n, { state }]) => [n, state]));
    expect([...states].filter(([, state]) => state === 'parked')).toEqual([[7, 'parked']]);
    expect([...states.values()].filter((state) => state === 'sent')).toHaveLength(19);
  });

  it('sends nothing whose lease does not reach the disk, and leaves no lease behind', async () => {
    const journal = memoryJournal();
    let flushes = 0;
    let calls = 0;
    const dispatcher = startDispatch(
      {
        client: {
          sendBatch(entries) {
            calls += 1;
            return Promise.resolve({
              kind: 'answered',
              outcomes: entries.map(() => ({ kind: 'sent', messageId: 'm', md5: '', sequenceNumber: null })),
            });
          },
        },
        read: source(100, () => undefined),
        commit: journal.commit,
        flush() {
          flushes += 1;
          return flushes < 2 ? Promise.resolve() : Promise.reject(new Error('no space left on device'));
        },
        clock,
        random: () => 0,
      },
      { ...OPTIONS, concurrency: 1 },
    );
    const end = await dispatcher.ended;
    expect(end).toMatchObject({ kind: 'paused', reason: expect.stringContaining('no space left') });
    expect(calls).toBe(1);
    expect(end.unsettled).toBe(false);
    expect(journal.leases.size).toBe(0);
    expect([...journal.settled.values()].map(({ state }) => state)).toEqual(
      Array.from({ length: 10 }, () => 'sent'),
    );
  });
});
