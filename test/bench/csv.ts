import { spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { median } from './measure/median.ts';

const READERS = { Segue: 'segue-child.ts', 'DuckDB read_csv': 'duckdb-child.ts' };
const FLUSH_CHARS = 1 << 20;
const GOAL = 0.5;
const measuredSchema = z.object({ rows: z.number(), fields: z.number(), cpuSeconds: z.number() });

/**
 * Reads CSV with Segue's scanner of any CSV and with DuckDB's, each in a process of its own, rounds interleaved: a plain file
 * and one in which every text is quoted, with delimiters, doubled quotes and line ends in it. Both count rows and the fields
 * that are not empty. CPU is user + system time of reading, the median counts.
 *
 * Options: --rows N (1000000), --rounds N (7).
 */
export function run(args: string[]): void {
  const { values } = parseArgs({
    args,
    options: { rows: { type: 'string', default: '1000000' }, rounds: { type: 'string', default: '7' } },
  });
  const folder = mkdtempSync(join(tmpdir(), 'segue-bench-csv-'));
  try {
    for (const quoted of [false, true])
      compare(folder, { quoted, rows: Number(values.rows), rounds: Number(values.rounds) });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function compare(
  folder: string,
  { quoted, rows, rounds }: { quoted: boolean; rows: number; rounds: number },
): void {
  const file = join(folder, 'rows.csv');
  writeRows(file, rows, quoted);
  const times = new Map<string, number[]>();
  for (let round = 0; round < rounds; round += 1) {
    for (const [name, script] of Object.entries(READERS)) {
      const measured = read(script, file);
      if (measured.rows !== rows || measured.fields !== rows * 4)
        throw new Error(`${name} found ${measured.rows} rows with ${measured.fields} fields, not ${rows}`);
      times.set(name, [...(times.get(name) ?? []), measured.cpuSeconds]);
    }
  }
  const [own = 0, theirs = 0] = [...times.values()].map(median);
  console.log(
    `${quoted ? 'quoted' : 'plain'}, ${rows} rows, ${rounds} rounds: Segue ${own.toFixed(2)} s CPU, DuckDB ${theirs.toFixed(2)} s: ` +
      `${(theirs / own).toFixed(2)} x its speed, goal ${GOAL}: ${theirs / own >= GOAL ? 'reached' : 'missed'}`,
  );
}

function writeRows(file: string, rows: number, quoted: boolean): void {
  const fd = openSync(file, 'w');
  let text = 'user_id,name,note,segment\n';
  for (let row = 0; row < rows; row += 1) {
    const id = Math.imul(row + 1, 0x9e3779b1) >>> 0;
    text += quoted
      ? `"${id}","Person, ${row}","said ""hello""\nand left","audience_${row % 20}"\n`
      : `${id},Person ${row},said hello and left,audience_${row % 20}\n`;
    if (text.length < FLUSH_CHARS) continue;
    writeSync(fd, text);
    text = '';
  }
  writeSync(fd, text);
  closeSync(fd);
}

function read(script: string, file: string): z.infer<typeof measuredSchema> {
  const path = join(import.meta.dirname, 'csv', script);
  const { status, stdout, stderr } = spawnSync(process.execPath, [path, file], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${script}: ${stderr}`);
  return measuredSchema.parse(JSON.parse(stdout));
}
