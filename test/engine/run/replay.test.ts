import { describe, expect, it } from 'vitest';
import { runRequest } from '../../../preload/contract/run.ts';
import {
  AUDIENCES,
  addWorkflow,
  allMessages,
  call,
  countByUser,
  DAY,
  entering,
  fill,
  openWorkspace,
  profileText,
  receiveAll,
  type Workspace,
} from './workspace.ts';

const replay = (more: object = {}) => runRequest.parse({ workflow: 'Triggers', kind: 'replay', ...more });

async function runToEnd(workspace: Workspace, more: object = {}) {
  const { id } = await workspace.run.start(replay(more), call());
  return workspace.wait(id);
}

describe('a replay', () => {
  it('sends every message of the selection exactly once and journals each with its message id', async () => {
    const workspace = await openWorkspace();
    fill(workspace, entering(1234));
    addWorkflow(workspace);

    const row = await runToEnd(workspace);

    expect(row).toMatchObject({
      state: 'completed',
      planned: 1234,
      sent: 1234,
      pending: 0,
      possibleDuplicates: 0,
    });
    const received = await receiveAll(workspace.sandbox);
    expect(received).toHaveLength(1234);
    expect(countByUser(received).size).toBe(1234);
    const journalled = await allMessages(workspace, row.id);
    expect(new Set(journalled.map(({ messageId }) => messageId))).toEqual(
      new Set(received.map(({ message }) => message.MessageId)),
    );
    expect(journalled.every(({ state, attempts }) => state === 'sent' && attempts === 1)).toBe(true);
  });

  it('builds one message per profile and instant, with every change at that instant, byte for byte from the profile', async () => {
    const workspace = await openWorkspace();
    fill(workspace, [
      { userId: 'ann', atMs: DAY, audience: 1, event: 'exit' },
      { userId: 'bob', atMs: DAY, audience: 1 },
      { userId: 'ann', atMs: DAY, audience: 2 },
      { userId: 'ann', atMs: DAY + 1, audience: 1 },
    ]);
    addWorkflow(workspace);

    await runToEnd(workspace);

    const bodies = (await receiveAll(workspace.sandbox)).map(({ body }) => body);
    expect(bodies).toHaveLength(3);
    const both = bodies.find((body) => body.includes('"event":"exit"')) ?? '';
    expect(both.startsWith(`{"data":${profileText('ann').slice(0, -1)},"segment_events":[`)).toBe(true);
    expect(
      JSON.parse(both).data.segment_events.map(({ event, slug }: { event: string; slug: string }) => [
        event,
        slug,
      ]),
    ).toEqual([
      ['exit', AUDIENCES[0]],
      ['enter', AUDIENCES[1]],
    ]);
  });

  it.each([
    ['from and to', { from: '2026-11-01T00:00:01Z', to: '2026-11-01T00:00:03Z' }, ['b', 'c']],
    ['an audience', { audiences: ['loyal'] }, ['c']],
    ['an event', { event: 'exit' }, ['d']],
    ['a user', { userId: 'a' }, ['a']],
    ['a cause', { cause: 'clock' }, []],
    ['a batch', { batch: 1 }, ['a', 'b', 'c', 'd']],
    ['another batch', { batch: 2 }, []],
  ])('selects by %s', async (_what, selection, users) => {
    const workspace = await openWorkspace();
    fill(workspace, [
      { userId: 'a', atMs: DAY },
      { userId: 'b', atMs: DAY + 1000 },
      { userId: 'c', atMs: DAY + 2000, audience: 2 },
      { userId: 'd', atMs: DAY + 3000, event: 'exit' },
    ]);
    addWorkflow(workspace);
    const plan = await workspace.run.plan(replay({ selection }), call());
    expect(plan.messages).toBe(users.length);
    const row = await runToEnd(workspace, { selection });
    expect((await allMessages(workspace, row.id)).map(({ userId }) => userId)).toEqual(users);
  });

  it('sends the body of an archived message as it came in, and builds it anew for the current profile', async () => {
    const workspace = await openWorkspace();
    const recorded = '{ "data": {"user_id": "ann",  "score": 1.50}, "meta": {"object":"user"} }';
    workspace.store.db.prepare('INSERT INTO recorded_message VALUES (7, ?, 1)').run(recorded);
    fill(workspace, [{ userId: 'ann', atMs: DAY, recordedId: 7 }]);
    addWorkflow(workspace, { attributes: [{ field: 'score' }, { field: 'email' }] });

    await runToEnd(workspace);
    const [asItWas] = await receiveAll(workspace.sandbox);
    expect(asItWas?.body).toBe(recorded);
    expect(Object.keys(asItWas?.message.MessageAttributes ?? {})).toEqual(['score']);

    await workspace.sandbox.purge('triggers');
    await runToEnd(workspace, { options: { profile: 'current' } });
    const [anew] = await receiveAll(workspace.sandbox);
    expect(anew?.body).toContain(profileText('ann').slice(1, -1));
  });

  it('sends the profile as it was at the change, or as it is now', async () => {
    const workspace = await openWorkspace();
    fill(workspace, [{ userId: 'ann', atMs: DAY }]);
    addWorkflow(workspace);
    const { db } = workspace.store;
    const later = DAY + 86_400_000;
    db.prepare("UPDATE profile_row SET body = ?, from_ms = ?, from_code = 0 WHERE user_id = 'ann'").run(
      profileText('ann', 2),
      later,
    );
    db.prepare(
      `INSERT INTO profile_version (profile_id, to_ms, to_code, body, batch_id, replaced_by)
       SELECT id, ?, 0, ?, 1, 2 FROM profile WHERE user_id = 'ann'`,
    ).run(later, profileText('ann', 1));

    await runToEnd(workspace);
    await runToEnd(workspace, { options: { profile: 'current' } });
    const versions = (await receiveAll(workspace.sandbox)).map(({ body }) => JSON.parse(body).data.version);
    expect(versions.sort()).toEqual([1, 2]);
  });

  it('says in the plan of how many messages the profile as it was is no longer known', async () => {
    const workspace = await openWorkspace();
    fill(workspace, [
      { userId: 'ann', atMs: DAY },
      { userId: 'bob', atMs: DAY },
    ]);
    addWorkflow(workspace);
    workspace.store.db
      .prepare("UPDATE profile_row SET from_ms = ?, from_code = 0 WHERE user_id = 'ann'")
      .run(DAY + 1);
    const planOf = (profile: string) => workspace.run.plan(replay({ options: { profile } }), call());
    expect(await planOf('as-of')).toMatchObject({
      messages: 2,
      invalid: 0,
      problems: [{ severity: 'warning', code: 'PROFILE_LATER', count: 1, example: 'ann' }],
    });
    expect(await planOf('current')).toMatchObject({ problems: [] });
  });

  it('keeps its copy of the workflow when the workflow is edited', async () => {
    const workspace = await openWorkspace();
    fill(workspace, entering(400));
    addWorkflow(workspace);
    const { id } = await workspace.run.start(replay({ options: { rate: 200 } }), call());
    await workspace.run.pause({ id }, call());
    addWorkflow(workspace, { subscriptionId: '0'.repeat(32), queueUrl: 'sandbox:elsewhere' });
    await workspace.run.setRate({ id, rate: null }, call());
    await workspace.run.resume({ id }, call());
    expect(await workspace.wait(id)).toMatchObject({ state: 'completed', sent: 400 });
    const received = await receiveAll(workspace.sandbox);
    expect(received).toHaveLength(400);
    expect(received.every(({ body }) => body.includes('7e2b8804bbe162cd3f9c0c5991bf3078'))).toBe(true);
  });

  it('makes no request that sends in a dry run', async () => {
    const workspace = await openWorkspace();
    fill(workspace, entering(30));
    addWorkflow(workspace, { environment: 'production' });
    const row = await runToEnd(workspace, { options: { dryRun: true } });
    expect(row).toMatchObject({ state: 'completed', dryRun: true, sent: 30 });
    expect(workspace.sandbox.stats.sent).toBe(0);
  });

  it('shares its messages over shards without a gap or a double', async () => {
    const workspace = await openWorkspace();
    fill(workspace, entering(300));
    addWorkflow(workspace);
    const sent = [];
    for (let index = 0; index < 4; index += 1) {
      const row = await runToEnd(workspace, { options: { shard: { index, of: 4 } } });
      sent.push(row.sent);
    }
    expect(Math.min(...sent)).toBeGreaterThan(40);
    const received = await receiveAll(workspace.sandbox);
    expect(received).toHaveLength(300);
    expect(countByUser(received).size).toBe(300);
  });
});

describe('a backfill', () => {
  it('sends one enter per member, with all audiences, in a group of its own', async () => {
    const workspace = await openWorkspace();
    fill(workspace, [{ userId: 'nobody', atMs: DAY }]);
    addWorkflow(workspace);
    const { applyMembershipChanges } = await import('../../../main/engine/membership/membership.ts');
    const at = { ms: DAY, code: 0 };
    applyMembershipChanges(
      workspace.store.db,
      [
        { userId: 'ann', audienceId: 1, event: 'enter', at },
        { userId: 'ann', audienceId: 2, event: 'enter', at: { ms: DAY + 5000, code: 0 } },
        { userId: 'bob', audienceId: 1, event: 'enter', at },
        { userId: 'bob', audienceId: 1, event: 'exit', at: { ms: DAY + 1000, code: 0 } },
      ],
      { batch: 2, cause: 'snapshot' },
    );
    const request = runRequest.parse({ workflow: 'Triggers', kind: 'backfill' });
    expect(await workspace.run.plan(request, call())).toMatchObject({
      messages: 1,
      changes: 2,
      withoutProfile: 1,
    });
    const { id } = await workspace.run.start(request, call());
    expect(await workspace.wait(id)).toMatchObject({ state: 'completed', sent: 1 });
    const [received] = await receiveAll(workspace.sandbox);
    const { data, meta } = JSON.parse(received?.body ?? '{}');
    expect(data).toEqual({
      user_id: 'ann',
      segment_events: [
        expect.objectContaining({ event: 'enter', slug: 'at_risk', enter: '2026-11-01T00:00:00Z' }),
        expect.objectContaining({ event: 'enter', slug: 'loyal', enter: '2026-11-01T00:00:05Z' }),
      ],
    });
    expect(meta.timestamp).toBe('2026-11-20T00:00:00Z');
    expect(received?.message.Attributes?.MessageGroupId).toBe('segue-backfill');
  });
});
