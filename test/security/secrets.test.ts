import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { freshFolder, segue, segueJson, startSandboxProcess } from '../cli/run-segue.ts';

/** Keys that work for nobody, and that must be found nowhere after they were used. */
const KEYS = {
  AWS_ACCESS_KEY_ID: 'AKIASEGUETEST0000001',
  AWS_SECRET_ACCESS_KEY: 'Never/Written+Down0123456789abcdefghijkl',
  AWS_SESSION_TOKEN: 'NeverWrittenDownEither9876543210',
};
const dir = freshFolder();
const at = ['--workspace', join(dir, 'ws'), '--credentials', 'env'];
const file = (name: string, text: string) => {
  writeFileSync(join(dir, name), text);
  return join(dir, name);
};
let sandbox: Awaited<ReturnType<typeof startSandboxProcess>>;

beforeAll(async () => {
  sandbox = await startSandboxProcess();
  await segueJson([
    'snapshot',
    'import',
    file('s.csv', 'user_id,segment\nada,vip\n'),
    '--at',
    '2026-11-01T00:00:00Z',
    ...at,
  ]);
  const workflow = {
    name: 'VIP',
    environment: 'staging',
    audiences: ['vip'],
    queueUrl: sandbox.queueUrl,
    region: 'us-east-1',
  };
  await segueJson(['workflow', 'import', file('w.json', JSON.stringify(workflow)), ...at]);
}, 60_000);
afterAll(() => sandbox.stop());

it('keys, refused or taken by the queue, are in no file of the workspace and in no output, not even for debugging', async () => {
  const host = new URL(sandbox.queueUrl).hostname;
  const env = { ...KEYS, SEGUE_DEBUG: '1' };
  const commands = [
    ['send', 'VIP', '--user', 'ada', '--trust-host', host],
    ['replay', 'start', 'VIP', '--json'],
    ['capture', '--queue', sandbox.queueUrl, '--peek', '--out', join(dir, 'capture.ndjson')],
    ['bundle', 'VIP', '--out', join(dir, 'vip.bundle')],
  ];
  const secrets = [KEYS.AWS_SECRET_ACCESS_KEY, KEYS.AWS_SESSION_TOKEN, sandbox.credentials.secretAccessKey];
  await segueJson(['replay', 'start', 'VIP', '--trust-host', host, ...at], sandbox.env);
  for (const command of commands) {
    const { stdout, stderr } = await segue([...command, ...at], env);
    expect(stdout + stderr).not.toBe('');
    for (const secret of secrets) expect(stdout + stderr).not.toContain(secret);
  }
  expect((await segue(['run', 'list', ...at])).stdout).toContain('VIP');
  const files = readdirSync(dir, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  expect(files.map(({ name }) => name)).toEqual(expect.arrayContaining(['segue.db', 'vip.bundle']));
  for (const { parentPath, name } of files)
    for (const secret of secrets)
      expect(readFileSync(join(parentPath, name)).includes(secret), name).toBe(false);
}, 120_000);
