import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PreviewResult, SendResult } from '../../preload/contract/message.ts';
import type { ImportResult } from '../../preload/contract/profile.ts';
import type { Plan, RunDetail } from '../../preload/contract/run.ts';
import { receiveAll } from './receive.ts';
import { freshFolder, segue, segueJson, startSandboxProcess } from './run-segue.ts';

const PROFILES = [
  '{"user_id": "u1", "email": "ada@example.com", "score": 12345678901234567890, "seen": "2026-01-01T00:00:00.123456789Z"}',
  '{"user_id":"u2","email":"bo@example.com","score":1.50,"tags":["a","b"]}',
  '{"user_id":"u3","email":"cy@example.com","score":7}',
];

describe('the main job from a terminal', () => {
  const dir = freshFolder();
  const file = (name: string, text: string) => {
    writeFileSync(join(dir, name), text);
    return join(dir, name);
  };
  const at = (...args: string[]) => ['--workspace', join(dir, 'ws'), ...args];
  let sandbox: Awaited<ReturnType<typeof startSandboxProcess>>;

  beforeAll(async () => {
    sandbox = await startSandboxProcess();
  });
  afterAll(() => sandbox.stop());

  it('imports profiles and rejects a broken line by number', async () => {
    const path = file('profiles.ndjson', `${PROFILES.join('\n')}\n{"user_id": broken}\n`);
    const result = await segueJson<ImportResult>(
      at('profile', 'import', path, '--at', '2026-11-01T00:00:00Z'),
    );
    expect(result.profiles).toMatchObject({ read: 3, created: 3, updated: 0 });
    expect(result.rejected).toBe(1);
    expect(result.firstRejects).toMatchObject([{ line: 4 }]);
    const [reject = ''] = readFileSync(result.rejectFile ?? '', 'utf8').split('\n');
    expect(JSON.parse(reject)).toMatchObject({ line: 4 });
  });

  it('gives a profile back byte for byte', async () => {
    const { text } = await segueJson<{ text: string }>(at('profile', 'show', 'u1'));
    expect(text).toBe(PROFILES[0]);
  });

  it('finds who entered and who left between two snapshots', async () => {
    const first = file(
      'day1.csv',
      'user_id,segment,entered_at\nu1,vip,2026-10-01T00:00:00.000000001Z\nu2,vip,\n',
    );
    const second = file('day2.csv', 'user_id,segment\nu2,vip\nu3,vip\n');
    const one = await segueJson<ImportResult>(
      at('snapshot', 'import', first, '--at', '2026-11-02T00:00:00Z'),
    );
    expect(one.changes).toMatchObject({ entered: 2, exited: 0 });
    const dry = await segueJson<ImportResult>(
      at('snapshot', 'import', second, '--at', '2026-11-03T00:00:00Z', '--dry-run'),
    );
    expect(dry.changes).toMatchObject({ entered: 1, exited: 1 });
    const two = await segueJson<ImportResult>(
      at('snapshot', 'import', second, '--at', '2026-11-03T00:00:00Z'),
    );
    expect(two.changes).toMatchObject({ entered: 1, exited: 1 });
    const again = await segueJson<ImportResult>(
      at('snapshot', 'import', second, '--at', '2026-11-03T00:00:00Z'),
    );
    expect(again.changes).toMatchObject({ entered: 0, exited: 0 });
  });

  it('tells a person what an import did, in the words of its kind', async () => {
    const path = file('again.csv', 'user_id,segment\nu2,vip\nu3,vip\nu3,vip\n');
    const dry = await segue(at('snapshot', 'import', path, '--at', '2026-11-03T00:00:00Z', '--dry-run'));
    expect(dry.stdout).toBe(
      'Dry run, nothing was changed. Read 2 users; 1 rows repeat an earlier one.\nChanges: 0 entered, 0 exited.\n',
    );
    const listed = await segue(at('import', 'list'));
    const [header = '', newest = ''] = listed.stdout.split('\n');
    expect(header.split(/ +/)).toEqual([
      'batch',
      'state',
      'kind',
      'at',
      'entered',
      'left',
      'rejected',
      'source',
    ]);
    expect(newest).toMatch(/^\d+ +done +snapshot +2026-11-03T00:00:00Z +0 +0 +0 +.*day2\.csv$/);
  });

  it('refuses a snapshot older than the last one', async () => {
    const path = file('old.csv', 'user_id,segment\nu1,vip\n');
    const { code, stderr } = await segue(
      at('snapshot', 'import', path, '--at', '2026-11-01T00:00:00Z', '--json'),
    );
    expect(code).toBe(1);
    expect(JSON.parse(stderr)).toMatchObject({ error: { code: 'SNAPSHOT_OUT_OF_ORDER' } });
  });

  it('exports the history in the order of time', async () => {
    const out = join(dir, 'history.ndjson');
    await segueJson(at('history', 'export', '--out', out));
    const lines = readFileSync(out, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(lines.map(({ at: instant }) => instant)).toEqual(lines.map(({ at: instant }) => instant).sort());
    expect(lines.map(({ user_id, event, at: instant }) => `${user_id} ${event} ${instant}`).sort()).toEqual([
      'u1 enter 2026-11-02T00:00:00Z',
      'u1 exit 2026-11-03T00:00:00Z',
      'u2 enter 2026-11-02T00:00:00Z',
      'u3 enter 2026-11-03T00:00:00Z',
    ]);
    expect(Object.keys(lines[0] ?? {})).toEqual([
      'seq',
      'user_id',
      'audience',
      'event',
      'at',
      'enter',
      'exit',
      'cause',
      'batch',
    ]);
    expect(lines.find(({ event }) => event === 'exit')).toMatchObject({
      audience: 'vip',
      enter: '2026-10-01T00:00:00.000000001Z',
      exit: '2026-11-03T00:00:00Z',
      cause: 'snapshot',
    });
  });

  it('imports a workflow and previews the exact message', async () => {
    const path = file(
      'workflow.json',
      JSON.stringify({
        version: 1,
        kind: 'sqs-event-hub-sink',
        name: 'VIP',
        environment: 'sandbox',
        authorization: 'ops',
        audiences: ['vip'],
        queueUrl: sandbox.queueUrl,
        region: 'us-east-1',
        attributes: [{ field: 'email' }, { field: 'score', name: 'score', type: 'Number' }],
        existingUsers: false,
        subscriptionId: '7e2b8804bbe162cd3f9c0c5991bf3078',
        exportFields: null,
        events: 'both',
        timestyle: 'classic',
      }),
    );
    await segueJson(at('workflow', 'import', path));
    const preview = await segueJson<PreviewResult>(
      at('preview', 'VIP', '--user', 'u1', '--shape', 'enter', '--now', '2026-11-04T01:02:03.000000009Z'),
    );
    const body = JSON.parse(preview.body) as { data: { segment_events: unknown[] }; meta: unknown };
    expect(preview.body.startsWith('{"data":{"user_id": "u1"')).toBe(true);
    expect(preview.body).toContain('"score": 12345678901234567890');
    expect(body.data.segment_events).toMatchObject([
      {
        event: 'enter',
        enter: '2026-11-04T01:02:03.000000009Z',
        exit: '2099-11-04T01:02:03.000000009Z',
        slug: 'vip',
      },
    ]);
    expect(body.meta).toEqual({
      object: 'user',
      subscription_id: '7e2b8804bbe162cd3f9c0c5991bf3078',
      timestamp: '2026-11-04T01:02:03.000000009Z',
    });
    expect(preview.bytes).toBeGreaterThan(Buffer.byteLength(preview.body));
    expect(preview.attributes).toContainEqual({
      name: 'score',
      type: 'Number',
      value: '12345678901234567890',
    });
  });

  it('sends one test message', async () => {
    const sent = await segueJson<SendResult>(
      at('send', 'VIP', '--user', 'u2', '--credentials', 'env'),
      sandbox.env,
    );
    const received = await receiveAll(sandbox.queueUrl, sandbox.credentials);
    expect(received).toHaveLength(1);
    expect(received[0]).toMatchObject({ MessageId: sent.messageId, Body: sent.body, MD5OfBody: sent.md5 });
    expect(received[0]?.MessageAttributes?.score).toMatchObject({ DataType: 'Number', StringValue: '1.5' });
  });

  it('plans, dry-runs and replays the history, each message exactly once', async () => {
    const plan = await segueJson<Plan>(at('replay', 'plan', 'VIP'));
    expect(plan).toMatchObject({ messages: 4, changes: 4, withoutProfile: 0, queue: { depth: null } });
    const asked = await segueJson<Plan>(at('replay', 'plan', 'VIP', '--credentials', 'env'), sandbox.env);
    expect(asked).toMatchObject({
      messages: 4,
      problems: [{ code: 'ATTRIBUTE_NUMBER_ZEROS' }],
      queue: { fifo: false, depth: expect.any(Number), encryption: 'sqs', maximumMessageBytes: 1_048_576 },
    });
    const dry = await segueJson<RunDetail>(
      at('replay', 'start', 'VIP', '--dry-run', '--credentials', 'env'),
      sandbox.env,
    );
    expect(dry).toMatchObject({ state: 'completed', planned: 4, dryRun: true });
    expect(await receiveAll(sandbox.queueUrl, sandbox.credentials)).toHaveLength(0);
    const run = await segueJson<RunDetail>(at('replay', 'start', 'VIP', '--credentials', 'env'), sandbox.env);
    expect(run).toMatchObject({
      state: 'completed',
      planned: 4,
      sent: 4,
      failed: 0,
      parked: 0,
      pending: 0,
      possibleDuplicates: 0,
    });
    const bodies = (await receiveAll(sandbox.queueUrl, sandbox.credentials)).map(({ Body = '' }) => Body);
    const seen = bodies.map((body) => {
      const { data, meta } = JSON.parse(body) as {
        data: { user_id: string; segment_events: { event: string }[] };
        meta: { timestamp: string };
      };
      return `${data.user_id} ${data.segment_events.map(({ event }) => event).join('+')} ${meta.timestamp}`;
    });
    expect(seen.sort()).toEqual([
      'u1 enter 2026-11-02T00:00:00Z',
      'u1 exit 2026-11-03T00:00:00Z',
      'u2 enter 2026-11-02T00:00:00Z',
      'u3 enter 2026-11-03T00:00:00Z',
    ]);
    const shown = await segueJson<RunDetail>(at('run', 'show', run.id));
    expect(shown).toMatchObject({ id: run.id, state: 'completed', sent: 4 });
  });

  it('backfills everyone now in the audience', async () => {
    const run = await segueJson<RunDetail>(
      at('backfill', 'start', 'VIP', '--credentials', 'env'),
      sandbox.env,
    );
    expect(run).toMatchObject({ state: 'completed', sent: 2 });
    const bodies = (await receiveAll(sandbox.queueUrl, sandbox.credentials)).map(({ Body = '' }) => Body);
    expect(bodies.filter((body) => body.includes('"event":"enter"'))).toHaveLength(2);
  });

  it.each([
    ['an unknown workflow', ['preview', 'Nope', '--user', 'u1'], 'WORKFLOW_NOT_FOUND', 1],
    ['an unknown user', ['preview', 'VIP', '--user', 'nobody'], 'PROFILE_NOT_FOUND', 1],
    ['an unknown audience', ['audience', 'show', 'vpi'], 'AUDIENCE_NOT_FOUND', 1],
    ['an unknown run', ['run', 'show', 'abc'], 'RUN_NOT_FOUND', 1],
    ['a missing file', ['profile', 'import', '/nowhere/at/all.ndjson'], 'FILE_NOT_FOUND', 1],
    ['a bad time', ['history', 'count', '--from', 'yesterday'], 'USAGE', 2],
    ['an unknown option', ['profile', 'count', '--frobnicate'], 'USAGE', 2],
    ['an unknown command', ['profiel', 'count'], 'USAGE', 2],
  ])('reports %s as a coded error', async (_what, args, code, exit) => {
    const result = await segue([...at(...args), '--json']);
    expect(result.code).toBe(exit);
    expect(result.stdout).toBe('');
    expect(JSON.parse(result.stderr)).toMatchObject({ error: { code } });
  });

  it('stops at wrong keys and at a queue that does not exist', async () => {
    const wrong = await segue([...at('send', 'VIP', '--user', 'u1', '--credentials', 'env'), '--json'], {
      ...sandbox.env,
      AWS_SECRET_ACCESS_KEY: 'wrong',
    });
    expect(wrong.code).toBe(1);
    expect(JSON.parse(wrong.stderr)).toMatchObject({ error: { code: 'CREDENTIALS_REFUSED' } });
    expect(wrong.stderr).not.toContain('wrong-secret');
  });

  it('refuses a CSV without a header and a second process on one workspace', async () => {
    const headless = file('headless.csv', 'u1,vip\nu2,vip\n');
    const refused = await segue([
      ...at('snapshot', 'import', headless, '--at', '2026-11-09T00:00:00Z'),
      '--json',
    ]);
    expect(JSON.parse(refused.stderr)).toMatchObject({ error: { code: 'FILE_FORMAT' } });
  });
});
