import { describe, expect, it } from 'vitest';
import type { FaultSpec } from '../../../main/engine/sandbox/fault-spec.ts';
import { runRequest } from '../../../preload/contract/run.ts';
import {
  addWorkflow,
  allMessages,
  call,
  countByUser,
  entering,
  fill,
  openWorkspace,
  receiveAll,
} from './workspace.ts';

const replay = (options: object = {}) => runRequest.parse({ workflow: 'Triggers', kind: 'replay', options });
const MESSAGES = 600;

async function replayUnder(faults: FaultSpec, options: object = {}) {
  const workspace = await openWorkspace();
  fill(workspace, entering(MESSAGES));
  addWorkflow(workspace);
  await workspace.sandbox.createQueue('triggers');
  workspace.sandbox.setFaults({ seed: 5, ...faults });
  const { id } = await workspace.run.start(replay(options), call());
  const row = await workspace.wait(id);
  const injected = workspace.sandbox.stats.faults;
  return { workspace, row, injected, counts: countByUser(await receiveAll(workspace.sandbox)) };
}

describe('a run through faults', () => {
  it.each<[string, FaultSpec]>([
    ['throttled requests', { throttle: 0.3 }],
    ['requests that KMS throttles', { kms: 0.3 }],
    ['entries that fail for a reason of the service', { partial: 0.2 }],
  ])('loses and doubles nothing with %s', async (_what, faults) => {
    const { row, counts, injected } = await replayUnder(faults);
    expect(row).toMatchObject({ state: 'completed', sent: MESSAGES, possibleDuplicates: 0 });
    expect(row.retries).toBeGreaterThan(0);
    expect(Object.values(injected).reduce((a, b) => a + b, 0)).toBeGreaterThan(0);
    expect(counts.size).toBe(MESSAGES);
    expect(Math.max(...counts.values())).toBe(1);
  });

  it.each<[string, FaultSpec]>([
    ['a 500 before the request is carried out', { error: 0.15 }],
    ['a 500 after the request is carried out', { errorAfter: 0.15 }],
    ['connections reset before', { reset: 0.15 }],
    ['replies dropped after', { drop: 0.15 }],
    [
      'everything at once',
      { throttle: 0.05, error: 0.05, errorAfter: 0.05, reset: 0.05, drop: 0.05, partial: 0.05 },
    ],
  ])('loses nothing with %s, and names every double', async (_what, faults) => {
    const { workspace, row, counts } = await replayUnder(faults);
    expect(row).toMatchObject({ state: 'completed', sent: MESSAGES, pending: 0 });
    expect(counts.size).toBe(MESSAGES);
    const messages = await allMessages(workspace, row.id);
    const possible = new Set(messages.filter((one) => one.possibleDuplicate).map((one) => one.userId));
    expect(possible.size).toBe(row.possibleDuplicates);
    const doubled = [...counts].filter(([, count]) => count > 1);
    expect(doubled.every(([userId]) => possible.has(userId))).toBe(true);
    if (faults.errorAfter !== undefined || faults.drop !== undefined)
      expect(doubled.length).toBeGreaterThan(0);
  });

  it('flags a wrong checksum as failed, with its message id, and does not send the message again', async () => {
    const { workspace, row, counts } = await replayUnder({ md5: 0.2 });
    expect(row.state).toBe('completed_with_errors');
    expect(row.failed).toBeGreaterThan(0);
    expect(row.sent + row.failed).toBe(MESSAGES);
    expect(Math.max(...counts.values())).toBe(1);
    const failed = (await allMessages(workspace, row.id)).filter(({ state }) => state === 'failed');
    expect(failed).toHaveLength(row.failed);
    expect(
      failed.every(({ errorCode, messageId }) => errorCode === 'Md5Mismatch' && messageId !== null),
    ).toBe(true);
  });

  it('parks what the queue refuses, says why, and sends it on retry', async () => {
    const { workspace, row } = await replayUnder({ partialSender: 0.1 });
    expect(row.state).toBe('completed_with_errors');
    expect(row.parked).toBeGreaterThan(0);
    const { errors } = await workspace.run.show({ id: row.id }, call());
    expect(errors).toEqual([expect.objectContaining({ code: 'InvalidParameterValue', count: row.parked })]);
    const parked = await workspace.run.messages(
      { id: row.id, state: 'parked', cursor: null, limit: 500 },
      call(),
    );
    expect(parked.rows).toHaveLength(row.parked);

    await workspace.run.retry({ id: row.id }, call());
    expect(await workspace.wait(row.id)).toMatchObject({ state: 'completed', sent: MESSAGES, parked: 0 });
    expect(workspace.sandbox.stats.sent).toBe(MESSAGES);
  });

  it('pauses when a queue answers nothing but errors, instead of parking everything', async () => {
    const { workspace, row } = await replayUnder({ error: 1 });
    expect(row).toMatchObject({ state: 'paused', sent: 0, parked: 0, pending: MESSAGES });
    expect(row.reason).toContain('The queue gives no answer');
    await workspace.run.resume({ id: row.id }, call());
    expect(await workspace.wait(row.id)).toMatchObject({ state: 'completed', sent: MESSAGES });
  });

  it('pauses after as many failures as were allowed', async () => {
    const { row } = await replayUnder({ partialSender: 1 }, { stopAfter: 5, concurrency: 1 });
    expect(row).toMatchObject({ state: 'paused', sent: 0 });
    expect(row.parked).toBeGreaterThanOrEqual(5);
    expect(row.parked).toBeLessThanOrEqual(15);
    expect(row.reason).toContain('failed messages');
  });
});
