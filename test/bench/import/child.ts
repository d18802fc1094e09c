/**
 * One piece of work in a process of its own, which prints the CPU seconds (user + system, all threads) that it took:
 * `parse FILE`, `profiles WORKSPACE FILE DAY`, `snapshot WORKSPACE FILE DAY`, `open WORKSPACE`.
 */
import { readFileSync } from 'node:fs';
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

function parseAll(lines: readonly string[]): string {
  let objects = 0;
  for (const line of lines) if (typeof JSON.parse(line) === 'object') objects += 1;
  return `${objects} objects`;
}

const lines =
  work === 'parse'
    ? readFileSync(rest[0] ?? '', 'utf8')
        .trimEnd()
        .split('\n')
    : [];
const began = performance.now();
const before = process.cpuUsage();
const result = work === 'parse' ? parseAll(lines) : await importFile(work, rest);
const { user, system } = process.cpuUsage(before);
const wallSeconds = (performance.now() - began) / 1000;
console.log(JSON.stringify({ cpuSeconds: (user + system) / 1e6, wallSeconds, result }));
