import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { closeSync, constants, existsSync, openSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { setTimeout } from 'node:timers/promises';
import Database from 'better-sqlite3';
import { beforeEach, describe, expect, it } from 'vitest';
import { GRACE_MS } from '../../main/cli/interrupt.ts';
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

it('ends when it refuses a line, though its input never ends', { timeout: 20_000 }, async () => {
  const at = '2026-11-01T00:00:00Z';
  const child = startSegue([
    'snapshot',
    'import',
    '-',
    '--at',
    at,
    '--strict',
    '--workspace',
    workspace,
    '--json',
  ]);
  child.stdin?.on('error', () => undefined).write(`${profiles}{"user_id":"u"}\n`);
  const { code, stderr } = await ended(child);
  expect(code).toBe(1);
  expect(JSON.parse(stderr)).toMatchObject({ error: { code: 'REJECTED_STRICT' } });
});

const COMMANDS = {
  'of profiles': ['profile', 'import'],
  'of a snapshot': ['snapshot', 'import', '--at', '2026-11-01T00:00:00Z'],
  'of audiences': ['audience', 'import'],
} as const;

describe.each(Object.keys(COMMANDS) as (keyof typeof COMMANDS)[])(
  'an import %s that waits for its input',
  (what) => {
    function start(input: string) {
      const child = startSegue([...COMMANDS[what], input, '--workspace', workspace, '--json']);
      return { child, end: ended(child) };
    }

    async function expectCancelled(child: ChildProcess, end: Promise<Ended>): Promise<void> {
      const began = performance.now();
      child.kill('SIGTERM');
      const { code, stderr } = await end;
      expect(code).toBe(4);
      expect(performance.now() - began).toBeLessThan(GRACE_MS / 2);
      expect(JSON.parse(stderr)).toMatchObject({ error: { code: 'CANCELLED' } });
      expect(await segueJson(['profile', 'count', '--workspace', workspace])).toEqual({
        count: 0,
        versions: 0,
      });
    }

    it.runIf(process.platform !== 'win32')(
      'ends soon after one SIGTERM, when a named pipe brings nothing',
      { timeout: 60_000 },
      async () => {
        const fifo = join(dir, 'fifo');
        execFileSync('mkfifo', [fifo]);
        const { child, end } = start(fifo);
        const writer = await openForWriting(fifo);
        await expectCancelled(child, end);
        closeSync(writer);
      },
    );

    it('ends soon after one SIGTERM, when standard input brings nothing more', {
      timeout: 60_000,
    }, async () => {
      const { child, end } = start('-');
      // More than a pipe holds: once it is taken, the import is under way.
      await new Promise((resolve) => child.stdin?.write('\n'.repeat(1024 * 1024), resolve));
      await expectCancelled(child, end);
    });
  },
);

it.runIf(process.platform !== 'win32')('reads a named pipe to its end', { timeout: 60_000 }, async () => {
  const fifo = join(dir, 'fifo');
  execFileSync('mkfifo', [fifo]);
  const end = ended(startSegue(['profile', 'import', fifo, '--workspace', workspace, '--json']));
  const writer = await open(fifo, 'w');
  await writer.writeFile(profiles);
  await writer.close();
  expect((await end).code).toBe(0);
  expect(await segueJson(['profile', 'count', '--workspace', workspace])).toMatchObject({ count: USERS });
});

it.runIf(process.platform !== 'win32')('ends at once on the second Ctrl-C', { timeout: 60_000 }, async () => {
  const interrupt = new URL('../../main/cli/interrupt.ts', import.meta.url).href;
  const work = `const { onInterrupt } = await import(${JSON.stringify(interrupt)});
    onInterrupt(false); setInterval(() => undefined, 1000); console.log('working');`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', work]);
  const closed = new Promise((resolve) => child.once('close', (code, signal) => resolve({ code, signal })));
  const saying = (stream: Readable, text: string) =>
    new Promise<void>((resolve) => {
      stream.on('data', (said: Buffer) => {
        if (said.includes(text)) resolve();
      });
    });
  const said = saying(child.stderr, 'once more to stop at once');
  await saying(child.stdout, 'working');
  child.kill('SIGINT');
  await said;
  child.kill('SIGINT');
  expect(await closed).toEqual({ code: null, signal: 'SIGINT' });
});

it('says once, at the next opening, that what a killed import had written was taken back', {
  timeout: 60_000,
}, async () => {
  const count = ['profile', 'count', '--workspace', workspace];
  for (const json of [true, false]) {
    const { child, end } = startImport();
    await writing(end);
    child.kill('SIGKILL');
    await end;
    const opening = await segue(json ? [...count, '--json'] : count);
    expect(opening.code).toBe(0);
    // Where a program reads, nothing but documents.
    expect(opening.stderr).toBe(
      json
        ? ''
        : 'Import 2 (profiles, standard input) was cut off. What it had written was taken back; import it again.\n',
    );
    expect((await segue(count)).stderr).toBe('');
  }
});

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
