import { execFileSync, spawn } from 'node:child_process';
import { closeSync, constants, existsSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import Database from 'better-sqlite3';
import { beforeEach, expect, it } from 'vitest';
import { type Ended, ended, freshFolder, segue, segueJson, startSegue } from './run-segue.ts';

const USERS = 6000;
const profiles = Array.from({ length: USERS }, (_, i) => `{"user_id":"u${i}","segments":["vip"]}\n`).join('');
let dir: string;
let workspace: string;

beforeEach(async () => {
  dir = freshFolder();
  workspace = join(dir, 'workspace');
  await segueJson(['profile', 'count', '--workspace', workspace]);
});

/**
 * Resolves once a started import has written profiles. It looks only while the import has the store open, and not all the
 * time: a reader that comes first, or never pauses, can keep the import from opening it.
 */
async function writing(end: Promise<Ended>): Promise<void> {
  const over = end.then(({ stderr }) => {
    throw new Error(`The import ended before it was interrupted: ${stderr}`);
  });
  over.catch(() => undefined);
  const file = join(workspace, 'segue.db');
  while (!existsSync(`${file}-wal`) || written(file) === 0) await Promise.race([over, setTimeout(20)]);
}

function written(file: string): number {
  const db = new Database(file, { readonly: true });
  try {
    return db.prepare<[], number>('SELECT count(*) FROM profile').pluck().get() ?? 0;
  } finally {
    db.close();
  }
}

/** Starts an import of standard input, of which profiles have come. */
function startImport() {
  const child = startSegue(['profile', 'import', '-', '--workspace', workspace, '--json']);
  // Whatever is not read when the command ends is nobody's loss.
  child.stdin?.on('error', () => undefined).write(profiles);
  return { child, end: ended(child) };
}

/** Opens a named pipe once somebody reads it. */
async function openForWriting(fifo: string): Promise<number> {
  for (;;) {
    try {
      return openSync(fifo, constants.O_WRONLY | constants.O_NONBLOCK);
    } catch {
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
}

async function expectNothingKept(): Promise<void> {
  expect(await segueJson(['profile', 'count', '--workspace', workspace])).toEqual({ count: 0, versions: 0 });
  expect(await segueJson(['audience', 'list', '--workspace', workspace])).toEqual([]);
  // "failed" would mean that only this opening took it back.
  expect(await segueJson(['import', 'list', '--workspace', workspace])).toMatchObject([
    { state: 'cancelled' },
  ]);
  expect((await segue(['doctor', '--workspace', workspace])).code).toBe(0);
}

it.each(['SIGINT', 'SIGTERM'] as const)(
  'takes an import back on %s, though its input never ends',
  {
    timeout: 60_000,
  },
  async (signal) => {
    const { child, end } = startImport();
    await writing(end);
    child.kill(signal);
    const { code, stdout, stderr } = await end;
    expect(code).toBe(4);
    expect(stdout).toBe('');
    expect(JSON.parse(stderr)).toMatchObject({ error: { code: 'CANCELLED' } });
    await expectNothingKept();
  },
);

it('does not take the end of a pipe for the end of the data when Ctrl-C ended both', {
  timeout: 60_000,
}, async () => {
  const { child, end } = startImport();
  await writing(end);
  child.kill('SIGINT');
  child.stdin?.end();
  expect((await end).code).toBe(4);
  await expectNothingKept();
});

it.runIf(process.platform !== 'win32')(
  'ends at once on the second Ctrl-C, also while a pipe brings nothing',
  { timeout: 60_000 },
  async () => {
    const fifo = join(dir, 'fifo');
    execFileSync('mkfifo', [fifo]);
    const child = startSegue(['profile', 'import', fifo, '--workspace', workspace]);
    const closed = new Promise((resolve) => child.once('close', (code, signal) => resolve({ code, signal })));
    const said = new Promise<void>((resolve) => {
      child.stderr?.setEncoding('utf8').on('data', (text: string) => {
        if (text.includes('once more to stop at once')) resolve();
      });
    });
    const writer = await openForWriting(fifo);
    child.kill('SIGINT');
    await said;
    child.kill('SIGINT');
    expect(await closed).toEqual({ code: null, signal: 'SIGINT' });
    closeSync(writer);
    expect((await segue(['doctor', '--workspace', workspace])).code).toBe(0);
  },
);

it('refuses a folder as standard input', async () => {
  const folder = openSync(dir, 'r');
  const entry = join(import.meta.dirname, '../../main/cli/segue.ts');
  const args = [entry, 'profile', 'import', '-', '--workspace', workspace, '--json'];
  const child = spawn(process.execPath, args, { stdio: [folder, 'pipe', 'pipe'] });
  const { code, stderr } = await ended(child);
  closeSync(folder);
  expect(code).toBe(1);
  expect(JSON.parse(stderr)).toMatchObject({ error: { code: 'FILE_UNREADABLE' } });
});
