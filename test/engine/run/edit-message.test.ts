import { describe, expect, it } from 'vitest';
import { runRequest } from '../../../preload/contract/run.ts';
import { addWorkflow, call, entering, fill, openWorkspace, receiveAll } from './workspace.ts';

/** A run to a queue that takes 1 KB, with every message above that and so parked. */
async function parkedRun() {
  const workspace = await openWorkspace();
  fill(workspace, entering(3));
  const text = 'x'.repeat(2000);
  workspace.store.db
    .prepare("UPDATE profile SET body = json_set(body, '$.text', ?) WHERE user_id != 'user2'")
    .run(text);
  addWorkflow(workspace, { attributes: [{ field: 'email' }] });
  await workspace.sandbox.createQueue('triggers', { MaximumMessageSize: '1024' });
  const { id } = await workspace.run.start(
    runRequest.parse({ workflow: 'Triggers', kind: 'replay' }),
    call(),
  );
  expect(await workspace.wait(id)).toMatchObject({ state: 'completed_with_errors', sent: 1, parked: 2 });
  return { workspace, id };
}

describe('editing a parked message', () => {
  it('sends the new body with the same attributes at the next retry, and nothing else changes', async () => {
    const { workspace, id } = await parkedRun();
    const body = '{"data":{"user_id":"user0","big":9007199254740993},"meta":{}}';
    const edited = await workspace.run.editMessage({ id, n: 1, body }, call());
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
      await expect(workspace.run.editMessage({ id, n: 1, body }, call())).rejects.toMatchObject({
        code: 'MESSAGE_INVALID',
      });
    }
    expect(await workspace.run.message({ id, n: 1 }, call())).toEqual(before);
    const { problems } = await workspace.run.editMessage({ id, n: 1, body: 'plain text' }, call());
    expect(problems).toMatchObject([{ severity: 'warning', code: 'BODY_NOT_JSON' }]);
  });

  it('refuses a message that was sent, that is not there, and a run that is not there', async () => {
    const { workspace, id } = await parkedRun();
    const edit = (target: object) => workspace.run.editMessage({ id, n: 1, body: '{}', ...target }, call());
    await expect(edit({ n: 3 })).rejects.toMatchObject({ code: 'RUN_STATE', detail: { state: 'sent' } });
    await expect(edit({ n: 99 })).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(edit({ id: 'none' })).rejects.toMatchObject({ code: 'RUN_NOT_FOUND' });
  });
});
