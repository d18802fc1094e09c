import { openSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ListQueuesCommand, SQSClient } from '@aws-sdk/client-sqs';
import { describe, expect, it } from 'vitest';
import { openStore } from '../../main/engine/store/store.ts';
import { ended, freshFolder, segue, startSandboxProcess, startSegue } from './run-segue.ts';

/** What DESIGN §10 promises of every command: exit codes, one JSON document, errors on standard error, nothing else. */

const dir = freshFolder();
const file = (name: string, text: string) => {
  writeFileSync(join(dir, name), text);
  return join(dir, name);
};
/** More lines than a pipe holds. */
const MANY_CASES = Array.from({ length: 20_000 }, (_, id) =>
  JSON.stringify({ id, filter: 'FILTER x > 1', context: { x: 2 }, now: '2026-01-01T00:00:00Z' }),
).join('\n');

file('here.txt', 'text');

const FAILING: [string[], number, string, RegExp][] = [
  [[], 2, 'USAGE', /Name a command/],
  [['nonsense'], 2, 'USAGE', /unknown command 'nonsense'/],
  [['audiense', 'list'], 2, 'USAGE', /Did you mean audience\?/],
  [['profile', 'count', '--bogus'], 2, 'USAGE', /unknown option '--bogus'/],
  [['profile', 'count', '--now', 'yesterday'], 2, 'USAGE', /Write a time as/],
  [['snapshot', 'import', 'x.csv'], 2, 'USAGE', /required option '--at <time>'/],
  [['history', 'count', '--event', 'gone'], 2, 'USAGE', /Allowed choices are enter, exit, change/],
  [['import', 'undo', 'last'], 2, 'USAGE', /Write a whole number above 0/],
  [['run', 'message', 'x', 'first'], 2, 'USAGE', /Write a whole number above 0/],
  [['replay', 'start', 'x', '--rate', '-1'], 2, 'USAGE', /Write a number above 0/],
  [['replay', 'start', 'x', '--shard', '4/4'], 2, 'USAGE', /I from 0 to N - 1/],
  [['replay', 'start'], 2, 'USAGE', /Name the workflow/],
  [['filter', 'check'], 2, 'USAGE', /either --text or --file/],
  [['sandbox', 'start', '--faults', 'foo'], 2, 'USAGE', /expected name=value/],
  [['filter', 'check', '--text', 'FILTER x ='], 1, 'RULE_SYNTAX', /Line 1, column 11/],
  [['filter', 'check', '--file', join(dir, 'none')], 1, 'FILE_NOT_FOUND', /none cannot be read/],
  [['profile', 'import', join(dir, 'none')], 1, 'FILE_NOT_FOUND', /There is no file/],
  [['profile', 'show', 'adda'], 1, 'PROFILE_NOT_FOUND', /"adda"/],
  [['audience', 'show', 'nope'], 1, 'AUDIENCE_NOT_FOUND', /"nope"/],
  [['workflow', 'show', 'nope'], 1, 'WORKFLOW_NOT_FOUND', /"nope"/],
  [['preview', 'nope', '--user', 'ada'], 1, 'WORKFLOW_NOT_FOUND', /"nope"/],
  [['run', 'show', 'nope'], 1, 'RUN_NOT_FOUND', /"nope"/],
  [['import', 'undo', '999'], 1, 'NOT_FOUND', /999/],
  [['history', 'export', '--out', join(dir, 'no', 'x')], 1, 'FILE_UNWRITABLE', /cannot be written/],
  [['backup', '--out', join(dir, 'no', 'x.db')], 1, 'FILE_UNWRITABLE', /cannot be written/],
  [['backup', '--out', join(dir, 'here.txt')], 1, 'CONFLICT', /is there already/],
];

describe('a command that fails', { timeout: 60_000 }, () => {
  it.concurrent.each(FAILING)('segue %j: exit %i, %s', async (args, exit, code, message) => {
    const answer = await segue([...args, '--workspace', freshFolder(), '--json']);
    expect(answer.stdout).toBe('');
    expect(JSON.parse(answer.stderr)).toEqual({
      error: { code, message: expect.stringMatching(message), detail: expect.any(Object) },
    });
    expect(answer.code).toBe(exit);
  });

  it('says so in a sentence with the code where no JSON is asked for', async () => {
    const { code, stdout, stderr } = await segue(['run', 'show', 'nope', '--workspace', freshFolder()]);
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(/^segue: There is no run "nope"\..*\[RUN_NOT_FOUND\]\n$/);
  });

  it('names the process that has the workspace open', async () => {
    const folder = freshFolder();
    const store = openStore(folder);
    const { code, stderr } = await segue(['profile', 'count', '--workspace', folder, '--json']);
    store.close();
    expect(code).toBe(1);
    expect(JSON.parse(stderr)).toMatchObject({
      error: { code: 'WORKSPACE_LOCKED', detail: { workspace: folder, pid: process.pid } },
    });
  });
});

describe('the output', { timeout: 60_000 }, () => {
  it('may lose its reader', async () => {
    const child = startSegue(['filter', 'eval', '--cases', file('cases.ndjson', MANY_CASES)]);
    child.stdout?.once('data', () => child.stdout?.destroy());
    const { code, stderr } = await ended(child);
    expect([code, stderr]).toEqual([0, '']);
  });

  it.skipIf(process.platform !== 'linux')('that cannot be written is an error', async () => {
    const child = startSegue(
      ['filter', 'eval', '--cases', file('one.ndjson', MANY_CASES)],
      {},
      openSync('/dev/full', 'w'),
    );
    const { code, stderr } = await ended(child);
    expect(stderr).toMatch(/^segue: Standard output cannot be written \(ENOSPC\)/);
    expect(code).toBe(1);
  });
});

it('the sandbox makes every queue that is asked for, and tells the URL of the first', async () => {
  const sandbox = await startSandboxProcess(['--queue', 'triggers', '--queue', 'letters.fifo']);
  try {
    const { endpoint, credentials } = sandbox;
    const client = new SQSClient({ endpoint, credentials, region: 'us-east-1' });
    const { QueueUrls } = await client.send(new ListQueuesCommand({}));
    expect(QueueUrls?.map((url) => url.split('/').at(-1)).sort()).toEqual(['letters.fifo', 'triggers']);
    expect(sandbox.queueUrl).toMatch(/\/triggers$/);
  } finally {
    await sandbox.stop();
  }
});
