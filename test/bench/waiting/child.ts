/** `NAME WORKSPACE FILE`: runs one import in an engine with company, and sends its parent how long calls waited meanwhile. */
import { createReadStream, createWriteStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout } from 'node:timers/promises';
import { openEngine } from '../../../main/engine/engine.ts';
import { inTransaction } from '../../../main/engine/store/store.ts';

/** Seconds of the import, and what each kind of call waited, in milliseconds. */
export interface Waits {
  readonly seconds: number;
  readonly waits: Record<string, number[]>;
}

const FRAME_MS = 1000 / 60;
const AT = '2026-11-01T00:00:00Z';
const [name = '', dir = '', file = ''] = process.argv.slice(2);

const engine = await openEngine({ dir, assetsDir: '', clock: () => Date.parse(AT), live: true });
const { db } = engine.context.store;
const note = db.prepare(
  `INSERT INTO setting VALUES ('bench', ?) ON CONFLICT DO UPDATE SET value = excluded.value`,
);
let running = true;
const waits: Record<string, number[]> = { page: [], runs: [], write: [] };
const ask: Record<string, (n: number) => unknown> = {
  page: () => engine.call('history.page', { limit: 100 }),
  runs: () => engine.call('run.list', {}),
  write: (n) => inTransaction(db, () => note.run(String(n))),
};

/** Asks once a frame. What comes late has waited since it was due; frames that were missed meanwhile are not made up for. */
async function watch(call: string): Promise<void> {
  const times = waits[call] ?? [];
  for (let due = performance.now(); running; due = Math.max(due + FRAME_MS, performance.now())) {
    await setTimeout(Math.max(0, due - performance.now()));
    await ask[call]?.(times.length);
    times.push(performance.now() - due);
  }
}

/** Prepares the input, and gives what starts the import. */
async function prepare(): Promise<() => Promise<unknown>> {
  switch (name) {
    case 'profiles':
      return () => engine.call('profile.import', { path: file });
    case 'events': {
      const path = await rewritten(eventOf);
      return () => engine.call('profile.import', { path, format: 'events' });
    }
    case 'archive': {
      const path = await rewritten(messageOf);
      return () => engine.call('history.import', { path });
    }
    case 'snapshot':
      return () => engine.call('snapshot.import', { path: file, at: AT });
    default:
      return () => setTimeout(3000);
  }
}

async function rewritten(of: (profile: Record<string, unknown>) => object): Promise<string> {
  const path = `${dir}.${name}.ndjson`;
  const out = createWriteStream(path);
  for await (const line of createInterface({ input: createReadStream(file) })) {
    if (!out.write(`${JSON.stringify(of(JSON.parse(line)))}\n`))
      await new Promise((resolve) => out.once('drain', () => resolve(undefined)));
  }
  await new Promise((resolve) => out.end(() => resolve(undefined)));
  return path;
}

const eventOf = ({ user_id, email, visits }: Record<string, unknown>) => ({ user_id, ts: AT, email, visits });
const messageOf = ({ user_id, email }: Record<string, unknown>) => ({
  data: {
    user_id,
    email,
    segment_events: [
      { id: 'd3d8f15855b6b067709577342fe72db9', event: 'enter', enter: AT, slug: 'demo_segment' },
    ],
  },
  meta: { object: 'user', subscription_id: '7e2b8804bbe162cd3f9c0c5991bf3078', timestamp: AT },
});

const start = await prepare();
const watching = Object.keys(ask).map(watch);
const startedAt = performance.now();
await start();
const seconds = (performance.now() - startedAt) / 1000;
running = false;
await Promise.all(watching);
await engine.close();
const answer: Waits = { seconds, waits };
process.send?.(answer, () => process.disconnect());
