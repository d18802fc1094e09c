import { spawnSync } from 'node:child_process';
import {
  closeSync,
  cpSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  rmSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { NODE_FLAGS } from '../../main/engine/core/node-flags.ts';
import { type ProfileData, writeProfiles } from './import/data.ts';

interface Measured {
  readonly cpuSeconds: number;
  readonly wallSeconds: number;
  readonly result: string;
}

interface Case {
  readonly name: string;
  readonly kind: 'profiles' | 'snapshot';
  /** The file that the store has already, where it has one. */
  readonly base: Omit<ProfileData, 'users'> | undefined;
  readonly file: Omit<ProfileData, 'users'>;
}

const PLAIN = { day: 0, segments: false } as const;
const SEGMENTS = { day: 0, segments: true } as const;
const CASES: readonly Case[] = [
  { name: 'first', kind: 'profiles', base: undefined, file: PLAIN },
  { name: 'unchanged', kind: 'profiles', base: PLAIN, file: PLAIN },
  { name: 'changed', kind: 'profiles', base: PLAIN, file: { ...PLAIN, day: 1 } },
  { name: 'first-segments', kind: 'profiles', base: undefined, file: SEGMENTS },
  { name: 'unchanged-segments', kind: 'profiles', base: SEGMENTS, file: SEGMENTS },
  { name: 'changed-segments', kind: 'profiles', base: SEGMENTS, file: { ...SEGMENTS, day: 1 } },
  { name: 'first-snapshot', kind: 'snapshot', base: undefined, file: SEGMENTS },
  { name: 'changed-snapshot', kind: 'snapshot', base: SEGMENTS, file: { ...SEGMENTS, day: 1 } },
];

/**
 * Imports NDJSON profiles of about 600 bytes, beside JSON.parse over the same lines, each in a process of its own, rounds
 * interleaved: the CPU time (user + system, all threads) of opening, importing and closing, the median of the rounds.
 *
 * Options: --users N (200000), --rounds N (3), --only NAME (one of the cases, several times), --dir FOLDER (kept).
 */
export function run(args: string[]): void {
  const { values } = parseArgs({
    args,
    options: {
      users: { type: 'string', default: '200000' },
      rounds: { type: 'string', default: '3' },
      only: { type: 'string', multiple: true },
      dir: { type: 'string' },
    },
  });
  const users = Number(values.users);
  const folder = values.dir ?? mkdtempSync(join(tmpdir(), 'segue-bench-import-'));
  mkdirSync(folder, { recursive: true });
  try {
    const chosen = CASES.filter(({ name }) => values.only === undefined || values.only.includes(name));
    console.log(`${users} profiles, medians of ${values.rounds} rounds`);
    for (const one of chosen) compare(one, { users, folder, rounds: Number(values.rounds) });
  } finally {
    if (values.dir === undefined) rmSync(folder, { recursive: true, force: true });
  }
}

function compare(
  { name, kind, base, file }: Case,
  { users, folder, rounds }: { users: number; folder: string; rounds: number },
): void {
  const dataFile = (data: Omit<ProfileData, 'users'>) => {
    const path = join(folder, `${users}-${data.day}-${data.segments ? 'segments' : 'plain'}.ndjson`);
    if (!existsSync(path)) writeProfiles(path, { users, ...data });
    return path;
  };
  const path = dataFile(file);
  const workspace = join(folder, 'workspace');
  const filled = join(folder, `${users}-${kind}-${base?.segments === true ? 'segments' : 'plain'}`);
  if (base !== undefined && !existsSync(filled)) {
    child(kind, filled, dataFile(base), '0');
    // What an opening does once, folding the memberships of the first import, belongs to no other import.
    child('open', filled);
  }
  const parsing: Measured[] = [];
  const importing: Measured[] = [];
  for (let round = 0; round < rounds; round += 1) {
    rmSync(workspace, { recursive: true, force: true });
    if (base !== undefined) copyWorkspace(filled, workspace);
    parsing.push(child('parse', path));
    importing.push(child(kind, workspace, path, '1'));
  }
  rmSync(workspace, { recursive: true, force: true });
  const parse = median(parsing.map(({ cpuSeconds }) => cpuSeconds));
  const own = median(importing.map(({ cpuSeconds }) => cpuSeconds));
  console.log(
    `${name.padEnd(20)}${own.toFixed(2)} s CPU, JSON.parse alone ${parse.toFixed(2)} s: ${(own / parse).toFixed(2)} x its CPU, ` +
      `${(parse / own).toFixed(2)} x its rate; ${median(importing.map(({ wallSeconds }) => wallSeconds)).toFixed(2)} s wall, ` +
      `${((own / users) * 1e6).toFixed(1)} us a profile  ${importing[0]?.result}`,
  );
}

/** Copies a workspace, to the disk: the first that syncs would do it otherwise, the import. */
function copyWorkspace(from: string, to: string): void {
  cpSync(from, to, { recursive: true });
  for (const name of readdirSync(to)) {
    const fd = openSync(join(to, name), 'r');
    fsyncSync(fd);
    closeSync(fd);
  }
}

function child(...args: string[]): Measured {
  const script = join(import.meta.dirname, 'import', 'child.ts');
  const { status, stdout, stderr } = spawnSync(process.execPath, [...NODE_FLAGS, script, ...args], {
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`${args.join(' ')}: ${stderr}`);
  return JSON.parse(stdout) as Measured;
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}
