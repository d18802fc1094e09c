/** Runs whole commands and measures their processes, for benchmarks. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { NODE_FLAGS } from '../../../main/engine/core/node-flags.ts';

export interface Measured {
  /** User + system time of all its processes. */
  readonly cpuSeconds: number;
  readonly wallSeconds: number;
  /** Where the command tells it. */
  readonly peakMiB: number | null;
  /** Its last line of output, which is JSON. */
  readonly answer: unknown;
}

/** Preloaded into a process that does not tell its peak of memory itself. */
export const TELL_PEAK = join(import.meta.dirname, 'peak-memory.cjs');
const SEGUE = join(import.meta.dirname, '../../../out/cli/segue.js');
const JSON_PARSE = join(import.meta.dirname, 'json-parse-child.mjs');

/** The built command line as users run it, its answer as JSON, as a shell command. */
export function segueCommand(workspace: string, ...words: readonly string[]): string {
  const node = [process.execPath, ...NODE_FLAGS, '--require', TELL_PEAK, SEGUE];
  return quote([...node, '--workspace', workspace, '--json', ...words]);
}

/** JSON.parse over the lines of a file and nothing else, as a shell command; it tells how much of its time parsing took. */
export function jsonParseCommand(file: string): string {
  return nodeCommand(JSON_PARSE, file);
}

/** A script with its arguments as a shell command: plain JavaScript, as taking types away takes a third of a short run. */
export function nodeCommand(...words: readonly string[]): string {
  return quote([process.execPath, '--require', TELL_PEAK, ...words]);
}

/** Runs a shell command to its end. @throws where it fails */
export function measure(command: string): Measured {
  const began = performance.now();
  const { status, stdout, stderr } = spawnSync(
    'bash',
    ['-c', `TIMEFORMAT='cpu %U %S'; time { ${command}; }`],
    { encoding: 'utf8' },
  );
  const wallSeconds = (performance.now() - began) / 1000;
  const times = /cpu ([\d.]+) ([\d.]+)\s*$/.exec(stderr);
  if (status !== 0 || times === null) throw new Error(`A contender failed: ${stderr}`);
  const peakKiB = /peak (\d+) KiB/.exec(stderr)?.[1];
  return {
    cpuSeconds: Number(times[1]) + Number(times[2]),
    wallSeconds,
    peakMiB: peakKiB === undefined ? null : Math.round(Number(peakKiB) / 1024),
    answer: JSON.parse(stdout.trim().split('\n').at(-1) ?? 'null'),
  };
}

/** Runs a shell command for what it prints. @throws where it fails */
export function shell(command: string): string {
  const { status, stdout, stderr } = spawnSync('bash', ['-c', command], {
    encoding: 'utf8',
    maxBuffer: 2 ** 31,
  });
  if (status !== 0) throw new Error(`${command.slice(0, 80)}: ${stderr}`);
  return stdout;
}

/** Words as a shell takes them. */
export function quote(words: readonly string[]): string {
  return words.map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(' ');
}
