import { createWriteStream, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { formatInstant, instantOfMs } from '../../main/engine/core/instant.ts';
import { type Engine, openEngine } from '../../main/engine/engine.ts';
import { reevaluateAll } from '../../main/engine/reevaluation/whole-store.ts';
import { generator, NOW_MS, profileText, RULES } from './rules/sample.ts';

/** The work is done this often, and taken back in between; the shortest time of each side counts. */
const ROUNDS = 3;

/**
 * `npm run bench -- clock [PROFILES]` (200,000 unless told): the twenty rules of the `rules` benchmark in a workspace. Times
 * their first evaluation of every profile, and then two ways to bring it up to the instant at which the first hundredth of
 * the profiles has fallen due: a full scan, which asks all rules of all profiles at that instant with the same closures,
 * reads in pages and writes the same changes, and `clock advance`, which asks only who is due. The workspace is opened anew
 * in between, as each command does. Both run in a transaction that is taken back, so that each finds the store as the other
 * did.
 */
export async function run([argument]: string[]): Promise<void> {
  await compareWithScan(argument === undefined ? 200_000 : Number(argument.replaceAll(/[,_]/g, '')));
}

/** The comparison, with this many profiles. */
export async function compareWithScan(profiles: number): Promise<void> {
  const dir = mkdtempSync(join(tmpdir(), 'segue-bench-clock-'));
  const time = { ms: NOW_MS };
  const within = async (work: (engine: Engine) => Promise<void>) => {
    const engine = await openEngine({ dir, assetsDir: dir, clock: () => time.ms });
    try {
      await work(engine);
    } finally {
      await engine.close();
    }
  };
  try {
    await within((engine) => fill(engine, dir, profiles));
    await within((engine) => measure(engine, profiles, time));
    console.log(`peak memory ${Math.round(process.resourceUsage().maxRSS / 1024)} MB`);
  } finally {
    rmSync(dir, { recursive: true });
  }
}

async function fill(engine: Engine, dir: string, profiles: number): Promise<void> {
  const file = join(dir, 'profiles.ndjson');
  await pipeline(lines(profiles), createWriteStream(file));
  const rules = join(dir, 'rules.json');
  writeFileSync(rules, JSON.stringify(RULES.map(([filter], at) => ({ slug: `rule_${at}`, filter }))));

  await timed('import without rules', profiles, () => engine.call('profile.import', { path: file }));
  const moved = await timed(`${RULES.length} rules, every profile`, profiles, () =>
    engine.call('audience.import', { path: rules }),
  );
  console.log(`  ${moved.value.entered} entered`);
}

async function measure(engine: Engine, profiles: number, time: { ms: number }): Promise<void> {
  const { db } = engine.context.store;
  const quiet = { signal: new AbortController().signal, progress: () => undefined };
  const due = db
    .prepare<[number], number>('SELECT due_ms FROM rule_timer ORDER BY due_ms LIMIT 1 OFFSET ?')
    .pluck()
    .get(Math.floor(profiles / 100));
  const target = instantOfMs(due ?? NOW_MS);

  const scans: number[] = [];
  const advances: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const scan = await takenBack(db, () =>
      timed('full scan', profiles, () => {
        time.ms = target.ms;
        return reevaluateAll(engine.context, quiet);
      }),
    );
    time.ms = NOW_MS;
    const advance = await takenBack(db, () =>
      timed('clock advance, 1 % due', profiles / 100, () =>
        engine.call('clock.advance', { to: formatInstant(target) }),
      ),
    );
    await engine.call('clock.useReal', {});
    scans.push(scan.cpuSeconds);
    advances.push(advance.cpuSeconds);
    const told = ({ entered, exited }: { entered: number; exited: number }) =>
      `${entered} entered, ${exited} left`;
    console.log(
      `  scan: ${told(scan.value)}; advance: ${advance.value.timers} timers, ${told(advance.value)}`,
    );
  }
  console.log(`ratio ${(Math.min(...scans) / Math.min(...advances)).toFixed(1)} by CPU time (target 50)`);
}

function* lines(profiles: number): Generator<string> {
  const random = generator(7);
  for (let index = 0; index < profiles; index += 1) yield `${profileText(random, index)}\n`;
}

/** Transactions within become savepoints of this one. */
async function takenBack<T>(db: Engine['context']['store']['db'], work: () => Promise<T>): Promise<T> {
  db.exec('BEGIN IMMEDIATE');
  try {
    return await work();
  } finally {
    db.exec('ROLLBACK');
  }
}

async function timed<T>(
  name: string,
  profiles: number,
  work: () => Promise<T>,
): Promise<{ value: T; cpuSeconds: number }> {
  const start = performance.now();
  const startCpu = process.cpuUsage();
  const value = await work();
  const seconds = (performance.now() - start) / 1000;
  const { user, system } = process.cpuUsage(startCpu);
  const cpuSeconds = (user + system) / 1e6;
  const rate = Math.round(profiles / cpuSeconds).toLocaleString('en');
  const memory = Math.round(process.memoryUsage.rss() / 2 ** 20);
  console.log(
    `${name.padEnd(28)} ${cpuSeconds.toFixed(2).padStart(8)} s CPU, ${seconds.toFixed(2)} s  ${rate} profiles/s  ${memory} MB`,
  );
  return { value, cpuSeconds };
}
