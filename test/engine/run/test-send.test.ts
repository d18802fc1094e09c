import { hash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { sendTest } from '../../../main/engine/run/test-send.ts';
import { messageCalls } from '../../../preload/contract/message.ts';
import { addWorkflow, call, entering, fill, openWorkspace, receiveAll, type Workspace } from './workspace.ts';

const coded = (code: string) => expect.objectContaining({ name: 'SegueError', code });

async function workspaceWith(workflow: Record<string, unknown> = {}) {
  const workspace = await openWorkspace();
  fill(workspace, entering(2));
  addWorkflow(workspace, workflow);
  return workspace;
}

const send = ({ engine }: Workspace, more: object = {}) =>
  sendTest(engine, messageCalls.send.input.parse({ workflow: 'Triggers', userId: 'user1', ...more }), call());

describe('a test send', () => {
  it('sends one message, answers with what the queue said, and is journalled as a run', async () => {
    const workspace = await workspaceWith({ attributes: [{ field: 'email' }] });
    const result = await send(workspace, { shape: 'exit-enter', audiences: ['loyal'] });
    const [received] = await receiveAll(workspace.sandbox);
    expect(received?.body).toBe(result.body);
    expect(result).toMatchObject({ messageId: received?.message.MessageId, md5: hash('md5', result.body) });
    expect(JSON.parse(result.body).data.segment_events.map(({ event }: { event: string }) => event)).toEqual([
      'exit',
      'enter',
    ]);
    expect(received?.message.MessageAttributes?.email?.StringValue).toBe('user1@example.org');
    expect(await workspace.run.show({ id: result.runId }, call())).toMatchObject({
      kind: 'test',
      state: 'completed',
      planned: 1,
      sent: 1,
    });
    expect(await workspace.run.message({ id: result.runId, n: 1 }, call())).toMatchObject({
      body: result.body,
      bytes: result.bytes,
      attributes: result.attributes,
      messageId: result.messageId,
    });
  });

  it('sends an edited body as it is', async () => {
    const workspace = await workspaceWith();
    const body = '{"data":{"user_id":"user1"},  "edited":true}';
    await send(workspace, { body });
    expect((await receiveAll(workspace.sandbox))[0]?.body).toBe(body);
  });

  it('may be repeated at once to a FIFO queue', async () => {
    const workspace = await workspaceWith({ queueUrl: 'sandbox:triggers.fifo' });
    await send(workspace);
    const second = await send(workspace);
    expect(second.sequenceNumber).not.toBeNull();
    expect(await receiveAll(workspace.sandbox, 'triggers.fifo')).toHaveLength(2);
  });

  it('is refused with its code for production, an invalid message, and an unknown user', async () => {
    const workspace = await workspaceWith({ environment: 'production' });
    await expect(send(workspace)).rejects.toEqual(coded('CONFIRMATION_REQUIRED'));
    const sure = { confirm: 'Triggers' };
    await expect(send(workspace, { ...sure, body: 'a\u0001' })).rejects.toEqual(coded('MESSAGE_INVALID'));
    await expect(send(workspace, { ...sure, userId: 'nobody' })).rejects.toEqual(coded('PROFILE_NOT_FOUND'));
    expect(workspace.sandbox.stats.sent).toBe(0);
  });

  it('without an answer is a failed run with a possible duplicate', async () => {
    const workspace = await workspaceWith();
    await workspace.sandbox.createQueue('triggers');
    workspace.sandbox.setFaults({ drop: 1 });
    await expect(send(workspace)).rejects.toEqual(coded('QUEUE_UNREACHABLE'));
    expect((await receiveAll(workspace.sandbox)).length).toBe(1);
    const { rows } = await workspace.run.list({ cursor: null, limit: 10 }, call());
    expect(rows).toEqual([expect.objectContaining({ state: 'failed', failed: 1, possibleDuplicates: 1 })]);
  });
});
