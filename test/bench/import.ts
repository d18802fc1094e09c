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
import { z } from 'zod';
import { ensureBuild } from '../../scripts/build.ts';
import { type ProfileData, writeProfiles } from './import/data.ts';
import { jsonParseCommand, type Measured, measure, segueCommand } from './measure/command.ts';
import { median } from './measure/median.ts';

interface Case {
  readonly name: string;
  readonly kind: 'profile' | 'snapshot';
  /** The file that the store has already, where it has one. */
  readonly base: Omit<ProfileData, 'users'> | undefined;
  readonly file: Omit<ProfileData, 'users'>;
  /** The most CPU that it may take, as a multiple of JSON.parse's. */
  readonly goal?: number;
}

const PLAIN = { day: 0, segments: false } as const;
const SEGMENTS = { day: 0, segments: true } as const;
const CASES: readonly Case[] = [
  { name: 'first', kind: 'profile', base: undefined, file: PLAIN, goal: 1 / 0.6 },
  { name: 'unchanged', kind: 'profile', base: PLAIN, file: PLAIN },
  { name: 'changed', kind: 'profile', base: PLAIN, file: { ...PLAIN, day: 1 } },
  { name: 'first-segments', kind: 'profile', base: undefined, file: SEGMENTS },
  { name: 'unchanged-segments', kind: 'profile', base: SEGMENTS, file: SEGMENTS, goal: 1 },
  { name: 'changed-segments', kind: 'profile', base: SEGMENTS, file: { ...SEGMENTS, day: 1 }, goal: 1 },
  { name: 'first-snapshot', kind: 'snapshot', base: undefined, file: SEGMENTS },
  { name: 'changed-snapshot', kind: 'snapshot', base: SEGMENTS, file: { ...SEGMENTS, day: 1 } },
];

/** What the JSON.parse of the lines tells, and what an import does. */
const parsedSchema = z.object({ objects: z.number(), parsingSeconds: z.number() });
const importedSchema = z.object({
  changes: z.object({ entered: z.number(), exited: z.number() }),
  rejected: z.number(),
});

/**
 * Imports NDJSON profiles of about 600 bytes by the built command line, as users do, beside JSON.parse over the same lines, rounds
 * interleaved: the CPU time (user + system) of each whole process, from its start to its end, the median of the rounds. How much
 * of JSON.parse's is parsing, without starting, reading and parting lines, is told too.
 *
 * Options: --users N (200000), --rounds N (7), --only NAME (one of the cases, several times), --dir FOLDER (kept).
 */
export async function run(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      users: { type: 'string', default: '200000' },
      rounds: { type: 'string', default: '7' },
      only: { type: 'string', multiple: true },
      dir: { type: 'string' },
    },
  });
  const users = Number(values.users);
  const folder = values.dir ?? mkdtempSync(join(tmpdir(), 'segue-bench-import-'));
  mkdirSync(folder, { recursive: true });
  await ensureBuild();
  try {
    const chosen = CASES.filter(({ name }) => values.only === undefined || values.only.includes(name));
    console.log(`${users} profiles, medians of ${values.rounds} rounds, CPU of the whole process`);
    for (const one of chosen) compare(one, { users, folder, rounds: Number(values.rounds) });
  } finally {
    if (values.dir === undefined) rmSync(folder, { recursive: true, force: true });
  }
}

function compare(
  { name, kind, base, file, goal }: Case,
  { users, folder, rounds }: { users: number; folder: string; rounds: number },
): void {
  const dataFile = (data: Omit<ProfileData, 'users'>) => {
    const path = join(folder, `${users}-${data.day}-${data.segments ? 'segments' : 'plain'}.ndjson`);
    if (!existsSync(path)) writeProfiles(path, { users, ...data });
    return path;
  };
  const importCommand = (into: string, path: string, day: number) => {
    const at = `2026-11-0${day + 1}T00:00:00Z`;
    return segueCommand(
      into,
      '--now',
      at,
      kind,
      'import',
      path,
      ...(kind === 'snapshot' ? ['--at', at] : []),
    );
  };
  const path = dataFile(file);
  const workspace = join(folder, 'workspace');
  const filled = join(folder, `${users}-${kind}-${base?.segments === true ? 'segments' : 'plain'}`);
  if (base !== undefined && !existsSync(filled)) {
    measure(importCommand(filled, dataFile(base), 0));
    // What an opening does once, folding the memberships of the first import, belongs to no other import.
    measure(segueCommand(filled, 'audience', 'list'));
  }
  const parsing: Measured[] = [];
  const importing: Measured[] = [];
  for (let round = 0; round < rounds; round += 1) {
    rmSync(workspace, { recursive: true, force: true });
    if (base !== undefined) copyWorkspace(filled, workspace);
    parsing.push(measure(jsonParseCommand(path)));
    importing.push(measure(importCommand(workspace, path, 1)));
  }
  rmSync(workspace, { recursive: true, force: true });
  const parse = median(parsing.map(({ cpuSeconds }) => cpuSeconds));
  const alone = median(parsing.map(({ answer }) => parsedSchema.parse(answer).parsingSeconds));
  const own = median(importing.map(({ cpuSeconds }) => cpuSeconds));
  const { changes, rejected } = importedSchema.parse(importing[0]?.answer);
  console.log(
    [
      name.padEnd(20),
      `${own.toFixed(2)} s CPU`,
      `${median(importing.map(({ wallSeconds }) => wallSeconds)).toFixed(2)} s`,
      `${Math.max(...importing.map(({ peakMiB }) => peakMiB ?? 0))} MiB`,
      `JSON.parse ${parse.toFixed(2)} s, of which parsing ${alone.toFixed(2)} s`,
      `${(own / parse).toFixed(2)} x its CPU, ${(parse / own).toFixed(2)} x its rate` +
        (goal === undefined
          ? ''
          : `, goal ${goal.toFixed(2)}: ${own / parse <= goal ? 'reached' : 'missed'}`),
      `${(own / alone).toFixed(2)} x parsing`,
      `${changes.entered} entered, ${changes.exited} exited, ${rejected} rejected`,
    ].join('  '),
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
