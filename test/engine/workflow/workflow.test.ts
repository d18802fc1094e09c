import { mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CallContext } from '../../../main/engine/context.ts';
import { openStore, type Store } from '../../../main/engine/store/store.ts';
import { guardSending } from '../../../main/engine/workflow/environment.ts';
import { createWorkflowHandlers } from '../../../main/engine/workflow/handlers.ts';
import { saveWorkflow } from '../../../main/engine/workflow/store.ts';
import { parseWorkflowFile } from '../../../main/engine/workflow/workflow-file.ts';
import { workflowProblems } from '../../../main/engine/workflow/workflow-problems.ts';
import { type Workflow, workflow, workflowFile } from '../../../preload/contract/workflow.ts';

const NOW = Date.UTC(2026, 10, 23);
const call: CallContext = { signal: new AbortController().signal, progress: () => undefined };

let dir: string;
let store: Store;
let told: unknown[];
let ids: number;
const handlers = () =>
  createWorkflowHandlers({
    store,
    clock: () => NOW,
    newId: () => {
      ids += 1;
      return String(ids).padStart(32, '0');
    },
    emit: (...event) => told.push(event),
  });
const draft = (over: object = {}) =>
  workflowFile.parse({ name: 'At risk to SQS', queueUrl: 'sandbox:triggers', ...over });
const save = (over: object = {}, previousName?: string) =>
  handlers().save({ workflow: draft(over), ...(previousName === undefined ? {} : { previousName }) }, call);
const names = async () => (await handlers().list({}, call)).rows.map(({ name }) => name);

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'segue-workflow-'));
  store = openStore(join(dir, 'workspace'));
  told = [];
  ids = 0;
});
afterEach(() => store.close());

describe('stored workflows', () => {
  it('come back as they were saved, with a subscription id of their own that stays', async () => {
    const first = await save();
    expect(first).toMatchObject({
      name: 'At risk to SQS',
      subscriptionId: '1'.padStart(32, '0'),
      version: 1,
    });
    const again = await save({ events: 'exit' });
    expect(again).toMatchObject({ events: 'exit', subscriptionId: first.subscriptionId });
    expect(await handlers().show({ name: 'At risk to SQS' }, call)).toEqual(again);
    expect(told).toEqual([
      ['storeChanged', { tables: ['workflow'] }],
      ['storeChanged', { tables: ['workflow'] }],
    ]);
  });

  it('are renamed, keeping the subscription id, but never onto another one', async () => {
    const first = await save();
    await save({ name: 'Other' });
    expect(await save({ name: 'New name' }, 'At risk to SQS')).toMatchObject({
      subscriptionId: first.subscriptionId,
    });
    expect(await names()).toEqual(['New name', 'Other']);
    expect(() => save({ name: 'Other' }, 'New name')).toThrowError(
      expect.objectContaining({ code: 'CONFLICT' }),
    );
    expect(() => save({ name: 'X' }, 'Nowhere')).toThrowError(
      expect.objectContaining({ code: 'WORKFLOW_NOT_FOUND' }),
    );
    expect(await names()).toEqual(['New name', 'Other']);
  });

  it('that do not exist are named with the nearest one', async () => {
    await save();
    for (const attempt of [
      () => handlers().show({ name: 'at risk to sqq' }, call),
      () => handlers().remove({ name: 'at risk to sqq' }, call),
      () => handlers().export({ name: 'at risk to sqq', out: join(dir, 'w.json') }, call),
    ]) {
      await expect(async () => attempt()).rejects.toThrowError(
        /There is no workflow "at risk to sqq". Did you mean "At risk to SQS"\?/,
      );
    }
  });

  it('are removed', async () => {
    await save();
    expect(await handlers().remove({ name: 'At risk to SQS' }, call)).toEqual({ name: 'At risk to SQS' });
    expect(await names()).toEqual([]);
  });

  it('of a newer Segue are refused, not misread', async () => {
    await save();
    store.db.prepare(`UPDATE workflow SET json = json_set(json, '$.version', 2)`).run();
    expect(() => handlers().list({}, call)).toThrowError(
      expect.objectContaining({
        code: 'WORKFLOW_INVALID',
        message: expect.stringContaining('version 2 is not known'),
      }),
    );
  });
});

describe('workflow files', () => {
  const file = (content: string) => {
    const path = join(dir, 'in.json');
    writeFileSync(path, content);
    return path;
  };
  const importing = (content: string) => () => handlers().import({ path: file(content) }, call);

  it('are written wholly and read back equal', async () => {
    const saved = await save({ attributes: [{ field: 'email' }], schema: { type: 'object' } });
    const out = join(dir, 'out.json');
    writeFileSync(out, 'old');
    expect(await handlers().export({ name: saved.name, out }, call)).toEqual({ file: out });
    expect(readdirSync(dir).sort()).toEqual(['out.json', 'workspace']);
    await handlers().remove({ name: saved.name }, call);
    expect(await handlers().import({ path: out }, call)).toEqual({ imported: [saved.name] });
    expect(await handlers().show({ name: saved.name }, call)).toEqual(saved);
    expect(readFileSync(out, 'utf8')).toMatch(/^\{\n {2}"version": 1,\n/);
  });

  it('leave nothing behind when they cannot be written', async () => {
    await save();
    mkdirSync(join(dir, 'folder'));
    for (const out of [join(dir, 'folder'), join(dir, 'no', 'w.json')])
      await expect(handlers().export({ name: 'At risk to SQS', out }, call)).rejects.toMatchObject({
        code: 'FILE_UNWRITABLE',
        message: expect.stringContaining(out),
      });
    expect(readdirSync(dir).sort()).toEqual(['folder', 'workspace']);
  });

  it('may hold one workflow or several, and store all or none', async () => {
    expect(
      await handlers().import(
        { path: file('\ufeff[{"name":"A"},{"name":"B","queueUrl":"sandbox:q"}]') },
        call,
      ),
    ).toEqual({ imported: ['A', 'B'] });
    expect(importing('[{"name":"C"},{"name":"D","events":"never"}]')).toThrowError();
    expect(await names()).toEqual(['A', 'B']);
    const [a, b] = (await handlers().list({}, call)).rows;
    expect(a?.subscriptionId).not.toBe(b?.subscriptionId);
  });

  it('that are not JSON are refused with line and column', () => {
    expect(importing('{\n  "name": "A",\n}')).toThrowError(
      expect.objectContaining({
        code: 'FILE_FORMAT',
        detail: expect.objectContaining({ line: 3, column: 1 }),
      }),
    );
    expect(() => handlers().import({ path: join(dir, 'none.json') }, call)).toThrowError(
      expect.objectContaining({ code: 'FILE_NOT_FOUND' }),
    );
    expect(() => handlers().import({ path: dir }, call)).toThrowError(
      expect.objectContaining({ code: 'FILE_UNREADABLE' }),
    );
  });

  it.each([
    [
      '{"name":"A",\n "audience":["x"]}',
      2,
      2,
      '/audience',
      /"audience" is not known. Did you mean "audiences"\?/,
    ],
    [
      '[{"name":"A"},\n{"name":"B","attributes":[{"field":"a","typ":"String"}]}]',
      2,
      40,
      '/1/attributes/0/typ',
      /Did you mean "type"\?/,
    ],
    [
      '{"name":"A","__proto__":{"x":1}}',
      1,
      13,
      '/__proto__',
      /"__proto__" is not known. Known keys: version, kind/,
    ],
    ['{"name":"A","timestyle":\n"modem"}', 1, 13, '/timestyle', /expected one of/],
    ['{"name":"A","attributes":[{"name":"x"}]}', 1, 27, '/attributes/0/field', /expected string/],
    ['{"queueUrl":"sandbox:q"}', 1, 1, '/name', /expected string/],
    ['{"name":"A","subscriptionId":"ABC"}', 1, 13, '/subscriptionId', /32 lower-case/],
    ['[{"name":"A"},{"name":"A"}]', 1, 16, '/1/name', /two workflows of the file are named "A"/],
    ['[1]', 1, 2, '/0', /a workflow is a JSON object/],
  ])('%s is refused where it is wrong', async (content, line, column, path, reason) => {
    expect(importing(content)).toThrowError(
      expect.objectContaining({
        code: 'WORKFLOW_INVALID',
        message: expect.stringMatching(reason),
        detail: expect.objectContaining({ line, column, path }),
      }),
    );
    expect(await names()).toEqual([]);
  });

  it('of a newer version, or without a workflow, are refused', () => {
    expect(() => parseWorkflowFile('{"version":2,"name":"A"}', 'w.json')).toThrowError(
      /w.json: version 2 is not known/,
    );
    expect(() => parseWorkflowFile('{"version":"1","name":"A"}', 'w.json')).toThrowError(
      /version "1" is not known/,
    );
    expect(() => parseWorkflowFile('[]', 'w.json')).toThrowError(/holds no workflow/);
  });
});

describe('before anything is sent', () => {
  const made = (over: object): Workflow =>
    workflow.parse({ name: 'W', subscriptionId: 'a'.repeat(32), ...over });
  const guard = (over: object, consent: { confirm?: string; trustHost?: string } = {}) =>
    guardSending(store.db, made(over), consent, NOW);

  it('production wants its name', () => {
    const production = { environment: 'production', queueUrl: 'sandbox:q' };
    for (const confirm of [undefined, '', 'w', 'yes']) {
      expect(() => guard(production, confirm === undefined ? {} : { confirm })).toThrowError(
        expect.objectContaining({ code: 'CONFIRMATION_REQUIRED' }),
      );
    }
    expect(guard(production, { confirm: 'W' })).toMatchObject({ kind: 'sandbox' });
    expect(guard({ environment: 'staging', queueUrl: 'sandbox:q' })).toMatchObject({ kind: 'sandbox' });
  });

  it('a host outside AWS wants one confirmation, kept for the workspace', () => {
    const custom = { environment: 'staging', queueUrl: 'https://sqs.example.com/q' };
    expect(() => guard(custom)).toThrowError(
      expect.objectContaining({ code: 'ENDPOINT_UNCONFIRMED', detail: { host: 'sqs.example.com' } }),
    );
    expect(() => guard(custom, { trustHost: 'example.com' })).toThrowError(
      expect.objectContaining({ code: 'ENDPOINT_UNCONFIRMED' }),
    );
    guard(custom, { trustHost: 'sqs.example.com' });
    expect(guard(custom)).toMatchObject({ host: 'sqs.example.com' });
    expect(() => guard({ ...custom, queueUrl: 'https://other.example.com/q' })).toThrowError();
  });

  it('this computer needs none in the sandbox environment, but does elsewhere', () => {
    const local = { queueUrl: 'http://localhost:4566/000000000000/q' };
    expect(guard({ ...local, environment: 'sandbox' })).toMatchObject({ loopback: true });
    expect(() => guard({ ...local, environment: 'staging' })).toThrowError(
      expect.objectContaining({ code: 'ENDPOINT_UNCONFIRMED' }),
    );
  });

  it('a host is not trusted by a send that production refused', () => {
    const refused = { environment: 'production', queueUrl: 'https://sqs.example.com/q' };
    expect(() => guard(refused, { trustHost: 'sqs.example.com' })).toThrowError(
      expect.objectContaining({ code: 'CONFIRMATION_REQUIRED' }),
    );
    expect(store.db.prepare('SELECT count(*) FROM trusted_host').pluck().get()).toBe(0);
  });

  it('the region must match', () => {
    expect(() =>
      guard({ queueUrl: 'https://sqs.us-east-2.amazonaws.com/111111111111/q', region: 'eu-west-1' }),
    ).toThrowError(expect.objectContaining({ code: 'REGION_MISMATCH' }));
  });
});

describe('the problems of a workflow', () => {
  const problemsOf = (over: object) =>
    workflowProblems(
      workflow.parse({
        name: 'W',
        subscriptionId: 'a'.repeat(32),
        queueUrl: 'sandbox:q',
        audiences: ['at_risk'],
        ...over,
      }),
      {
        audiences: [{ slug: 'at_risk', hexId: 'f'.repeat(32) }],
        isHostTrusted: (url) => url.kind !== 'custom',
      },
    ).map(({ severity, code, field }) => `${severity} ${code} ${field}`);

  it.each([
    [{}, []],
    [{ audiences: ['f'.repeat(32)] }, []],
    [{ queueUrl: '' }, ['error QUEUE_MISSING queueUrl']],
    [{ queueUrl: 'nonsense' }, ['error QUEUE_URL queueUrl']],
    [
      { queueUrl: 'https://sqs.us-east-2.amazonaws.com/111111111111/q', authorization: 'ops' },
      ['error REGION_MISMATCH region'],
    ],
    [
      { queueUrl: 'https://sqs.us-east-1.amazonaws.com/111111111111/q' },
      ['warning AUTHORIZATION_MISSING authorization'],
    ],
    [{ queueUrl: 'https://example.com/q' }, ['warning ENDPOINT_UNCONFIRMED queueUrl']],
    [{ queueUrl: 'sandbox:q.fifo' }, ['warning GROUP_FIELD_DEFAULT groupIdField']],
    [
      { queueUrl: 'sandbox:q.fifo', groupIdField: 'user_id', dedupAttribute: true },
      ['warning DEDUP_ATTRIBUTE_FIFO dedupAttribute'],
    ],
    [{ audiences: [] }, ['error AUDIENCES_MISSING audiences']],
    [{ audiences: ['at_risk', 'at_rusk'] }, ['error AUDIENCE_UNKNOWN audiences.1']],
    [
      { attributes: Array.from({ length: 11 }, (_, n) => ({ field: `f${n}` })) },
      ['error ATTRIBUTE_COUNT attributes'],
    ],
    [
      { attributes: Array.from({ length: 10 }, (_, n) => ({ field: `f${n}` })), dedupAttribute: true },
      ['error ATTRIBUTE_COUNT attributes'],
    ],
    [
      {
        attributes: [{ field: 'a' }, { field: 'b', name: 'a' }, { field: 'x y' }, { field: 'dedup_id' }],
        dedupAttribute: true,
      },
      [
        'error ATTRIBUTE_DUPLICATE attributes.1',
        'error ATTRIBUTE_NAME attributes.2',
        'error ATTRIBUTE_DUPLICATE attributes.3',
      ],
    ],
    [{ schema: { type: 'nonsense' } }, ['error SCHEMA_INVALID schema']],
  ])('%j: %j', (over, expected) => {
    expect(problemsOf(over)).toEqual(expected);
  });
});

it('keeps the subscription id that a draft brings', () => {
  const tools = { nowMs: NOW, newId: () => 'x' };
  expect(
    saveWorkflow(store.db, draft({ subscriptionId: 'b'.repeat(32) }), undefined, tools).subscriptionId,
  ).toBe('b'.repeat(32));
});
