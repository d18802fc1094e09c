import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { formatInstant, instantOfMs } from '../../main/engine/core/instant.ts';
import { pageOfHistory } from '../../main/engine/history/page.ts';
import { cursorOf } from '../../main/engine/history/place.ts';
import { orderBy } from '../../main/engine/history/strand.ts';
import { prepareRows, type Row } from '../../main/engine/store/rows.ts';
import { type Db, openStore } from '../../main/engine/store/store.ts';
import type { HistoryFilter } from '../../preload/contract/history.ts';
import { addSnapshot } from '../engine/history/snapshot-history.ts';

const AUDIENCES = 20;
const DAY_MS = 86_400_000;
const PAGE_ROWS = 50;
const GOAL_MS = 5;

/**
 * Pages of a long history of snapshots, filtered by audience and time, by one user, by event and by nothing, the first and the
 * last one: by keyset as Segue does it, and by OFFSET over the same changes as rows with an index. Wall time, the median; the
 * file is in the cache of the system.
 *
 * Options: --changes N (10000000), --each N (100000) changes a snapshot, --rounds N (51).
 */
export async function run(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      changes: { type: 'string', default: '10000000' },
      each: { type: 'string', default: '100000' },
      rounds: { type: 'string', default: '51' },
    },
  });
  const snapshots = Math.ceil(Number(values.changes) / Number(values.each));
  const each = Number(values.each);
  const rounds = Number(values.rounds);
  const dir = mkdtempSync(join(tmpdir(), 'segue-bench-history-'));
  const store = openStore(dir);
  try {
    fill(store.db, { snapshots, each });
    console.log(`${snapshots * each} changes of ${snapshots} snapshots`);
    await compare(store.db, { snapshots, each, rounds });
  } finally {
    store.close();
    rmSync(dir, { recursive: true });
  }
}

/** Snapshots of a day each, written as imports do, and the same changes as rows. */
function fill(db: Db, { snapshots, each }: { snapshots: number; each: number }): void {
  const audience = db.prepare('INSERT INTO audience (id, hex_id, slug, name) VALUES (?, ?, ?, ?)');
  for (let id = 1; id <= AUDIENCES; id += 1)
    audience.run(id, id.toString(16).padStart(32, '0'), `audience_${id}`, '');
  db.exec(
    'CREATE TABLE flat (seq INTEGER PRIMARY KEY, at_ms INTEGER, at_code INTEGER, user_id TEXT, audience_id INTEGER, event INTEGER)',
  );
  const insert = prepareRows(db, { into: 'flat', columns: 6 });
  const hex = (n: number) => n.toString(16).padStart(8, '0');
  for (let day = 1; day <= snapshots; day += 1) {
    const rows: Row[] = [];
    addSnapshot(db, {
      at: instantOfMs(day * DAY_MS),
      count: each,
      change: (n) => ({
        userId: hex(n * 20 + (day % 20)) + hex(n),
        audienceId: 1 + ((n * 7 + day) % AUDIENCES),
        event: n % 2 === 0 ? 'enter' : 'exit',
      }),
      onChange: ({ seq, at_ms, at_code, user_id, audience_id, event }) =>
        rows.push([seq, at_ms, at_code, user_id, audience_id, event]),
    });
    db.transaction(() => insert(rows))();
  }
  db.exec('CREATE INDEX flat_audience_at ON flat (audience_id, at_ms, at_code)');
}

async function compare(
  db: Db,
  { snapshots, each, rounds }: { snapshots: number; each: number; rounds: number },
): Promise<void> {
  const changes = snapshots * each;
  const last = snapshots * DAY_MS;
  const filter: HistoryFilter = {
    audiences: ['audience_3'],
    from: formatInstant(instantOfMs(DAY_MS)),
    to: formatInstant(instantOfMs(last + 1)),
  };
  const where = 'FROM flat INDEXED BY flat_audience_at WHERE audience_id = 3 AND at_ms BETWEEN ? AND ?';
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
  const user = db.prepare<[], string>('SELECT user_id FROM flat WHERE seq = 100').pluck().get() ?? '';
  const ways: [string, () => unknown][] = [
    ['audience and time, first page', page(filter, null)],
    [`audience and time, page ${Math.floor(deep / PAGE_ROWS) + 1}`, page(filter, cursor)],
    ['every change, first page', page({ audiences: [] }, null)],
    [`every change, page ${Math.ceil(changes / PAGE_ROWS)}`, page({ audiences: [] }, cursor)],
    ['exits, first page', page({ audiences: [], event: 'exit' }, null)],
    [`exits, page ${Math.ceil(changes / 2 / PAGE_ROWS)}`, page({ audiences: [], event: 'exit' }, cursor)],
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
