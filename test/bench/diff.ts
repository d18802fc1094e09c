import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { ensureBuild } from '../../scripts/build.ts';
import { writeSnapshot } from './diff/data.ts';
import {
  jsonParseCommand,
  type Measured,
  measure,
  nodeCommand,
  quote,
  segueCommand,
  shell,
} from './measure/command.ts';
import { median } from './measure/median.ts';

interface MeasuredDiff extends Measured {
  readonly entered: number;
  readonly exited: number;
}

/** What only reads, and what only parses: no contenders, but limits. */
const WC = 'wc -l';
const JSON_PARSE = 'JSON.parse of the pairs';

interface Contender {
  readonly name: string;
  /** What the goal of the comparison is, as Segue's share of the contender's CPU time. */
  readonly goal: number | null;
  prepare?(): void;
  readonly command: string;
}

/**
 * Compares two membership snapshots, the first of which is in the store: Segue from an unsorted CSV to committed history,
 * beside `sort` + `comm`, `comm` alone on sorted files, and DuckDB's full join with its stored table. CPU is user + system
 * time of the whole process, rounds are interleaved, the median counts. Segue is the built command line, as users run it.
 * `wc -l` is what reading alone costs, `JSON.parse` what parsing the same pairs as NDJSON costs (`{"user_id","segment"}`).
 *
 * Options: --users N (1000000), --rounds N (7), --seed N (7), --dir FOLDER (kept; data made there is used again).
 */
export async function run(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      users: { type: 'string', default: '1000000' },
      rounds: { type: 'string', default: '7' },
      seed: { type: 'string', default: '7' },
      dir: { type: 'string' },
    },
  });
  const users = Number(values.users);
  const rounds = Number(values.rounds);
  const folder = values.dir ?? mkdtempSync(join(tmpdir(), 'segue-bench-diff-'));
  mkdirSync(folder, { recursive: true });
  await ensureBuild();
  try {
    const contenders = prepare(folder, { users, seed: Number(values.seed) });
    measureAll(contenders, rounds, users);
  } finally {
    if (values.dir === undefined) rmSync(folder, { recursive: true, force: true });
  }
}

function prepare(folder: string, data: { users: number; seed: number }): Contender[] {
  const name = (file: string) => join(folder, `${data.users}-${data.seed}-${file}`);
  const [before, after] = [name('before.csv'), name('after.csv')];
  const [sortedBefore, sortedAfter] = [name('before.sorted'), name('after.sorted')];
  const [base, workspace] = [name('base'), name('workspace')];
  const [duckBase, duck] = [name('base.duckdb'), name('run.duckdb')];
  const segue = (workspace: string, file: string, day: number, ...rest: string[]) =>
    segueCommand(workspace, 'snapshot', 'import', file, '--at', `2026-11-0${day + 1}T00:00:00Z`, ...rest);
  const duckdb = (...rest: string[]) =>
    nodeCommand(join(import.meta.dirname, 'diff/duckdb-child.mjs'), ...rest);
  once(after, () => {
    console.log(`Writing two snapshots of ${data.users} users`);
    writeSnapshot(before, data, 0);
    writeSnapshot(after, data, 1);
  });
  once(sortedAfter, () => {
    for (const [from, to] of [
      [before, sortedBefore],
      [after, sortedAfter],
    ])
      shell(`tail -n +2 ${quote([from ?? ''])} | LC_ALL=C sort > ${quote([to ?? ''])}`);
  });
  once(base, () => {
    console.log('Importing the first snapshot');
    const { wallSeconds, entered } = measureDiff(segue(name('base.making'), before, 0));
    console.log(`  ${entered} changes in ${wallSeconds.toFixed(1)} s`);
    cpSync(name('base.making'), base, { recursive: true });
    rmSync(name('base.making'), { recursive: true });
  });
  const lines = name('after.ndjson');
  once(lines, () =>
    shell(
      `tail -n +2 ${quote([after])} | sed 's/^\\(.*\\),\\(.*\\)$/{"user_id":"\\1","segment":"\\2"}/' > ${quote([lines])}`,
    ),
  );
  once(duckBase, () => shell(duckdb('load', duckBase, before)));
  checkPairs(segue, { base, after, sortedBefore, sortedAfter, out: name('out.ndjson') });
  const sides = (sorted: string) =>
    `LC_ALL=C comm -3 ${quote([sortedBefore])} ${sorted} | awk '{ if (substr($0, 1, 1) == "\\t") e++; else x++ } END { print "{\\"entered\\":" e+0 ",\\"exited\\":" x+0 "}" }'`;
  return [
    {
      name: 'Segue',
      goal: null,
      prepare() {
        rmSync(workspace, { recursive: true, force: true });
        cpSync(base, workspace, { recursive: true });
        shell('sync');
      },
      command: segue(workspace, after, 1),
    },
    {
      name: 'sort + comm',
      goal: 0.4,
      command: `tail -n +2 ${quote([after])} | LC_ALL=C sort > ${quote([`${sortedAfter}.again`])}; ${sides(quote([`${sortedAfter}.again`]))}`,
    },
    { name: 'comm, sorted before', goal: 2, command: sides(quote([sortedAfter])) },
    {
      name: 'DuckDB full join',
      goal: 0.5,
      prepare: () => cpSync(duckBase, duck),
      command: duckdb('diff', duck, after),
    },
    { name: WC, goal: null, command: `wc -l < ${quote([after])} > /dev/null; echo '{}'` },
    {
      name: JSON_PARSE,
      goal: null,
      command: jsonParseCommand(lines),
    },
  ];
}

/** Every pair that Segue finds, held against every line that `comm` finds. */
function checkPairs(
  segue: (workspace: string, file: string, day: number, ...rest: string[]) => string,
  files: { base: string; after: string; sortedBefore: string; sortedAfter: string; out: string },
): void {
  measure(segue(files.base, files.after, 1, '--dry-run', '--out', files.out));
  const own = readFileSync(files.out, 'utf8')
    .trim()
    .split('\n')
    .map((line) => {
      const { user_id, audience, event } = JSON.parse(line) as Record<string, string>;
      return `${event === 'enter' ? '\t' : ''}${user_id},${audience}`;
    })
    .sort();
  const theirs = shell(`LC_ALL=C comm -3 ${quote([files.sortedBefore, files.sortedAfter])}`)
    .trimEnd()
    .split('\n')
    .sort();
  if (own.join('\n') !== theirs.join('\n'))
    throw new Error('Segue and comm disagree on the pairs that changed');
  console.log(`Segue and comm agree on all ${own.length} pairs that changed`);
}

function measureAll(contenders: readonly Contender[], rounds: number, users: number): void {
  const results = new Map<string, MeasuredDiff[]>(contenders.map(({ name }) => [name, []]));
  for (let round = 0; round < rounds; round += 1) {
    for (const { name, prepare: before, command } of contenders) {
      before?.();
      results.get(name)?.push(measureDiff(command));
    }
  }
  const segue = results.get('Segue')?.[0];
  const cpu = (name: string) => median((results.get(name) ?? []).map(({ cpuSeconds }) => cpuSeconds));
  console.log(
    `\n${users} users, ${rounds} interleaved rounds, medians; ${segue?.entered} entered, ${segue?.exited} exited`,
  );
  for (const { name, goal } of contenders) {
    const own = results.get(name) ?? [];
    const disagrees =
      name !== WC &&
      name !== JSON_PARSE &&
      own.some(({ entered, exited }) => entered !== segue?.entered || exited !== segue?.exited);
    if (disagrees) throw new Error(`${name} found other changes than Segue`);
    const ratio = cpu('Segue') / cpu(name);
    console.log(
      [
        name.padEnd(22),
        `${cpu(name).toFixed(2)} s CPU`.padStart(12),
        `${median(own.map(({ wallSeconds }) => wallSeconds)).toFixed(2)} s`.padStart(10),
        own[0]?.peakMiB === null
          ? ''.padStart(10)
          : `${Math.max(...own.map(({ peakMiB }) => peakMiB ?? 0))} MiB`.padStart(10),
        name === 'Segue'
          ? ''
          : `  Segue takes ${ratio.toFixed(2)} of it${goal === null ? '' : `, goal ${goal}: ${ratio <= goal ? 'reached' : 'missed'}`}`,
      ].join(''),
    );
  }
}

const counts = { entered: z.number().optional(), exited: z.number().optional() };
/** A contender's last line: its counts, Segue's in the result of the import. */
const answerSchema = z.object({ ...counts, changes: z.object(counts).optional() });

function measureDiff(command: string): MeasuredDiff {
  const measured = measure(command);
  const said = answerSchema.parse(measured.answer);
  const { entered = 0, exited = 0 } = said.changes ?? said;
  return { ...measured, entered, exited };
}

function once(path: string, make: () => void): void {
  if (!existsSync(path) || statSync(path).size === 0) make();
}
