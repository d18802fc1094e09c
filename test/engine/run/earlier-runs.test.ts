import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { exportBundle } from '../../../main/engine/bundle/export.ts';
import { openBundle } from '../../../main/engine/bundle/open.ts';
import { insertChanges } from '../../../main/engine/history/insert.ts';
import { requireWorkflow, saveWorkflow } from '../../../main/engine/workflow/store.ts';
import { bundleCalls } from '../../../preload/contract/bundle.ts';
import { runRequest } from '../../../preload/contract/run.ts';
import {
  addWorkflow,
  attachWorkspace,
  call,
  DAY,
  entering,
  fill,
  folder,
  openWorkspace,
  receiveAll,
  type Workspace,
} from './workspace.ts';

const replay = (selection: object, options: object = {}, kind = 'replay') =>
  runRequest.parse({ workflow: 'Triggers', kind, selection, options });

async function send(workspace: Workspace, selection: object, options: object = {}) {
  const { id } = await workspace.run.start(replay(selection, options), call());
  return workspace.wait(id);
}

const usersOf = (workspace: Workspace) =>
  workspace.store.db
    .prepare<[string], string>(
      'SELECT user_id FROM run_message JOIN run ON run.id = run_id WHERE key = ? ORDER BY n',
    )
    .pluck();

/** Users 0 to 2 enter; the queue takes 1 KB, and what the first two have is longer. */
async function withParked() {
  const workspace = await openWorkspace();
  fill(workspace, entering(3));
  setText(workspace, 'x'.repeat(2000));
  addWorkflow(workspace);
  await workspace.sandbox.createQueue('triggers', { MaximumMessageSize: '1024' });
  return workspace;
}

function setText({ store }: Workspace, text: string) {
  store.db
    .prepare("UPDATE profile_row SET body = json_set(body, '$.text', ?) WHERE user_id <> 'user2'")
    .run(text);
}

function setDoubt({ store }: Workspace, userId: string, state: number) {
  store.db
    .prepare('UPDATE run_message SET doubt = 1, state = ?, message_id = zeroblob(16) WHERE user_id = ?')
    .run(state, userId);
}

describe('a replay of what was not sent yet', () => {
  it('leaves out what the queue has, and sends what was parked or has come since', async () => {
    const workspace = await withParked();
    expect(await send(workspace, { notSent: true })).toMatchObject({ planned: 3, sent: 1, parked: 2 });
    setText(workspace, '');
    fill(workspace, [{ userId: 'late', atMs: DAY + 9000 }]);
    const plan = await workspace.run.plan(replay({ notSent: true }), call());
    expect(plan).toMatchObject({ messages: 3, problems: [] });

    const again = await send(workspace, { notSent: true });

    expect(again).toMatchObject({ state: 'completed', planned: 3, sent: 3 });
    expect((await receiveAll(workspace.sandbox)).map(({ userId }) => userId).sort()).toEqual([
      'late',
      'user0',
      'user1',
      'user2',
    ]);
    expect(await workspace.run.plan(replay({ notSent: true }), call())).toMatchObject({ messages: 0 });
  });

  it('names the runs of a change, the newest first, with what became of its message', async () => {
    const workspace = await withParked();
    const first = await send(workspace, {});
    setText(workspace, '');
    const second = await send(workspace, { notSent: true });
    const seqs = workspace.store.db
      .prepare<[], number>('SELECT seq FROM change ORDER BY at_ms, user_id')
      .pluck()
      .all();
    const told = await Promise.all(seqs.map((seq) => workspace.run.ofChange({ seq }, call())));
    expect(
      told.map(({ rows }) =>
        rows.map(
          ({ id, state }) => `${id === first.id ? 'first' : id === second.id ? 'second' : id} ${state}`,
        ),
      ),
    ).toEqual([['second sent', 'first parked'], ['second sent', 'first parked'], ['first sent']]);
    expect(await workspace.run.ofChange({ seq: 999 }, call())).toEqual({ rows: [] });
  });

  it('composes with a filter and with shards', async () => {
    const workspace = await openWorkspace();
    fill(workspace, entering(20));
    addWorkflow(workspace);
    await send(workspace, { to: '2026-11-01T00:00:05Z' });
    const rest = { from: '2026-11-01T00:00:02Z', to: '2026-11-01T00:00:10Z', notSent: true };
    expect(await workspace.run.plan(replay(rest), call())).toMatchObject({ messages: 5 });
    const shares = await Promise.all(
      [0, 1, 2].map((index) => workspace.run.plan(replay(rest, { shard: { index, of: 3 } }), call())),
    );
    expect(shares.reduce((sum, { messages }) => sum + messages, 0)).toBe(5);
  });

  it('sends an audience that the workflow gained later, at instants of which the other was sent', async () => {
    const workspace = await openWorkspace();
    fill(workspace, [
      { userId: 'ann', atMs: DAY, audience: 1 },
      { userId: 'ann', atMs: DAY, audience: 2 },
      { userId: 'bob', atMs: DAY, audience: 1 },
    ]);
    addWorkflow(workspace, { audiences: ['at_risk'] });
    await send(workspace, {});
    addWorkflow(workspace);

    await send(workspace, { notSent: true });

    const slugs = (await receiveAll(workspace.sandbox)).map(({ body }) =>
      JSON.parse(body)
        .data.segment_events.map(({ slug }: { slug: string }) => slug)
        .join(),
    );
    expect(slugs.sort()).toEqual(['at_risk', 'at_risk', 'loyal']);
  });

  it('counts neither a dry run, nor a test, nor what went to another queue or from another workflow', async () => {
    const workspace = await openWorkspace();
    fill(workspace, entering(4));
    addWorkflow(workspace, { queueUrl: 'sandbox:rehearsal' });
    await send(workspace, {});
    addWorkflow(workspace, { name: 'Other', subscriptionId: 'b'.repeat(32) });
    const other = await workspace.run.start({ ...replay({}), workflow: 'Other' }, call());
    await workspace.wait(other.id);
    addWorkflow(workspace);
    await send(workspace, {}, { dryRun: true });
    expect(await workspace.run.plan(replay({ notSent: true }), call())).toMatchObject({ messages: 4 });
  });

  it('knows a workflow under its new name', async () => {
    const workspace = await openWorkspace();
    fill(workspace, entering(4));
    addWorkflow(workspace);
    await send(workspace, { to: '2026-11-01T00:00:03Z' });
    const { db } = workspace.store;
    saveWorkflow(db, { ...requireWorkflow(db, 'Triggers'), name: 'Renamed' }, 'Triggers', {
      nowMs: 0,
      newId: String,
    });
    const request = { ...replay({ notSent: true }), workflow: 'Renamed' };
    expect(await workspace.run.plan(request, call())).toMatchObject({ messages: 1 });
  });

  it('sends what may have arrived without an answer, and names it as a possible duplicate', async () => {
    const workspace = await openWorkspace();
    fill(workspace, entering(3));
    addWorkflow(workspace);
    await send(workspace, {});
    setDoubt(workspace, 'user1', 2);
    const plan = await workspace.run.plan(replay({ notSent: true }), call());
    expect(plan.problems).toMatchObject([{ code: 'POSSIBLE_DUPLICATE', count: 1, example: 'user1' }]);

    const { id, possibleDuplicates } = await send(workspace, { notSent: true });

    expect(possibleDuplicates).toBe(1);
    expect((await workspace.run.show({ id }, call())).duplicates).toMatchObject([{ n: 1, userId: 'user1' }]);
  });

  it('never sends again what the queue stored and then answered with a wrong checksum', async () => {
    const workspace = await openWorkspace();
    fill(workspace, entering(1));
    addWorkflow(workspace);
    workspace.sandbox.setFaults({ md5: 1 });
    expect(await send(workspace, {})).toMatchObject({ sent: 0, failed: 1, possibleDuplicates: 1 });
    expect(await workspace.run.plan(replay({ notSent: true }), call())).toMatchObject({ messages: 0 });
  });

  it('takes what an undone import had told for sent, and keeps archived messages apart', async () => {
    const workspace = await openWorkspace();
    fill(workspace, [
      { userId: 'ann', atMs: DAY, recordedId: 1 },
      { userId: 'ann', atMs: DAY, recordedId: 2 },
      { userId: 'bob', atMs: DAY },
    ]);
    addWorkflow(workspace);
    await send(workspace, {});
    const { db } = workspace.store;
    db.prepare("UPDATE run_message SET state = 2, message_id = zeroblob(16) WHERE changes LIKE '#2:%'").run();
    expect(await workspace.run.plan(replay({ notSent: true }), call())).toMatchObject({ messages: 1 });
    db.prepare("DELETE FROM change WHERE user_id = 'bob'").run();
    fill(workspace, [{ userId: 'bob', atMs: DAY }]);
    expect(await workspace.run.plan(replay({ notSent: true }), call())).toMatchObject({ messages: 1 });
  });

  it('warns of a run that has messages left, as they would be sent twice', async () => {
    const workspace = await openWorkspace();
    fill(workspace, entering(5));
    addWorkflow(workspace);
    const { id } = await workspace.run.start(replay({}, { rate: 1 }), call());
    await workspace.run.pause({ id }, call());
    const { problems } = await workspace.run.plan(replay({ notSent: true }), call());
    expect(problems).toMatchObject([{ code: 'RUN_STILL_OPEN', message: expect.stringContaining(id) }]);
    await workspace.run.cancel({ id }, call());
    expect((await workspace.run.plan(replay({ notSent: true }), call())).problems).toEqual([]);
  });
});

describe('a replay of what failed in a run', () => {
  it('sends only that, built anew, in the order of the run, and composes with the filter and with what was not sent', async () => {
    const workspace = await withParked();
    const { id } = await send(workspace, {});
    setText(workspace, '');
    const one = await workspace.run.plan(replay({ failedIn: id, userId: 'user1' }), call());
    expect(one).toMatchObject({ messages: 1 });

    const again = await send(workspace, { failedIn: id, notSent: true });

    expect(again).toMatchObject({ state: 'completed', planned: 2, sent: 2 });
    expect(usersOf(workspace).all(again.id)).toEqual(['user0', 'user1']);
    expect(await workspace.run.plan(replay({ failedIn: id }), call())).toMatchObject({ messages: 2 });
    expect(await workspace.run.plan(replay({ failedIn: id, notSent: true }), call())).toMatchObject({
      messages: 0,
    });
  });

  it('names the doubt of yet another run beside what was not sent', async () => {
    const workspace = await withParked();
    const { id } = await send(workspace, {});
    const other = await send(workspace, { notSent: true });
    workspace.store.db
      .prepare(
        "UPDATE run_message SET doubt = 1 WHERE user_id = 'user1' AND run_id = (SELECT id FROM run WHERE key = ?)",
      )
      .run(other.id);
    const { problems } = await workspace.run.plan(replay({ failedIn: id }), call());
    expect(problems.filter(({ code }) => code === 'POSSIBLE_DUPLICATE')).toEqual([]);

    const again = await send(workspace, { failedIn: id, notSent: true });

    expect((await workspace.run.show({ id: again.id }, call())).duplicates).toMatchObject([
      { userId: 'user1' },
    ]);
  });

  it('joins what a live run had in two messages of one user and instant', async () => {
    const workspace = await withParked();
    const { id } = await send(workspace, {});
    const { db } = workspace.store;
    insertChanges(db, [
      {
        at: { ms: DAY, code: 0 },
        userId: 'user0',
        audienceId: 2,
        event: 'enter',
        enter: { ms: DAY, code: 0 },
        exit: null,
        cause: 'event',
        batch: 2,
      },
    ]);
    db.prepare(
      `INSERT INTO run_message (run_id, n, state, user_id, at_ms, at_code, changes)
       SELECT run_id, 4, 2, user_id, at_ms, at_code, (SELECT max(seq) FROM change) FROM run_message WHERE user_id = 'user0'`,
    ).run();
    db.prepare(
      'INSERT INTO run_change SELECT (SELECT max(seq) FROM change), run_id, 4 FROM run_change WHERE n = 1',
    ).run();
    expect(await workspace.run.plan(replay({ failedIn: id }), call())).toMatchObject({
      messages: 2,
      changes: 3,
    });
  });

  it('refuses a run that is not there, and runs that are not of changes', async () => {
    const workspace = await withParked();
    await expect(workspace.run.plan(replay({ failedIn: 'none' }), call())).rejects.toMatchObject({
      code: 'RUN_NOT_FOUND',
    });
    workspace.store.db
      .prepare(
        `INSERT INTO run (key, kind, workflow, environment, queue_url, state, dry_run, copy, selection, options, concurrency,
         created_ms) VALUES ('all', 'backfill', 'Triggers', 'sandbox', '', 'completed', 0, '{}', '{}', '{}', 1, 0)`,
      )
      .run();
    await expect(workspace.run.plan(replay({ failedIn: 'all' }), call())).rejects.toMatchObject({
      code: 'INVALID_INPUT',
      message: expect.stringContaining('run retry'),
    });
  });
});

it.each([[{ notSent: true }], [{ failedIn: 'x' }]])('a backfill refuses %j', async (selection) => {
  const workspace = await withParked();
  const key = await send(workspace, {});
  const asked = 'failedIn' in selection ? { failedIn: key.id } : selection;
  await expect(workspace.run.plan(replay(asked, {}, 'backfill'), call())).rejects.toMatchObject({
    code: 'INVALID_INPUT',
  });
});

/** Sends a selection from a bundle on another machine; gives what the bundle had and what the run there came to. */
async function throughBundle(workspace: Workspace, chosen: object) {
  const out = join(workspace.dir, 'rest.bundle');
  const request = { workflow: 'Triggers', kind: 'replay', selection: chosen, out };
  const { messages } = await exportBundle(workspace.engine, bundleCalls.export.input.parse(request), call());
  const dir = folder();
  const { selection } = openBundle(out, dir);
  const machine = attachWorkspace(dir, workspace.sandbox);
  try {
    const { problems } = await machine.run.plan(replay(selection), call(workspace.sandbox));
    const { id } = await machine.run.start(replay(selection), call(workspace.sandbox));
    await machine.wait(id);
    return { messages, problems, ...(await machine.run.show({ id }, call())) };
  } finally {
    await machine.close();
  }
}

it.each([
  ['of what was not sent', (_id: string) => ({ notSent: true })],
  ['of what failed in a run', (id: string) => ({ failedIn: id })],
])('a bundle %s carries which messages may have arrived without an answer', async (_what, chosen) => {
  const workspace = await openWorkspace();
  const queueUrl = await workspace.sandbox.createQueue('triggers');
  fill(workspace, entering(3));
  addWorkflow(workspace, { queueUrl });
  const { id } = await workspace.run.start(replay({}), call(workspace.sandbox));
  await workspace.wait(id);
  workspace.store.db
    .prepare("UPDATE run_message SET state = 2, message_id = zeroblob(16) WHERE user_id <> 'user0'")
    .run();
  setDoubt(workspace, 'user1', 2);

  const { sent, duplicates, problems } = await throughBundle(workspace, chosen(id));

  expect(sent).toBe(2);
  expect(problems).toMatchObject([{ code: 'POSSIBLE_DUPLICATE', count: 1, example: 'user1' }]);
  expect(duplicates).toMatchObject([{ userId: 'user1' }]);
});

it('a bundle has what was not sent when it was made, and its shares send just that', async () => {
  const workspace = await openWorkspace();
  const queueUrl = await workspace.sandbox.createQueue('triggers');
  fill(workspace, entering(10));
  addWorkflow(workspace, { queueUrl });
  const first = await workspace.run.start(replay({ to: '2026-11-01T00:00:06Z' }), call(workspace.sandbox));
  await workspace.wait(first.id);
  const { messages, sent } = await throughBundle(workspace, { notSent: true });
  expect([messages, sent]).toEqual([4, 4]);
  expect(new Set((await receiveAll(workspace.sandbox)).map(({ userId }) => userId)).size).toBe(10);
});

it('a run that was refused half written leaves nothing that counts', async () => {
  const workspace = await openWorkspace();
  fill(workspace, entering(3000));
  addWorkflow(workspace);
  await expect(workspace.run.start(replay({}, { max: 2500 }), call())).rejects.toMatchObject({
    code: 'LIMIT_EXCEEDED',
  });
  expect(workspace.store.db.prepare('SELECT count(*) FROM run_change').pluck().get()).toBe(0);
});
