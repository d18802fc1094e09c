import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const ENTRY = join(import.meta.dirname, '../../main/cli/segue.ts');

/** How one command ended. */
export interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** A fresh folder for one test. */
export function freshFolder(): string {
  return mkdtempSync(join(tmpdir(), 'segue-cli-'));
}

/** Starts the command line as a user's shell would: another process, pipes for a terminal, or `stdout` redirected. */
export function startSegue(
  args: readonly string[],
  env: Record<string, string> = {},
  stdout: 'pipe' | number = 'pipe',
): ChildProcess {
  return spawn(process.execPath, [ENTRY, ...args], {
    stdio: ['pipe', stdout, 'pipe'],
    env: { ...process.env, AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: '', ...env },
  });
}

/** Runs one command to its end. */
export function segue(args: readonly string[], env: Record<string, string> = {}, input = ''): Promise<Ended> {
  const child = startSegue(args, env);
  child.stdin?.end(input);
  return ended(child);
}

/** Collects what a started command prints until it ends. */
export function ended(child: ChildProcess): Promise<Ended> {
  let stdout = '';
  let stderr = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, stdout, stderr }));
  });
}

/** Runs one command with `--json` that must succeed, and gives the document. */
export async function segueJson<T>(args: readonly string[], env: Record<string, string> = {}): Promise<T> {
  const { code, stdout, stderr } = await segue([...args, '--json'], env);
  if (code !== 0) throw new Error(`segue ${args.join(' ')} ended with ${code}: ${stderr}${stdout}`);
  return JSON.parse(stdout) as T;
}

/** The sandbox queue as a process of its own, as a test of another program would start it. */
export async function startSandboxProcess(args: readonly string[] = []) {
  const child = startSegue(['sandbox', 'start', ...args]);
  const ready = await new Promise<string>((resolve, reject) => {
    let text = '';
    child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
      if (text.includes('}\n')) resolve(text);
    });
    child.once('close', (code) => reject(new Error(`the sandbox ended with ${code} before it was ready`)));
  });
  const { endpoint, queueUrl, accessKeyId, secretAccessKey } = JSON.parse(ready) as Record<
    'endpoint' | 'queueUrl' | 'accessKeyId' | 'secretAccessKey',
    string
  >;
  return {
    endpoint,
    queueUrl,
    credentials: { accessKeyId, secretAccessKey },
    env: { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey },
    async stop() {
      const closed = new Promise((resolve) => child.once('close', resolve));
      child.kill('SIGTERM');
      await closed;
    },
  };
}
