import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as after, setImmediate } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { recoverBatches } from '../../../main/engine/batch/batch.ts';
import { openStore } from '../../../main/engine/store/store.ts';
import { applySnapshot, copyModel, emptyModel, type Model, type ModelRow } from './model.ts';
import { historyLines, membershipDays, openTestWorkspace } from './workspace.ts';

const USERS = 3000;
const KILLS = Number(process.env.SEGUE_KILLS ?? 12);
/** Longer than one import takes from "ready" on a slow machine, so that some live to the end. */
const LONGEST_MS = Number(process.env.SEGUE_KILL_MS ?? 500);

it(
  `leaves a snapshot wholly in or wholly out when killed at a random point, ${KILLS} times`,
  async () => {
    const workspace = openTestWorkspace();
    const { dir } = workspace;
    workspace.store.close();
    const seed = Date.now() % 2 ** 31;
    const random = generator(seed);
    let model = emptyModel();
    let applied = 0;
    for (let round = 1; round <= KILLS; round += 1) {
      const rows = randomRows(random);
      const text = rows.map(({ user, slug }) => `${user},${slug}`).join('\n');
      const file = workspace.file('in.csv', `user_id,segment\n${text}\n`);
      const finished = await importAndKill([dir, file, String(round)], random() * LONGEST_MS);
      const next = copyModel(model);
      applySnapshot(next, rows, round, false);
      const store = openStore(dir);
      try {
        recoverBatches(store.db);
        expect(store.db.pragma('integrity_check', { simple: true })).toBe('ok');
        const last = store.db
          .prepare<[], string>('SELECT state FROM batch ORDER BY id DESC LIMIT 1')
          .pluck()
          .get();
        const took = last === 'done' && countDone(store.db) > applied;
        if (finished) expect(took).toBe(true);
        if (took) {
          model = next;
          applied += 1;
        }
        agree(store.db, model, `seed ${seed}, round ${round}, ${took ? 'in' : 'out'}`);
        const spill = join(dir, 'spill');
        expect(existsSync(spill) ? readdirSync(spill) : []).toEqual([]);
        expect(orphans(store.db)).toBe(0);
      } finally {
        store.close();
      }
    }
  },
  KILLS * 10_000,
);

it('removes the unfinished result of a killed import at the next opening, and no other file', async () => {
  const workspace = openTestWorkspace();
  const { dir } = workspace;
  workspace.store.close();
  const rows = Array.from({ length: 20_000 }, (_, n) => `user-${n},one\n`).join('');
  const file = workspace.file('in.csv', `user_id,segment\n${rows}`);
  const results = join(dir, 'results');
  mkdirSync(results);
  const own = ['changes.ndjson.0123abcd.part', 'notes.part'];
  for (const name of own) writeFileSync(join(results, name), 'of somebody else');
  const child = spawn(
    process.execPath,
    [
      fileURLToPath(new URL('kill-child.ts', import.meta.url)),
      dir,
      file,
      '1',
      join(results, 'changes.ndjson'),
    ],
    { stdio: ['ignore', 'ignore', 'inherit'] },
  );
  const closed = new Promise((resolve) => child.once('close', (_, signal) => resolve(signal)));
  while (readdirSync(results).length === own.length) await setImmediate();
  child.kill('SIGKILL');
  expect(await closed).toBe('SIGKILL');
  expect(readdirSync(results).length).toBe(own.length + 1);
  const store = openStore(dir);
  recoverBatches(store.db);
  store.close();
  expect(readdirSync(results).sort()).toEqual(own);
});

type Db = ReturnType<typeof openStore>['db'];

const countDone = (db: Db) =>
  db.prepare<[], number>(`SELECT count(*) FROM batch WHERE state = 'done'`).pluck().get() ?? 0;

const orphans = (db: Db) =>
  db
    .prepare<[], number>(
      'SELECT count(*) FROM membership_segment WHERE id NOT IN (SELECT segment_id FROM membership_stack)',
    )
    .pluck()
    .get();

function agree(db: Db, model: Model, message: string): void {
  expect(historyLines(db).join('\n') === [...model.history].sort().join('\n'), message).toBe(true);
  for (let user = 0; user < USERS; user += 37) {
    const own = model.members.get(`user-${user}`) ?? new Map<string, number>();
    expect(membershipDays(db, `user-${user}`), message).toEqual(Object.fromEntries([...own].sort()));
  }
}

function importAndKill(args: string[], afterMs: number): Promise<boolean> {
  const child = spawn(process.execPath, [fileURLToPath(new URL('kill-child.ts', import.meta.url)), ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let said = '';
  child.stdout.on('data', async (chunk: Buffer) => {
    const ready = said.includes('ready');
    said += chunk.toString();
    if (ready || !said.includes('ready')) return;
    // The moment of the kill is what this test varies.
    await after(afterMs);
    child.kill('SIGKILL');
  });
  return new Promise((resolve) => child.once('close', () => resolve(said.includes('done'))));
}

function randomRows(random: () => number): ModelRow[] {
  const rows: ModelRow[] = [];
  for (let user = 0; user < USERS; user += 1)
    for (const slug of ['one', 'two', 'three']) if (random() < 0.5) rows.push({ user: `user-${user}`, slug });
  return rows;
}

/** Mulberry32, so that a failure can be played again from its seed. */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}
