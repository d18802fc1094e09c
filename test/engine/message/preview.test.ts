import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CallContext, EngineContext } from '../../../main/engine/context.ts';
import { type Instant, parseInstant } from '../../../main/engine/core/instant.ts';
import { applyMembershipChanges } from '../../../main/engine/membership/membership.ts';
import { createMessageHandlers } from '../../../main/engine/message/handlers.ts';
import { openStore, type Store } from '../../../main/engine/store/store.ts';
import { saveWorkflow } from '../../../main/engine/workflow/store.ts';
import { messageCalls } from '../../../preload/contract/message.ts';
import { workflowFile } from '../../../preload/contract/workflow.ts';

const NOW = Date.UTC(2017, 2, 18, 6, 12, 36);
const ENTERED = parseInstant('2017-03-02T06:12:36.829070108Z') ?? { ms: 0, code: 0 };
const PROFILE =
  '{ "_created":"2016-06-29T18:50:16.902758229Z", "n":12345678901234567890, "user_id":"user123" }';
const call: CallContext = { signal: new AbortController().signal, progress: () => undefined };

let store: Store;

beforeEach(() => {
  store = openStore(join(mkdtempSync(join(tmpdir(), 'segue-preview-')), 'workspace'));
  const audience = store.db.prepare('INSERT INTO audience (id, hex_id, slug, name) VALUES (?, ?, ?, ?)');
  audience.run(1, 'd3d8f15855b6b067709577342fe72db9', 'demo_segment', 'Demo');
  audience.run(2, 'abc678asdf', 'another_segment', 'Another');
  store.db
    .prepare('INSERT INTO profile_row (user_id, body, batch_id) VALUES (?, ?, 1)')
    .run('user123', PROFILE);
  save({ name: 'At risk', audiences: ['demo_segment', 'another_segment'], queueUrl: 'sandbox:q' });
  enter('user123', 1, ENTERED);
});
afterEach(() => store.close());

function enter(userId: string, audienceId: number, at: Instant): void {
  applyMembershipChanges(store.db, [{ userId, audienceId, event: 'enter', at }], {
    batch: 1,
    cause: 'snapshot',
  });
}

function save(over: object): void {
  const draft = workflowFile.parse({ subscriptionId: '7e2b8804bbe162cd3f9c0c5991bf3078', ...over });
  saveWorkflow(store.db, draft, undefined, { nowMs: NOW, newId: () => 'unused' });
}

async function preview(input: object) {
  // A preview needs the store and the clock alone; anything else that it touched would throw.
  const engine = { store, clock: () => NOW } as unknown as EngineContext;
  const parsed = messageCalls.preview.input.parse({ userId: 'user123', ...input });
  return messageCalls.preview.output.parse(await createMessageHandlers(engine).preview(parsed, call));
}

const codes = ({ problems }: { problems: { code: string }[] }) => problems.map(({ code }) => code);

describe('a preview', () => {
  it('is the exact message of a stored workflow, a stored profile and its memberships', async () => {
    const { body, bytes, limitBytes, problems } = await preview({ workflow: 'At risk', shape: 'exit-enter' });
    expect(body).toBe(
      '{"data":{"_created":"2016-06-29T18:50:16.902758229Z", "n":12345678901234567890, "user_id":"user123","segment_events":[' +
        '{"id":"d3d8f15855b6b067709577342fe72db9","event":"exit","enter":"2017-03-02T06:12:36.829070108Z","exit":"2017-03-18T06:12:36Z","slug":"demo_segment"},' +
        '{"id":"d3d8f15855b6b067709577342fe72db9","event":"enter","enter":"2017-03-02T06:12:36.829070108Z","exit":"2099-03-18T06:12:36Z","slug":"demo_segment"},' +
        '{"id":"abc678asdf","event":"exit","enter":"2017-03-18T06:12:36Z","exit":"2017-03-18T06:12:36Z","slug":"another_segment"},' +
        '{"id":"abc678asdf","event":"enter","enter":"2017-03-18T06:12:36Z","exit":"2099-03-18T06:12:36Z","slug":"another_segment"}]},' +
        '"meta":{"object":"user","subscription_id":"7e2b8804bbe162cd3f9c0c5991bf3078","timestamp":"2017-03-18T06:12:36Z"}}',
    );
    expect([bytes, limitBytes, problems]).toEqual([Buffer.byteLength(body), 1_048_576, []]);
  });

  it('takes the instant and the audiences that are asked for, by slug or id', async () => {
    const at = '2020-02-29T00:00:00.5-07:00';
    const { body } = await preview({ workflow: 'At risk', audiences: ['abc678asdf'], at });
    expect(JSON.parse(body)).toMatchObject({
      data: { segment_events: [{ slug: 'another_segment', enter: at, exit: '2099-03-01T00:00:00.5-07:00' }] },
      meta: { timestamp: at },
    });
  });

  it('shows a draft as it would be, with the stored subscription id', async () => {
    const draft = {
      name: 'At risk',
      audiences: ['demo_segment'],
      queueUrl: 'sandbox:q',
      timestyle: 'modern',
    };
    const { body } = await preview({ workflow: 'At risk', draft });
    expect(body).toContain('"slug":"demo_segment","enter":"2017-03-02T06:12:36.829070108Z"}]');
    expect(body).toContain('"subscription_id":"7e2b8804bbe162cd3f9c0c5991bf3078"');
    expect((await preview({ draft: { ...draft, name: 'New' } })).body).toContain(
      '"subscription_id":"00000000000000000000000000000000"',
    );
  });

  it('lists the audiences that the user is in where the workflow wants them', async () => {
    save({ name: 'All', audiences: ['another_segment'], queueUrl: 'sandbox:q', segmentsAll: true });
    enter('user123', 2, ENTERED);
    expect((await preview({ workflow: 'All' })).body).toContain(
      '"segments_all":["another_segment","demo_segment"],',
    );
  });

  it('has the problems of the workflow, of the message and of the choice, each once', async () => {
    save({
      name: 'Bad',
      audiences: ['demo_segmnt'],
      events: 'enter',
      attributes: [{ field: 'n', name: 'a b' }],
      schema: { properties: { data: { required: ['email'] } } },
    });
    const result = await preview({ workflow: 'Bad', shape: 'exit', audiences: ['demo_segment'] });
    expect(codes(result).sort()).toEqual([
      'ATTRIBUTE_NAME',
      'AUDIENCE_NOT_SELECTED',
      'AUDIENCE_UNKNOWN',
      'EVENT_NOT_SELECTED',
      'QUEUE_MISSING',
      'SCHEMA_MISMATCH',
    ]);
    expect(result.problems.find(({ code }) => code === 'ATTRIBUTE_NAME')).toMatchObject({
      field: 'attributes.0',
      path: '/data/n',
    });
    expect(result.problems.find(({ code }) => code === 'AUDIENCE_UNKNOWN')?.message).toContain(
      '"demo_segment"?',
    );
    expect(codes(await preview({ workflow: 'Bad' }))).toContain('EVENTS_NONE');
  });

  it('of a user who has memberships but no profile carries the key alone', async () => {
    store.db.prepare("INSERT INTO setting VALUES ('key_field', 'email')").run();
    enter('ghost@example.com', 1, ENTERED);
    store.db.prepare('DELETE FROM change').run();
    const result = await preview({ workflow: 'At risk', userId: 'ghost@example.com' });
    expect(result.body).toContain('"data":{"email":"ghost@example.com","segment_events":[');
    expect(codes(result)).toEqual(['PROFILE_MISSING']);
  });

  it('of a user who is known from the history alone is one too', async () => {
    enter('gone', 1, ENTERED);
    const exit = [{ userId: 'gone', audienceId: 1, event: 'exit', at: ENTERED }] as const;
    applyMembershipChanges(store.db, exit, { batch: 2, cause: 'snapshot' });
    expect(codes(await preview({ workflow: 'At risk', userId: 'gone' }))).toEqual(['PROFILE_MISSING']);
  });

  it('of a user, an audience or a workflow that is not there names the nearest', async () => {
    await expect(preview({ workflow: 'At risk', userId: 'user132' })).rejects.toMatchObject({
      code: 'PROFILE_NOT_FOUND',
      message: 'There is no profile "user132". Did you mean "user123"?',
    });
    await expect(preview({ workflow: 'At risk', audiences: ['demo-segment'] })).rejects.toMatchObject({
      code: 'AUDIENCE_NOT_FOUND',
      message: expect.stringContaining('"demo_segment"'),
    });
    await expect(preview({ workflow: 'At rsk' })).rejects.toMatchObject({
      code: 'WORKFLOW_NOT_FOUND',
      message: expect.stringContaining('"At risk"'),
    });
    await expect(preview({})).rejects.toMatchObject({ code: 'INVALID_INPUT' });
  });
});
