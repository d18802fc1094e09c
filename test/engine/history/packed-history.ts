import { ensureAudience } from '../../../main/engine/audience/store.ts';
import { undoBatch } from '../../../main/engine/batch/batch.ts';
import type { Instant } from '../../../main/engine/core/instant.ts';
import { insertChanges } from '../../../main/engine/history/insert.ts';
import type { StoredChange } from '../../../main/engine/history/page.ts';
import type { Db } from '../../../main/engine/store/store.ts';
import { changeCause, eventKind } from '../../../preload/contract/values.ts';
import { openWorkspace } from '../import-workspace.ts';
import { addProfiles, addSnapshot } from './snapshot-history.ts';

export const SLUGS = ['a', 'b', 'c'];
export const NOON = Date.UTC(2026, 0, 1, 12);
export const at = (ms: number, code = 0): Instant => ({ ms, code });

/** A workspace with the audiences of {@link SLUGS}. */
export function openAudiences() {
  const workspace = openWorkspace();
  for (const slug of SLUGS) ensureAudience(workspace.db, { slug }, 1);
  return workspace;
}

/** A number from 0 to below `below`, by a fixed rule without visible order; for another `salt` another one. */
const scatter = (n: number, below: number, salt = 1) =>
  (Math.imul(Math.imul(n + 1, 2654435761) ^ salt, 1597334677) >>> 9) % below;

/**
 * Big and small snapshots, two of them at one instant, one undone and one running, with changes at other instants among them; an
 * import of profiles in packs;
 * changes of other causes before, between and behind, some at the instants of snapshots.
 */
export async function openHistory() {
  const workspace = openAudiences();
  const { db } = workspace;
  const others = (from: number, count: number, cause: (n: number) => (typeof changeCause.options)[number]) =>
    db.transaction(() =>
      insertChanges(
        db,
        Array.from({ length: count }, (_, i) => i + from).map((n) => ({
          at: at(NOON + (scatter(n, 9) - 4) * 1000, scatter(n, 2, 2) * 4096),
          userId: `u${scatter(n, 7, 3)}`,
          audienceId: 1 + scatter(n, 3, 4),
          event: eventKind.options[scatter(n, 3, 5)] ?? 'enter',
          enter: null,
          exit: null,
          cause: cause(n),
          batch: 90 + scatter(n, 3, 6),
        })),
      ),
    )();
  const anyCause = (n: number) => changeCause.options[scatter(n, 6, 7)] ?? 'clock';
  others(0, 150, anyCause);
  const user = (n: number) => ({ userId: `u${n}`, audienceId: 1 + scatter(n, 3) });
  const told: StoredChange[] = [];
  const add = (snapshot: Parameters<typeof addSnapshot>[1]) =>
    addSnapshot(db, { ...snapshot, onChange: (stored) => told.push(stored) });
  // Enters more than exits; every hundredth late or, as no import makes them, early.
  const turning = (count: number, own: Instant) => (n: number) => ({
    ...user(n),
    event:
      n < count / 2 || (n < (3 * count) / 4 && scatter(n, 9) > 0) ? ('enter' as const) : ('exit' as const),
    ...(n % 100 === 7 ? { late: at(own.ms + (scatter(n, 5) - 2) * 1000, own.code) } : {}),
  });
  const first = at(NOON - 2000);
  const second = at(NOON, 4096);
  add({ at: first, count: 2600, change: turning(2600, first) });
  others(200, 60, anyCause);
  add({ at: first, count: 1300, change: (n) => ({ ...user(n), event: 'exit' }) });
  add({ at: second, count: 40, change: turning(40, second) });
  // Nearly all late.
  add({
    at: second,
    count: 1500,
    change: (n) => ({
      ...user(n),
      event: 'enter',
      ...(n % 700 === 0 ? {} : { late: at(second.ms - (n % 50) * 100) }),
    }),
  });
  // Many of each user, who stand over several packs.
  add({
    at: at(NOON + 2000),
    count: 1800,
    change: (n) => ({ userId: `w${n % 3}`, audienceId: 1 + (n % 3), event: n % 7 === 0 ? 'exit' : 'enter' }),
  });
  others(300, 60, anyCause);
  const undone = addSnapshot(db, {
    at: second,
    count: 1200,
    change: (n) => ({ ...turning(1200, second)(n), userId: `v${n}` }),
  });
  await undoBatch(db, undone);
  // At the instant of two snapshots, in two sweeps, each user in both.
  const ofProfiles = (sweep: number) => (n: number) => ({
    ...user(n),
    event: (n + sweep) % 3 === 0 ? ('exit' as const) : ('enter' as const),
  });
  addProfiles(db, {
    at: second,
    sweeps: [0, 1].map((sweep) => Array.from({ length: 1100 }, (_, n) => ofProfiles(sweep)(n))),
    onChange: (stored) => told.push(stored),
  });
  const last = at(NOON + 1000);
  const running = addSnapshot(db, { at: last, count: 1400, running: true, change: turning(1400, last) });
  others(400, 60, (n) => (scatter(n, 2, 8) === 0 ? 'rule' : 'clock'));
  const packed = told.filter(({ batch_id }) => hasPacks(db, batch_id));
  return { workspace, undone, running, model: modelOf(db, packed, running) };
}

function hasPacks(db: Db, batch: number): boolean {
  return db.prepare('SELECT 1 FROM change_pack WHERE batch_id = ?').get(batch) !== undefined;
}

/** Every change that readers may see, in the order of time: rows read without any index, and what was told to be packed. */
function modelOf(db: Db, packed: readonly StoredChange[], running: number): StoredChange[] {
  const rows = db
    .prepare<[number], StoredChange & { recorded_id: unknown }>(
      'SELECT * FROM change NOT INDEXED WHERE batch_id <> ?',
    )
    .all(running)
    .map(({ recorded_id, ...row }) => row);
  const seqs = new Set(rows.map(({ seq }) => seq));
  return [...rows, ...packed.filter(({ seq }) => !seqs.has(seq))].sort(
    (a, b) => a.at_ms - b.at_ms || a.at_code - b.at_code || a.seq - b.seq,
  );
}
