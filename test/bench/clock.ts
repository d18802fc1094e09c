import { createWriteStream, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { formatInstant, instantOfMs } from '../../main/engine/core/instant.ts';
import { type Engine, openEngine } from '../../main/engine/engine.ts';
import { reevaluateAll } from '../../main/engine/reevaluation/whole-store.ts';
import { generator, NOW_MS, profileText, RULES } from './rules.ts';

/**
 * `npm run bench -- clock [PROFILES]` (200,000 unless told): the twenty rules of the `rules` benchmark in a workspace. Times
 * their first evaluation of every profile, `clock advance` over the first hundredth of the profiles that fall due, and a
 * full scan: the same store evaluated whole, which finds nothing to change. The scan is in the favour of the scan, as the
 * advance writes its changes.
 */
export async function run([argument]: string[]): Promise<void> {
  const profiles = argument === undefined ? 200_000 : Number(argument.replaceAll(/[,_]/g, ''));
  const dir = mkdtempSync(join(tmpdir(), 'segue-bench-clock-'));
  const engine = await openEngine({ dir, assetsDir: dir, clock: () => NOW_MS });
  try {
    await measure(engine, dir, profiles);
  } finally {
    await engine.close();
    rmSync(dir, { recursive: true });
  }
}

async function measure(engine: Engine, dir: string, profiles: number): Promise<void> {
  const { db } = engine.context.store;
  const quiet = { signal: new AbortController().signal, progress: () => undefined };
  const file = join(dir, 'profiles.ndjson');
  await pipeline(lines(profiles), createWriteStream(file));
  const rules = join(dir, 'rules.json');
  writeFileSync(rules, JSON.stringify(RULES.map(([filter], at) => ({ slug: `rule_${at}`, filter }))));

  await timed('import without rules', profiles, 'profiles', () =>
    engine.call('profile.import', { path: file }),
  );
  const moved = await timed(`${RULES.length} rules, every profile`, profiles, 'profiles', () =>
    engine.call('audience.import', { path: rules }),
  );
  console.log(`  ${moved.value.entered} entered`);
  const scan = await timed('full scan', profiles, 'profiles', () => reevaluateAll(engine.context, quiet));
  const due = db
    .prepare<[number], number>('SELECT due_ms FROM rule_timer ORDER BY due_ms LIMIT 1 OFFSET ?')
    .pluck()
    .get(Math.floor(profiles / 100));
  const to = formatInstant(instantOfMs(due ?? NOW_MS));
  const advance = await timed('clock advance, 1 % due', profiles / 100, 'profiles', () =>
    engine.call('clock.advance', { to }),
  );
  console.log(
    `  ${advance.value.timers} timers, ${advance.value.entered} entered, ${advance.value.exited} left`,
  );
  console.log(`ratio ${(scan.seconds / advance.seconds).toFixed(1)} (target 50)`);
  console.log(`peak memory ${Math.round(process.resourceUsage().maxRSS / 1024)} MB`);
}

function* lines(profiles: number): Generator<string> {
  const random = generator(7);
  for (let index = 0; index < profiles; index += 1) yield `${profileText(random, index)}\n`;
}

async function timed<T>(
  name: string,
  amount: number,
  unit: string,
  work: () => Promise<T>,
): Promise<{ value: T; seconds: number }> {
  const start = performance.now();
  const value = await work();
  const seconds = (performance.now() - start) / 1000;
  const rate = Math.round(amount / seconds).toLocaleString('en');
  const memory = Math.round(process.memoryUsage.rss() / 2 ** 20);
  console.log(`${name.padEnd(28)} ${seconds.toFixed(2).padStart(8)} s  ${rate} ${unit}/s  ${memory} MB`);
  return { value, seconds };
}
