/**
 * One piece of work in a process of its own, which prints the CPU seconds (user + system, all threads) that it took:
 * `parse FILE`, `profiles WORKSPACE FILE DAY`, `snapshot WORKSPACE FILE DAY`, `open WORKSPACE`.
 */
import { closeSync, openSync, readSync } from 'node:fs';
import { openEngine } from '../../../main/engine/engine.ts';
// Loaded beforehand: compiling the sources is no part of an import.
import '../../../main/engine/profile/handlers.ts';
import '../../../main/engine/snapshot/handlers.ts';
import '../../../main/engine/reevaluation/whole-store.ts';

const [work = '', ...rest] = process.argv.slice(2);

function at(day: string | undefined): string {
  return `2026-11-${String(Number(day ?? 0) + 1).padStart(2, '0')}T00:00:00Z`;
}

async function importFile(kind: string, [dir = '', path = '', day]: string[]): Promise<string> {
  const clock = () => Date.parse(at(day));
  const engine = await openEngine({ dir, assetsDir: '', clock });
  if (kind === 'open') {
    await engine.close();
    return 'opened';
  }
  const { profiles, changes, rejected } =
    kind === 'snapshot'
      ? await engine.call('snapshot.import', { path, at: at(day) })
      : await engine.call('profile.import', { path });
  await engine.close();
  return JSON.stringify({ profiles, changes, rejected });
}

/** Bytes of a file whose lines are made before they are parsed. */
const PIECE_BYTES = 64 * 1024 * 1024;

/** The lines of a file, some at a time. */
function* pieces(path: string): Generator<string[], void, void> {
  const fd = openSync(path, 'r');
  let held = '';
  for (let bytes = Buffer.alloc(PIECE_BYTES), got = readSync(fd, bytes); got > 0; got = readSync(fd, bytes)) {
    const lines = (held + bytes.toString('latin1', 0, got)).split('\n');
    held = lines.pop() ?? '';
    yield lines;
  }
  closeSync(fd);
}

/** The time that parsing takes, apart from that of reading and of parting lines. */
function parseAll(path: string): Measured {
  let objects = 0;
  let cpuSeconds = 0;
  let wallSeconds = 0;
  for (const lines of pieces(path)) {
    const stop = startClock();
    for (const line of lines) if (typeof JSON.parse(line) === 'object') objects += 1;
    const spent = stop();
    cpuSeconds += spent.cpuSeconds;
    wallSeconds += spent.wallSeconds;
  }
  return { cpuSeconds, wallSeconds, result: `${objects} objects` };
}

interface Spent {
  readonly cpuSeconds: number;
  readonly wallSeconds: number;
}
type Measured = Spent & { readonly result: string };

function startClock(): () => Spent {
  const began = performance.now();
  const before = process.cpuUsage();
  return () => {
    const { user, system } = process.cpuUsage(before);
    return { cpuSeconds: (user + system) / 1e6, wallSeconds: (performance.now() - began) / 1000 };
  };
}

async function measured(work: string, args: string[]): Promise<Measured> {
  if (work === 'parse') return parseAll(args[0] ?? '');
  const stop = startClock();
  const result = await importFile(work, args);
  return { ...stop(), result };
}

console.log(JSON.stringify(await measured(work, rest)));
