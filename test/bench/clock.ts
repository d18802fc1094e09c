import { copyFileSync, createWriteStream, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { beginBatch, finishBatch } from '../../main/engine/batch/batch.ts';
import { formatInstant, type Instant, instantOfMs } from '../../main/engine/core/instant.ts';
import { type Engine, openEngine } from '../../main/engine/engine.ts';
import { openMembershipWriter, readMembershipsOf } from '../../main/engine/membership/membership.ts';
import { loadRuleSet } from '../../main/engine/reevaluation/rule-set.ts';
import { inSteps } from '../../main/engine/store/in-steps.ts';
import { generator, NOW_MS, profileText, RULES } from './rules/sample.ts';

/** The work is done this often, each time on a fresh copy of the store; the shortest time of each side counts. */
const ROUNDS = 3;
/** Profiles that the scan reads, asks and writes together: twice as many were no faster, fewer were slower. */
const SCANNED_TOGETHER = 16_384;

/**
 * `npm run bench -- clock [PROFILES]` (200,000 unless told): the twenty rules of the `rules` benchmark in a workspace. Times
 * their first evaluation of every profile, and then ways to bring it up to the instant at which the first hundredth of the
 * profiles has fallen due:
 *
 * - a full scan: every profile is read and parsed, all rules are asked by the same closures, and the answers are compared with
 *   the memberships; differences are written to memberships and history by the same code. It keeps no timers, which would cost
 *   it more. Profiles come in the order of the table, memberships of 16,384 users at once (by 128, each bucket of the
 *   memberships is read so much more often that the scan of a million takes twice as long);
 * - the same scan with the rules that time can change alone, which knows as much as a scan can know beforehand;
 * - `clock advance`, which fires what is due.
 *
 * Each runs in one process on a copy of the same store, opened anew, and commits.
 */
export async function run([argument]: string[]): Promise<void> {
  await compareWithScan(argument === undefined ? 200_000 : Number(argument.replaceAll(/[,_]/g, '')));
}

/** The comparison, with this many profiles. */
export async function compareWithScan(profiles: number): Promise<void> {
  const dir = mkdtempSync(join(tmpdir(), 'segue-bench-clock-'));
  try {
    await within(dir, (engine) => fill(engine, dir, profiles));
    // Opening packs the memberships, as the next command would find them.
    await within(dir, async () => undefined);
    await measure(dir, profiles);
    console.log(`peak memory ${Math.round(process.resourceUsage().maxRSS / 1024)} MB`);
  } finally {
    rmSync(dir, { recursive: true });
  }
}

async function within<T>(dir: string, work: (engine: Engine) => Promise<T>): Promise<T> {
  const engine = await openEngine({ dir, assetsDir: dir, clock: () => NOW_MS });
  try {
    return await work(engine);
  } finally {
    await engine.close();
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

interface Moved {
  readonly entered: number;
  readonly exited: number;
}

async function measure(dir: string, profiles: number): Promise<void> {
  const dueMs = await within(dir, async ({ context }) =>
    context.store.db
      .prepare<[number], number>('SELECT due_ms FROM rule_due ORDER BY due_ms LIMIT 1 OFFSET ?')
      .pluck()
      .get(Math.floor(profiles / 100)),
  );
  const target = instantOfMs(dueMs ?? NOW_MS);
  const scan = (which: 'all' | 'timed') => (engine: Engine) => fullScan(engine, target, which);
  const sides: {
    name: string;
    evaluated: number;
    work: (engine: Engine) => Promise<Moved>;
    seconds: number;
  }[] = [
    { name: 'full scan', evaluated: profiles, work: scan('all'), seconds: Infinity },
    { name: 'full scan, time rules only', evaluated: profiles, work: scan('timed'), seconds: Infinity },
    {
      name: 'clock advance, 1 % due',
      evaluated: profiles / 100,
      work: (engine) => engine.call('clock.advance', { to: formatInstant(target) }),
      seconds: Infinity,
    },
  ];
  const answers = new Set<string>();
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const side of sides) {
      const { value, cpuSeconds } = await onCopy(dir, (engine) =>
        timed(side.name, side.evaluated, () => side.work(engine)),
      );
      side.seconds = Math.min(side.seconds, cpuSeconds);
      answers.add(`${value.entered} entered, ${value.exited} left`);
    }
  }
  if (answers.size > 1) throw new Error(`The sides do not agree: ${[...answers].join('; ')}.`);
  const [all, timeOnly, advance] = sides.map(({ seconds }) => seconds);
  const ratio = (of = 0) => (of / (advance ?? 0)).toFixed(1);
  console.log(`  each: ${[...answers].join()}`);
  console.log(
    `ratio ${ratio(all)} by CPU time (target 50), ${ratio(timeOnly)} against the rules that time can change alone`,
  );
}

async function fullScan({ context }: Engine, at: Instant, which: 'all' | 'timed'): Promise<Moved> {
  const { db } = context.store;
  const rules = loadRuleSet(db);
  const batch = beginBatch(db, { kind: 'rule', source: 'scan', at, startedMs: NOW_MS });
  const page = db.prepare<[number, number], { id: number; userId: string; text: string }>(
    'SELECT id, user_id AS userId, body AS text FROM profile WHERE id > ? ORDER BY id LIMIT ?',
  );
  const moved = { entered: 0, exited: 0 };
  let after = 0;
  const step = () => {
    const users = page.all(after, SCANNED_TOGETHER);
    after = users.at(-1)?.id ?? after;
    const memberships = readMembershipsOf(db, new Set(users.map(({ userId }) => userId)));
    const writer = openMembershipWriter(db, { batch, cause: 'clock' });
    for (const { userId, text } of users) {
      const present = memberships.get(userId) ?? new Map();
      const profile = rules.context(text, present.keys());
      const timed = rules.timed(profile);
      const what =
        which === 'all'
          ? { of: rules.audienceIds, wanted: rules.matching(profile, at) }
          : { of: timed.audienceIds, wanted: timed.matching(at) };
      writer.replace({ userId, at, present }, what);
    }
    writer.finish();
    moved.entered += writer.counts.entered;
    moved.exited += writer.counts.exited;
    return users.length === SCANNED_TOGETHER;
  };
  await inSteps(db, step, new AbortController().signal);
  finishBatch(db, batch, { endedMs: NOW_MS, result: { ...moved, rejected: 0 } });
  return moved;
}

/** Opens a copy of a store and closes it again; what the work measures is its own. */
async function onCopy<T>(dir: string, work: (engine: Engine) => Promise<T>): Promise<T> {
  const copy = mkdtempSync(join(tmpdir(), 'segue-bench-clock-'));
  try {
    copyFileSync(join(dir, 'segue.db'), join(copy, 'segue.db'));
    return await within(copy, work);
  } finally {
    rmSync(copy, { recursive: true });
  }
}

function* lines(profiles: number): Generator<string> {
  const random = generator(7);
  for (let index = 0; index < profiles; index += 1) yield `${profileText(random, index)}\n`;
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
