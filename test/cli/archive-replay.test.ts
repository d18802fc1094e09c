import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { RunDetail } from '../../preload/contract/run.ts';
import { receiveAll } from './receive.ts';
import { freshFolder, segueJson, startSandboxProcess } from './run-segue.ts';

const samples: { message: unknown }[] = JSON.parse(
  readFileSync(new URL('../fixtures/conformance/messages.json', import.meta.url), 'utf8'),
);
/** As another system may have written them: compact, with spaces, with numbers that no double holds. */
const bodies = samples.map(({ message }, n) =>
  n % 2 === 0
    ? JSON.stringify(message)
    : JSON.stringify(message)
        .replaceAll('":', '": ')
        .replace('"data": {', '"data": {"n": 12345678901234567890.10, '),
);

let sandbox: Awaited<ReturnType<typeof startSandboxProcess>>;
beforeAll(async () => {
  sandbox = await startSandboxProcess();
});
afterAll(() => sandbox.stop());

it('archived messages of every variant go in, and come out of a replay byte for byte', async () => {
  const dir = freshFolder();
  const at = (...args: string[]) => ['--workspace', join(dir, 'ws'), ...args];
  writeFileSync(join(dir, 'archive.ndjson'), bodies.join('\n'));
  await segueJson(at('history', 'import', join(dir, 'archive.ndjson')));
  const workflow = {
    name: 'Archive',
    environment: 'staging',
    audiences: ['demo_segment', 'another_segment', 'emailzz5', 'first_name_joe'],
    changeFields: ['city'],
    queueUrl: sandbox.queueUrl,
    region: 'us-east-1',
  };
  writeFileSync(join(dir, 'workflow.json'), JSON.stringify(workflow));
  await segueJson(at('workflow', 'import', join(dir, 'workflow.json')));
  const run = await segueJson<RunDetail>(
    at('replay', 'start', 'Archive', '--credentials', 'env', '--trust-host', '127.0.0.1'),
    sandbox.env,
  );
  expect(run).toMatchObject({ state: 'completed', planned: bodies.length, sent: bodies.length });
  const received = await receiveAll(sandbox.queueUrl, sandbox.credentials);
  expect(received.map(({ Body }) => Body).sort()).toEqual([...bodies].sort());
}, 120_000);
