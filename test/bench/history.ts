import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { formatInstant, instantOfMs } from '../../main/engine/core/instant.ts';
import { pageOfHistory } from '../../main/engine/history/page.ts';
import { cursorOf } from '../../main/engine/history/place.ts';
import { orderBy } from '../../main/engine/history/query.ts';
import { type Db, openStore } from '../../main/engine/store/store.ts';
import type { HistoryFilter } from '../../preload/contract/history.ts';

const AUDIENCES = 20;
const CHANGES_A_SNAPSHOT = 100_000;
const DAY_MS = 86_400_000;
const PAGE_ROWS = 50;
const GOAL_MS = 5;

/**
 * Pages of a long history, filtered by audience and time and by one user, the first and the last one: by keyset as Segue does
 * it, and by OFFSET over the same index. Wall time, the median; the file is in the cache of the system.
 *
 * Options: --changes N (10000000), --rounds N (51).
 */
export async function run(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      changes: { type: 'string', default: '10000000' },
      rounds: { type: 'string', default: '51' },
    },
  });
  const changes = Number(values.changes);
  const rounds = Number(values.rounds);
  const dir = mkdtempSync(join(tmpdir(), 'segue-bench-history-'));
  const store = openStore(dir);
  try {
    fill(store.db, changes);
    console.log(`${changes} changes of ${Math.ceil(changes / CHANGES_A_SNAPSHOT)} snapshots`);
    await compare(store.db, changes, rounds);
  } finally {
    store.close();
    rmSync(dir, { recursive: true });
  }
}

/** Snapshots of a day each, every one of 100,000 changes in the order of its users. */
function fill(db: Db, changes: number): void {
  const audience = db.prepare('INSERT INTO audience (id, hex_id, slug, name) VALUES (?, ?, ?, ?)');
  for (let id = 1; id <= AUDIENCES; id += 1)
    audience.run(id, id.toString(16).padStart(32, '0'), `audience_${id}`, '');
  const add = db.prepare<{ batch: number; at: number; most: number }>(
    `WITH RECURSIVE n (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM n WHERE n + 1 < @most)
     INSERT INTO change (at_ms, at_code, user_id, audience_id, event, enter_ms, enter_code, cause, batch_id)
     SELECT @at, 0, printf('%08x%08x', n * 20 + @batch % 20, n), 1 + (n * 7 + @batch) % ${AUDIENCES}, 1 + n % 2, @at, 0, 1, @batch
     FROM n`,
  );
  for (let done = 0, batch = 1; done < changes; done += CHANGES_A_SNAPSHOT, batch += 1)
    add.run({ batch, at: batch * DAY_MS, most: Math.min(CHANGES_A_SNAPSHOT, changes - done) });
}

async function compare(db: Db, changes: number, rounds: number): Promise<void> {
  const last = Math.ceil(changes / CHANGES_A_SNAPSHOT) * DAY_MS;
  const filter: HistoryFilter = {
    audiences: ['audience_3'],
    from: formatInstant(instantOfMs(DAY_MS)),
    to: formatInstant(instantOfMs(last + 1)),
  };
  const where = 'FROM change INDEXED BY change_audience_at WHERE audience_id = 3 AND at_ms BETWEEN ? AND ?';
  const range = [DAY_MS, last];
  const matching = db
    .prepare<number[], number>(`SELECT count(*) ${where}`)
    .pluck()
    .get(...range);
  const deep = Math.max(0, (matching ?? 0) - PAGE_ROWS);
  const place = db
    .prepare<number[], { ms: number; code: number; seq: number }>(
      `SELECT at_ms AS ms, at_code AS code, seq ${where} ${orderBy('oldest')} LIMIT 1 OFFSET ?`,
    )
    .get(...range, Math.max(0, deep - 1));
  const cursor = place === undefined ? null : cursorOf(place);
  const byOffset = db.prepare<number[]>(`SELECT * ${where} ${orderBy('oldest')} LIMIT ? OFFSET ?`);
  const page = (of: HistoryFilter, from: string | null) => () =>
    pageOfHistory(db, of, { order: 'oldest', cursor: from, limit: PAGE_ROWS });
  const user = db.prepare<[], string>('SELECT user_id FROM change WHERE seq = 100').pluck().get() ?? '';
  const ways: [string, () => unknown][] = [
    ['audience and time, first page', page(filter, null)],
    [`audience and time, page ${Math.floor(deep / PAGE_ROWS) + 1}`, page(filter, cursor)],
    ['every change, first page', page({ audiences: [] }, null)],
    [`every change, page ${Math.ceil(changes / PAGE_ROWS)}`, page({ audiences: [] }, cursor)],
    ['one user, first page', page({ audiences: [], userId: user }, null)],
    ['OFFSET, first page', () => byOffset.all(...range, PAGE_ROWS, 0)],
    [`OFFSET, page ${Math.floor(deep / PAGE_ROWS) + 1}`, () => byOffset.all(...range, PAGE_ROWS, deep)],
  ];
  for (const [name, work] of ways) {
    const ms = await medianMs(work, rounds);
    const verdict = name.startsWith('OFFSET')
      ? ''
      : `, goal ${GOAL_MS} ms: ${ms < GOAL_MS ? 'reached' : 'missed'}`;
    console.log(`${name.padEnd(34)}${ms.toFixed(2).padStart(9)} ms${verdict}`);
  }
}

async function medianMs(work: () => unknown, rounds: number): Promise<number> {
  const times: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const began = performance.now();
    await work();
    times.push(performance.now() - began);
  }
  return times.toSorted((a, b) => a - b)[Math.floor(rounds / 2)] ?? 0;
}
