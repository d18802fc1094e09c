import { describe, expect, it } from 'vitest';
import { runRequest } from '../../../preload/contract/run.ts';
import {
  addWorkflow,
  allMessages,
  type ChangeSpec,
  call,
  DAY,
  fill,
  openWorkspace,
  receiveAll,
} from './workspace.ts';

const replay = runRequest.parse({ workflow: 'Triggers', kind: 'replay' });

/** Users who go in and out of an audience, their changes woven into one another. */
const wanderers = (users: number, steps: number): ChangeSpec[] =>
  Array.from({ length: users * steps }, (_, i) => ({
    userId: `user${i % users}`,
    atMs: DAY + i * 1000,
    event: Math.floor(i / users) % 2 === 0 ? ('enter' as const) : ('exit' as const),
  }));

async function fifoWorkspace() {
  const workspace = await openWorkspace({ sandbox: { fifoCallsPerSecond: 100_000 } });
  addWorkflow(workspace, { queueUrl: 'sandbox:triggers.fifo' });
  await workspace.sandbox.createQueue('triggers.fifo', { FifoQueue: 'true' });
  return workspace;
}

const timesByUser = (received: Awaited<ReturnType<typeof receiveAll>>) => {
  const times = new Map<string, string[]>();
  for (const { userId, body } of received) {
    times.set(userId, [...(times.get(userId) ?? []), JSON.parse(body).meta.timestamp]);
  }
  return times;
};

describe('a run to a FIFO queue', () => {
  it.each([
    ['without faults', {}],
    [
      'through throttling, errors, resets, dropped replies and half-failed batches',
      { throttle: 0.1, error: 0.05, errorAfter: 0.05, reset: 0.05, drop: 0.05, partial: 0.1 },
    ],
  ])('keeps the order of each profile and sends everything once %s', async (_what, faults) => {
    const workspace = await fifoWorkspace();
    fill(workspace, wanderers(10, 8));
    workspace.sandbox.setFaults({ seed: 3, ...faults });
    const { id } = await workspace.run.start(replay, call());
    expect(await workspace.wait(id)).toMatchObject({ state: 'completed', sent: 80 });
    const times = timesByUser(await receiveAll(workspace.sandbox, 'triggers.fifo'));
    expect(times.size).toBe(10);
    for (const list of times.values()) {
      expect(list).toHaveLength(8);
      expect(list).toEqual(list.toSorted());
    }
  });

  it.each([
    ['of another audience', { audiences: ['loyal'] }],
    ['that was not sent yet', { notSent: true }],
  ])(
    'is not taken for a double of what it sent of a user and instant: the part %s arrives too',
    async (_what, rest) => {
      const workspace = await fifoWorkspace();
      fill(workspace, [
        { userId: 'user0', atMs: DAY },
        { userId: 'user0', atMs: DAY, audience: 2 },
      ]);
      const send = async (selection: object) => {
        const request = { workflow: 'Triggers', kind: 'replay', selection };
        const { id } = await workspace.run.start(runRequest.parse(request), call());
        expect(await workspace.wait(id)).toMatchObject({ state: 'completed', sent: 1 });
      };
      await send({ audiences: ['at_risk'] });
      await send(rest);
      const slugs = (await receiveAll(workspace.sandbox, 'triggers.fifo')).map(({ body }) =>
        JSON.parse(body).data.segment_events.map(({ slug }: { slug: string }) => slug),
      );
      expect(slugs).toEqual([['at_risk'], ['loyal']]);
    },
  );

  it('holds the group of a message that was refused, and sends both in order on retry', async () => {
    const workspace = await fifoWorkspace();
    fill(workspace, wanderers(5, 6));
    workspace.sandbox.setFaults({ seed: 11, partialSender: 0.2 });
    const { id } = await workspace.run.start(replay, call());
    const row = await workspace.wait(id);
    expect(row.state).toBe('completed_with_errors');
    const messages = await allMessages(workspace, id);
    const refused = messages.filter(({ errorCode }) => errorCode === 'InvalidParameterValue');
    expect(refused.length).toBeGreaterThan(0);
    for (const { userId, n } of refused) {
      const later = messages.filter((one) => one.userId === userId && one.n > n);
      expect(later.every(({ state, errorCode }) => state === 'parked' && errorCode === 'HeldByGroup')).toBe(
        true,
      );
    }

    workspace.sandbox.setFaults({});
    await workspace.run.retry({ id }, call());
    expect(await workspace.wait(id)).toMatchObject({ state: 'completed', sent: 30, parked: 0 });
    for (const list of timesByUser(await receiveAll(workspace.sandbox, 'triggers.fifo')).values()) {
      expect(list).toEqual(list.toSorted());
    }
  });
});
