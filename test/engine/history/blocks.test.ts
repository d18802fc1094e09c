import Database from 'better-sqlite3';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { ensureAudience } from '../../../main/engine/audience/store.ts';
import { undoBatch } from '../../../main/engine/batch/batch.ts';
import type { Instant } from '../../../main/engine/core/instant.ts';
import { piecesOf } from '../../../main/engine/history/blocks.ts';
import { CAUSE_CODES, EVENT_CODES } from '../../../main/engine/history/codes.ts';
import { insertChanges } from '../../../main/engine/history/insert.ts';
import { LISTED } from '../../../main/engine/history/listed.ts';
import { rowWriter, type StoredChange } from '../../../main/engine/history/page.ts';
import { cursorOf, FIRST_PLACE, LAST_PLACE } from '../../../main/engine/history/place.ts';
import { planOf } from '../../../main/engine/history/query.ts';
import { orderBy, stretchesOf } from '../../../main/engine/history/strand.ts';
import { selectMessages } from '../../../main/engine/run/selection.ts';
import type { Db } from '../../../main/engine/store/store.ts';
import type { HistoryFilter } from '../../../preload/contract/history.ts';
import { changeCause, eventKind } from '../../../preload/contract/values.ts';
import { openWorkspace } from '../import-workspace.ts';
import { addSnapshot } from './snapshot-history.ts';

const SLUGS = ['a', 'b', 'c'];
const NOON = Date.UTC(2026, 0, 1, 12);
const at = (ms: number, code = 0): Instant => ({ ms, code });

function open() {
  const workspace = openWorkspace();
  for (const slug of SLUGS) ensureAudience(workspace.db, { slug }, 1);
  return workspace;
}

/** A number from 0 to below `below`, by a fixed rule without visible order; for another `salt` another one. */
const scatter = (n: number, below: number, salt = 1) =>
  (Math.imul(Math.imul(n + 1, 2654435761) ^ salt, 1597334677) >>> 9) % below;

/**
 * Big and small snapshots, two of them at one instant, one undone and one running, with changes at other instants among them;
 * changes of other causes before, between and behind, some at the instants of snapshots.
 */
async function openHistory() {
  const workspace = open();
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
  const user = (n: number) => ({ userId: `u${n}`, audience: scatter(n, 3) });
  // Enters only to the middle, then mixed, then exits only; every hundredth at another instant.
  const turning = (count: number, own: Instant) => (n: number) => ({
    ...user(n),
    event:
      n < count / 2 || (n < (3 * count) / 4 && scatter(n, 9) > 0) ? ('enter' as const) : ('exit' as const),
    at: n % 100 === 7 ? at(own.ms + (scatter(n, 5) - 2) * 1000, own.code) : own,
  });
  const first = at(NOON - 2000);
  const second = at(NOON, 4096);
  addSnapshot(db, { at: first, count: 2600, change: turning(2600, first) });
  others(200, 60, anyCause);
  addSnapshot(db, { at: first, count: 1300, change: (n) => ({ ...user(n), event: 'exit' }) });
  addSnapshot(db, { at: second, count: 40, change: turning(40, second) });
  // Nearly all at other instants, so that its own stand in blocks far apart.
  const scattered = (n: number) => (n % 700 === 0 ? second : at(second.ms - (n % 50) * 100));
  addSnapshot(db, {
    at: second,
    count: 1500,
    change: (n) => ({ ...user(n), event: 'enter', at: scattered(n) }),
  });
  others(300, 60, anyCause);
  const undone = addSnapshot(db, {
    at: second,
    count: 1200,
    change: (n) => ({ ...turning(1200, second)(n), userId: `v${n}` }),
  });
  await undoBatch(db, undone);
  const last = at(NOON + 1000);
  const running = addSnapshot(db, { at: last, count: 1400, running: true, change: turning(1400, last) });
  others(400, 60, (n) => (scatter(n, 2, 8) === 0 ? 'rule' : 'clock'));
  return { workspace, undone, running };
}

/** Every change that readers may see, in the order of time, read and sorted without any index. */
function modelOf(db: Db, running: number): StoredChange[] {
  return db
    .prepare<[number], StoredChange>('SELECT * FROM change NOT INDEXED WHERE batch_id <> ?')
    .all(running)
    .sort((a, b) => a.at_ms - b.at_ms || a.at_code - b.at_code || a.seq - b.seq);
}

interface Picked {
  readonly from?: number;
  readonly to?: number;
  readonly audiences: number[];
  readonly event?: (typeof eventKind.options)[number];
  readonly userId?: string;
  readonly cause?: (typeof changeCause.options)[number];
  readonly batch?: number;
}

const time = {
  from: fc.constantFrom(NOON - 2000, NOON - 1000, NOON),
  to: fc.constantFrom(NOON - 1000, NOON, NOON + 1000, NOON + 3000),
};
const event = fc.constantFrom(...eventKind.options);
const cause = fc.constantFrom(...changeCause.options);
const batch = fc.constantFrom(1, 2, 3, 4, 5, 6, 90, 91);
const audiences = fc.constant([]);
const requiredKeys = ['audiences'] as const;

/** Any filter; those that have blocks, which each other column would take precedence of, four times out of five. */
const filters = fc.oneof(
  fc.record({ audiences, ...time }, { requiredKeys: [...requiredKeys] }),
  fc.record({ audiences, ...time, batch, event }, { requiredKeys: [...requiredKeys, 'batch'] }),
  fc.record({ audiences, ...time, event }, { requiredKeys: [...requiredKeys, 'event'] }),
  fc.record(
    { audiences, ...time, event, cause: fc.constant('snapshot') },
    { requiredKeys: [...requiredKeys, 'cause'] },
  ),
  fc.record(
    {
      audiences: fc.subarray([1, 2, 3]),
      userId: fc.constantFrom('u0', 'u3', 'u1200'),
      ...{ ...time, event, cause, batch },
    },
    { requiredKeys: [...requiredKeys] },
  ),
) as fc.Arbitrary<Picked>;

function toFilter({ from, to, audiences, ...rest }: Picked): HistoryFilter {
  return {
    ...rest,
    audiences: audiences.map((id) => SLUGS[id - 1] ?? ''),
    ...(from === undefined ? {} : { from: new Date(from).toISOString() }),
    ...(to === undefined ? {} : { to: new Date(to).toISOString() }),
  };
}

function matches({ from, to, audiences, event, userId, cause, batch }: Picked, row: StoredChange): boolean {
  return (
    (from === undefined || row.at_ms >= from) &&
    (to === undefined || row.at_ms < to) &&
    (audiences.length === 0 || audiences.includes(row.audience_id)) &&
    (event === undefined || row.event === EVENT_CODES[event]) &&
    (userId === undefined || row.user_id === userId) &&
    (cause === undefined || row.cause === CAUSE_CODES[cause]) &&
    (batch === undefined || row.batch_id === batch)
  );
}

const placeOfRow = ({ at_ms, at_code, seq }: StoredChange) => ({ ms: at_ms, code: at_code, seq });

describe('a history with the blocks of snapshots', () => {
  it('answers any filter from any place as a look at every row would, in both orders', async () => {
    const { workspace, running } = await openHistory();
    const { db, history, call } = workspace;
    const model = modelOf(db, running);
    const toRow = rowWriter(db);
    const start = fc.option(fc.nat(model.length - 1), { nil: undefined, freq: 4 });
    await fc.assert(
      fc.asyncProperty(filters, start, fc.integer({ min: 1, max: 300 }), async (picked, from, limit) => {
        const filter = toFilter(picked);
        const passing = model.filter((row) => matches(picked, row));
        const place = from === undefined ? undefined : model[from];
        const cursor = place === undefined ? null : cursorOf(placeOfRow(place));
        const index = place === undefined ? -1 : model.indexOf(place);
        for (const order of ['oldest', 'newest'] as const) {
          const behind =
            order === 'oldest'
              ? passing.filter((row) => model.indexOf(row) > index)
              : passing.filter((row) => place === undefined || model.indexOf(row) < index).reverse();
          const page = await history.page({ ...filter, order, cursor, limit }, call);
          expect(page.rows).toEqual(behind.slice(0, limit).map(toRow));
          const last = behind.length > limit ? behind[limit - 1] : undefined;
          expect(page.next).toBe(last === undefined ? null : cursorOf(placeOfRow(last)));
        }
        expect(await history.count(filter, call)).toEqual({ count: passing.length });
      }),
      { numRuns: 300 },
    );
  });

  it('gives a selection each change once, in the order of time', async () => {
    const { workspace, running } = await openHistory();
    const { db } = workspace;
    const model = modelOf(db, running);
    expect(new Set(model.map(({ event, audience_id }) => `${event} ${audience_id}`)).size).toBe(9);
    fc.assert(
      fc.property(filters, (picked) => {
        const filter = toFilter(picked);
        const criteria = {
          audienceIds: new Set([1, 2, 3]),
          events: picked.event === undefined ? eventKind.options : [picked.event],
          filter: { ...filter, audiences: [], notSent: false },
          shard: null,
        };
        const messages = [...selectMessages(db, criteria)].filter((message) => message !== undefined);
        const every = model.filter((row) => matches({ ...picked, audiences: [] }, row));
        expect(
          messages.flatMap(({ changes }) => changes.map(({ seq }) => seq)).sort((a, b) => a - b),
        ).toEqual(every.map(({ seq }) => seq).sort((a, b) => a - b));
        const times = messages.map((message) => message.at.ms);
        expect(times).toEqual(times.toSorted((a, b) => a - b));
      }),
      { numRuns: 40 },
    );
  });

  it('gives a selection its changes along an index or a block, without sorting', async () => {
    const prepare = vi.spyOn(Database.prototype, 'prepare');
    onTestFinished(() => prepare.mockRestore());
    const { workspace } = await openHistory();
    const { db } = workspace;
    prepare.mockClear();
    const from = new Date(NOON - 2000).toISOString();
    const to = new Date(NOON + 2000).toISOString();
    const filter = { from, to, cause: 'snapshot' as const, audiences: [], notSent: false };
    const criteria = { audienceIds: new Set([1, 2, 3]), events: eventKind.options, filter, shard: null };
    expect([...selectMessages(db, criteria)].length).toBeGreaterThan(3000);
    const statements = new Set(
      prepare.mock.calls.map(([sql]) => sql).filter((sql) => / change (INDEXED|NOT INDEXED)/.test(sql)),
    );
    expect(statements.size).toBeGreaterThanOrEqual(8);
    for (const sql of statements) {
      const values = Array.from({ length: sql.split('?').length - 1 }, () => 1);
      const [first, ...more] = db
        .prepare<unknown[], { detail: string }>(`EXPLAIN QUERY PLAN ${sql}`)
        .all(...values)
        .map(({ detail }) => detail);
      expect(first).toMatch(
        /^SEARCH change USING (INTEGER PRIMARY KEY \(rowid>\? AND rowid<\?\)|INDEX change_at \((at_ms=\? AND at_code=\? AND rowid[<>]|\(at_ms,at_code\)>.*<\())/,
      );
      expect(more).toEqual([]);
    }
  });

  it('has entries in the indexes by time of the changes at other instants alone, and none left of an undone snapshot', async () => {
    const { workspace, undone } = await openHistory();
    const { db } = workspace;
    const listed = (batch: number) =>
      db
        .prepare<[number], number>(
          `SELECT count(*) FROM change WHERE batch_id = ? AND ${LISTED} AND cause = 1`,
        )
        .pluck()
        .get(batch);
    const elsewhere = (batch: number) =>
      db
        .prepare<[number], number>(
          `SELECT count(*) FROM change JOIN batch ON batch.id = batch_id
           WHERE batch_id = ? AND (change.at_ms <> batch.at_ms OR change.at_code <> batch.at_code)`,
        )
        .pluck()
        .get(batch);
    expect([1, 2, 4].map(listed)).toEqual([1, 2, 4].map(elsewhere));
    // A small one is listed as a whole.
    expect(listed(3)).toBe(40);
    const blocks = db
      .prepare<[number], number>('SELECT count(*) FROM change_block WHERE batch_id = ?')
      .pluck();
    expect([blocks.get(3), blocks.get(undone)]).toEqual([0, 0]);
    expect(db.prepare('SELECT count(*) FROM change WHERE batch_id = ?').pluck().get(undone)).toBe(0);
    // All and exits; all and enters from the middle on, then exits: the last are more than 500 behind one another.
    expect(blocks.get(2)).toBe(2);
    expect(blocks.get(4)).toBe(6);
  });

  it.each(['oldest', 'newest'] as const)(
    'looks at few changes for a page of a rare event, %s first',
    (order) => {
      const { db } = open();
      const own = at(NOON);
      addSnapshot(db, {
        at: own,
        count: 20_000,
        change: (n) => ({ userId: `u${n}`, audience: 0, event: n % 5000 === 2500 ? 'exit' : 'enter' }),
      });
      let looked = 0;
      db.function('look', () => {
        looked += 1;
        return 1;
      });
      const [strand] = planOf(db, { audiences: [], cause: 'snapshot', event: 'exit' }).strands;
      if (strand === undefined) throw new Error('no strand');
      const watched = { ...strand, where: `look() AND ${strand.where}` };
      const found: number[] = [];
      for (const piece of piecesOf(db, { strand: watched, after: FIRST_PLACE, before: LAST_PLACE }, order)) {
        for (const { sql, values } of stretchesOf(piece.strand, piece.after, piece.before, order))
          found.push(
            ...db
              .prepare<(string | number)[], number>(`SELECT seq ${sql} ${orderBy(order)}`)
              .pluck()
              .all(...values),
          );
      }
      const exits = [2501, 7501, 12501, 17501];
      expect(found).toEqual(order === 'oldest' ? exits : exits.toReversed());
      expect(looked).toBe(4);
    },
  );

  it('looks a block up along the blocks in the order of time, of all batches or of one', async () => {
    const prepare = vi.spyOn(Database.prototype, 'prepare');
    onTestFinished(() => prepare.mockRestore());
    const { workspace } = await openHistory();
    const { db, history, call } = workspace;
    for (const order of ['oldest', 'newest'] as const) {
      for (const filter of [{}, { batch: 2 }])
        await history.page({ audiences: [], ...filter, order, cursor: null, limit: 5 }, call);
    }
    const lookups = new Set(
      prepare.mock.calls.map(([sql]) => sql).filter((sql) => sql.includes('FROM change_block AS block')),
    );
    expect(lookups.size).toBe(6);
    for (const sql of lookups) {
      const values = Array.from({ length: sql.split('?').length - 1 }, () => 1);
      const [first, second, ...more] = db
        .prepare<unknown[], { detail: string }>(`EXPLAIN QUERY PLAN ${sql}`)
        .all(...values)
        .map(({ detail }) => detail);
      const along = sql.includes('batch_id = ?')
        ? 'INDEX change_block_batch \\(batch_id=\\? AND event=\\?'
        : 'PRIMARY KEY \\(event=\\?';
      expect(first).toMatch(new RegExp(`^SEARCH block USING ${along} AND \\(at_ms,at_code,first_seq\\)[<>]`));
      expect(second).toBe('SEARCH batch USING INTEGER PRIMARY KEY (rowid=?)');
      expect(more).toEqual([]);
    }
  });
});
