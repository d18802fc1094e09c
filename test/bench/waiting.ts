import { fork } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { writeProfiles } from './import/data.ts';
import type { Waits } from './waiting/child.ts';

const CASES = ['nothing', 'profiles', 'events', 'archive', 'snapshot'] as const;

/**
 * How long other calls wait while a big import runs in the engine process, as in the window: a page of history, the runs, and
 * a write as the dispatcher's journal makes, each asked for every 16 ms, one frame; a wait counts from when it was due. `nothing` is
 * the same process without an import: what the machine itself adds.
 *
 * Options: --users N (200000), --only NAME (several times), --dir FOLDER (kept).
 */
export async function run(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      users: { type: 'string', default: '200000' },
      only: { type: 'string', multiple: true },
      dir: { type: 'string' },
    },
  });
  const folder = values.dir ?? mkdtempSync(join(tmpdir(), 'segue-bench-waiting-'));
  mkdirSync(folder, { recursive: true });
  try {
    const users = Number(values.users);
    const file = join(folder, `${users}.ndjson`);
    if (!existsSync(file)) writeProfiles(file, { users, day: 0, segments: true });
    console.log(`${users} records; milliseconds that a call waits: median, 99th percentile, longest`);
    for (const name of CASES) {
      if (values.only === undefined || values.only.includes(name))
        print(name, await measure(name, folder, file));
    }
  } finally {
    if (values.dir === undefined) rmSync(folder, { recursive: true, force: true });
  }
}

function print(name: string, { seconds, waits }: Waits): void {
  const all = Object.entries(waits).map(([call, times]) => {
    const sorted = times.sort((a, b) => a - b);
    const at = (share: number) =>
      (sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0).toFixed(1);
    return `${call} ${at(0.5)} ${at(0.99)} ${at(1)}`;
  });
  console.log(`${name.padEnd(10)}${seconds.toFixed(1)} s  ${all.join('   ')}`);
}

/** The import runs in a forked process, which is what makes the engine keep its event loop free. */
function measure(name: string, folder: string, file: string): Promise<Waits> {
  const workspace = join(folder, 'workspace');
  rmSync(workspace, { recursive: true, force: true });
  const child = fork(join(import.meta.dirname, 'waiting', 'child.ts'), [name, workspace, file]);
  return new Promise((resolve, reject) => {
    child.once('message', (waits: Waits) => resolve(waits));
    child.once('exit', () => reject(new Error(`${name}: the process ended without a result`)));
  });
}
