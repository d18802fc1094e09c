import { describe, expect, it } from 'vitest';
import { runCalls } from '../../../preload/contract/run.ts';
import { call, parkedRun, receiveAll } from './workspace.ts';

/** An edit of the first message as the contract reads it. */
const edit = (part: object) => runCalls.editMessage.input.parse({ n: 1, body: '{}', ...part });

describe('editing a parked message', () => {
  it('sends the new body with the same attributes at the next retry, and nothing else changes', async () => {
    const { workspace, id } = await parkedRun();
    const body = '{"data":{"user_id":"user0","big":9007199254740993},"meta":{}}';
    const edited = await workspace.run.editMessage(edit({ id, body }), call());
    expect(edited).toMatchObject({ n: 1, problems: [] });
    expect(await workspace.run.show({ id }, call())).toMatchObject({ parked: 2, pending: 0 });
    expect(await workspace.run.message({ id, n: 1 }, call())).toMatchObject({ state: 'parked', body });

    await workspace.run.retry({ id }, call());
    expect(await workspace.wait(id)).toMatchObject({ state: 'completed_with_errors', sent: 2, parked: 1 });
    const received = await receiveAll(workspace.sandbox);
    const sent = received.find(({ userId }) => userId === 'user0');
    expect(sent?.body).toBe(body);
    expect(sent?.message.MessageAttributes?.email?.StringValue).toBe('user0@example.org');
    expect(received.map(({ userId }) => userId).sort()).toEqual(['user0', 'user2']);
  });

  it('refuses a body that the queue would refuse, and keeps the one there was', async () => {
    const { workspace, id } = await parkedRun();
    const before = await workspace.run.message({ id, n: 1 }, call());
    for (const body of ['', 'y'.repeat(1025), 'half \ud800']) {
      await expect(workspace.run.editMessage(edit({ id, body }), call())).rejects.toMatchObject({
        code: 'MESSAGE_INVALID',
      });
    }
    expect(await workspace.run.message({ id, n: 1 }, call())).toEqual(before);
    const { problems } = await workspace.run.editMessage(edit({ id, body: 'plain text' }), call());
    expect(problems).toMatchObject([{ severity: 'warning', code: 'BODY_NOT_JSON' }]);
  });

  it('sends new attributes in place of the old ones, and refuses those that the queue would', async () => {
    const { workspace, id } = await parkedRun();
    const twice = { name: 'city', type: 'String', value: 'Köln' };
    await expect(
      workspace.run.editMessage(edit({ id, attributes: [twice, twice] }), call()),
    ).rejects.toMatchObject({ code: 'MESSAGE_INVALID' });
    const body = '{"data":{"user_id":"user0"}}';
    await workspace.run.editMessage(edit({ id, body, attributes: [twice] }), call());
    await workspace.run.retry({ id }, call());
    await workspace.wait(id);
    const sent = (await receiveAll(workspace.sandbox)).find(({ userId }) => userId === 'user0');
    expect(Object.entries(sent?.message.MessageAttributes ?? {})).toMatchObject([
      ['city', { StringValue: 'Köln' }],
    ]);
  });

  it('only checks in a dry run: errors and the queue’s own limit are answered, nothing is stored', async () => {
    const { workspace, id } = await parkedRun();
    const before = await workspace.run.message({ id, n: 1 }, call());
    const body = 'y'.repeat(1025);
    const checked = await workspace.run.editMessage(edit({ id, body, dryRun: true }), call());
    expect(checked).toMatchObject({ n: 1, limitBytes: 1024 });
    expect(checked.problems.map(({ code }) => code)).toContain('MESSAGE_TOO_LARGE');
    expect(await workspace.run.message({ id, n: 1 }, call())).toEqual(before);
  });

  it('refuses a message that was sent, that is not there, and a run that is not there', async () => {
    const { workspace, id } = await parkedRun();
    const refused = (target: object) => workspace.run.editMessage(edit({ id, ...target }), call());
    await expect(refused({ n: 3 })).rejects.toMatchObject({ code: 'RUN_STATE', detail: { state: 'sent' } });
    await expect(refused({ n: 99 })).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(refused({ id: 'none' })).rejects.toMatchObject({ code: 'RUN_NOT_FOUND' });
  });
});
