import Database from 'better-sqlite3';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { undoBatch } from '../../../main/engine/batch/batch.ts';
import { countChanges } from '../../../main/engine/history/change-sql.ts';
import { CAUSE_CODES, EVENT_CODES } from '../../../main/engine/history/codes.ts';
import { isOneSweep, type PackRead, piecesOf, readPack } from '../../../main/engine/history/packs.ts';
import { rowWriter, type StoredChange } from '../../../main/engine/history/page.ts';
import { cursorOf, FIRST_PLACE, LAST_PLACE } from '../../../main/engine/history/place.ts';
import { planOf } from '../../../main/engine/history/query.ts';
import { isPacked } from '../../../main/engine/history/strand.ts';
import { STATE_CODES } from '../../../main/engine/run/journal.ts';
import { messageInsert } from '../../../main/engine/run/materialise.ts';
import { selectMessages } from '../../../main/engine/run/selection.ts';
import type { Db } from '../../../main/engine/store/store.ts';
import type { HistoryFilter } from '../../../preload/contract/history.ts';
import { changeCause, eventKind } from '../../../preload/contract/values.ts';
import { at, NOON, openAudiences, openHistory, SLUGS } from './packed-history.ts';
import { addProfiles, addSnapshot } from './snapshot-history.ts';

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
const batch = fc.constantFrom(1, 2, 3, 4, 5, 6, 7, 8, 90, 91);
const audiences = fc.constant([]);
const requiredKeys = ['audiences'] as const;

/** Any filter; those that have packs, which each other column would take precedence of, four times out of five. */
const filters = fc.oneof(
  fc.record({ audiences, ...time }, { requiredKeys: [...requiredKeys] }),
  fc.record({ audiences, ...time, batch, event }, { requiredKeys: [...requiredKeys, 'batch'] }),
  fc.record({ audiences, ...time, event }, { requiredKeys: [...requiredKeys, 'event'] }),
  fc.record(
    { audiences, ...time, event, cause: fc.constantFrom('snapshot', 'profile') },
    { requiredKeys: [...requiredKeys, 'cause'] },
  ),
  fc.record(
    {
      audiences: fc.subarray([1, 2, 3]),
      userId: fc.constantFrom('u0', 'u3', 'u1200', 'w1', 'v5', 'nobody'),
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

/** How SQLite serves a statement, a line a step. */
function detailsOf(db: Db, sql: string): string[] {
  const values = Array.from({ length: sql.split('?').length - 1 }, () => 1);
  return db
    .prepare<unknown[], { detail: string }>(`EXPLAIN QUERY PLAN ${sql}`)
    .all(...values)
    .map(({ detail }) => detail);
}

const placeOfRow = ({ at_ms, at_code, seq }: StoredChange) => ({ ms: at_ms, code: at_code, seq });

describe('a history with packs', () => {
  it('answers any filter from any place as a look at every row would, in both orders', async () => {
    const { workspace, model } = await openHistory();
    const { db, history, call } = workspace;
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
        const { buckets } = await history.histogram({ ...filter, bucket: 'hour' }, call);
        const counted = (code: number) => passing.filter((row) => row.event === code).length;
        expect(buckets.filter(({ enter, exit, change }) => enter + exit + change === 0)).toEqual([]);
        for (const kind of eventKind.options)
          expect(buckets.reduce((sum, bucket) => sum + bucket[kind], 0)).toBe(counted(EVENT_CODES[kind]));
      }),
      { numRuns: 300 },
    );
  });

  it('gives a selection each change once, in the order of time', async () => {
    const { workspace, model } = await openHistory();
    const { db } = workspace;
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

  it('gives a selection its rows along an index, without sorting', async () => {
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
      prepare.mock.calls.map(([sql]) => sql).filter((sql) => / change INDEXED BY change_at/.test(sql)),
    );
    expect(statements.size).toBeGreaterThanOrEqual(8);
    for (const sql of statements) {
      const [first, ...more] = detailsOf(db, sql);
      expect(first).toMatch(
        /^SEARCH change USING (COVERING )?(INDEX change_at \((at_ms=\? AND at_code=\? AND rowid[<>]|\(at_ms,at_code\)>.*<\())/,
      );
      expect(more).toEqual([]);
    }
  });

  it('leaves a selection what its runs have not sent, also of a snapshot that was undone and made again', async () => {
    const { db } = openAudiences();
    const own = at(NOON);
    const snapshot = () =>
      addSnapshot(db, {
        at: own,
        count: 6000,
        change: (n) => ({ userId: `u${n}`, audienceId: 1 + (n % 3), event: n % 2 === 0 ? 'enter' : 'exit' }),
      });
    const batch = snapshot();
    const criteria = {
      audienceIds: new Set([1, 2]),
      events: eventKind.options,
      filter: { audiences: [], notSent: false },
      shard: null,
    };
    const select = (unsentBy?: number[]) =>
      [...selectMessages(db, unsentBy === undefined ? criteria : { ...criteria, unsentBy })].filter(
        (message) => message !== undefined,
      );
    const every = select();
    expect(every).toHaveLength(4000);
    const insert = messageInsert(db, 1);
    db.transaction(() => {
      for (const [n, message] of every.entries())
        if (n % 3 > 0) insert(n, { ...message, doubt: n % 3 === 2 });
      db.prepare('UPDATE run_message SET state = ? WHERE doubt = 0').run(STATE_CODES.sent);
    })();
    const left = every
      .filter((_, n) => n % 3 !== 1)
      .map(({ userId }) => ({ userId, doubt: every.findIndex((one) => one.userId === userId) % 3 === 2 }));
    const told = () => select([1]).map(({ userId, doubt }) => ({ userId, doubt }));

    expect(told()).toEqual(left);
    await undoBatch(db, batch);
    expect(select()).toEqual([]);
    expect(db.prepare('SELECT count(*) FROM run_change').pluck().get()).toBe(0);
    snapshot();
    expect(told()).toEqual(left);
  });

  it('takes an instant for that of one sweep only while no other has changes there, of a running import either', () => {
    const { db } = openAudiences();
    const own = at(NOON);
    const changes = Array.from({ length: 1200 }, (_, n) => ({
      userId: `u${n}`,
      audienceId: 1,
      event: 'enter' as const,
    }));
    const isOne = () => isOneSweep(db, NOON, [0, 4096]);
    expect(isOne()).toBe(false);
    const batch = addProfiles(db, { at: own, sweeps: [changes], onChange: () => undefined });
    expect(isOne()).toBe(true);
    db.prepare(`UPDATE batch SET state = 'running' WHERE id = ?`).run(batch);
    expect(isOne()).toBe(true);
    db.prepare(`UPDATE batch SET state = 'done' WHERE id = ?`).run(batch);
    addSnapshot(db, {
      at: own,
      count: 1100,
      running: true,
      change: (n) => ({ userId: `u${n}`, audienceId: 2, event: 'enter' }),
    });
    expect(isOne()).toBe(false);
  });

  it('packs what is at the instant of a big snapshot alone, and leaves nothing of an undone one', async () => {
    const { workspace, undone, running } = await openHistory();
    const { db } = workspace;
    const counted = (sql: string) => (batch: number) => db.prepare<[number], number>(sql).pluck().get(batch);
    const packed = counted(
      'SELECT coalesce(sum(last_seq - first_seq + 1), 0) FROM change_pack WHERE batch_id = ?',
    );
    const rows = counted('SELECT count(*) FROM change WHERE batch_id = ?');
    expect([1, 2, 3, 4, 5, running, 7].map(packed)).toEqual([2574, 1300, 0, 3, 1800, 1386, 2200]);
    expect([1, 2, 3, 4, 5, running, 7].map(rows)).toEqual([26, 0, 40, 1497, 0, 14, 0]);
    expect([packed(undone), rows(undone)]).toEqual([0, 0]);
    const every = db.prepare('SELECT (SELECT count(*) FROM change) + (SELECT count(*) FROM packed_change)');
    expect(countChanges(db)).toBe(every.pluck().get());
    const stray = db.prepare(
      'SELECT 1 FROM change_pack_list WHERE first_seq NOT IN (SELECT first_seq FROM change_pack)',
    );
    expect(stray.all()).toEqual([]);
  });

  it.each(['oldest', 'newest'] as const)(
    'looks at few changes for a page of a rare event, %s first',
    (order) => {
      const { db } = openAudiences();
      const own = at(NOON);
      const exits: number[] = [];
      addSnapshot(db, {
        at: own,
        count: 20_000,
        change: (n) => ({ userId: `u${n}`, audienceId: 1, event: n % 5000 === 2500 ? 'exit' : 'enter' }),
        onChange({ seq, event }) {
          if (event === EVENT_CODES.exit) exits.push(seq);
        },
      });
      const [strand] = planOf(db, { audiences: [], cause: 'snapshot', event: 'exit' }).strands;
      if (strand === undefined) throw new Error('no strand');
      const pieces = [...piecesOf(db, { strand, after: FIRST_PLACE, before: LAST_PLACE }, order)];
      const packed = pieces.filter(isPacked);
      const found = packed.flatMap((piece) => readPack(db, piece, {}, ({ seq }) => seq));
      expect(exits).toHaveLength(4);
      expect(found).toEqual(order === 'oldest' ? exits : exits.toReversed());
      expect(packed).toHaveLength(4);
      expect(pieces.length).toBeLessThanOrEqual(9);
    },
  );

  it('reads of a pack what is wanted by number and by time', () => {
    const { db } = openAudiences();
    const own = at(NOON);
    addSnapshot(db, {
      at: own,
      count: 1000,
      change: (n) => ({ userId: `u${n}`, audienceId: 1, event: 'enter' }),
    });
    const [strand] = planOf(db, { audiences: [] }).strands;
    if (strand === undefined) throw new Error('no strand');
    const packed = [...piecesOf(db, { strand, after: FIRST_PLACE, before: LAST_PLACE }, 'oldest')].filter(
      isPacked,
    );
    const read = (wanted: PackRead) =>
      packed.flatMap((piece) => readPack(db, piece, wanted, ({ seq }) => seq));
    const all = read({});
    expect(all).toHaveLength(1000);
    for (const [after, upTo] of [
      [0, 1000],
      [-1, 3],
      [5, 5],
      [510, 515],
      [600, 5000],
    ] as const)
      expect(read({ numbers: { after, upTo } })).toEqual(all.filter((seq) => seq > after && seq <= upTo));
    const [before, behind] = [at(NOON - 1), at(NOON + 1)];
    expect(read({ times: { first: before, last: own } })).toEqual(all);
    expect(read({ times: { first: own, last: behind } })).toEqual(all);
    expect(read({ times: { first: before, last: before } })).toEqual([]);
    expect(read({ times: { first: behind, last: behind } })).toEqual([]);
  });

  it('looks a pack up along the packs in the order of time', async () => {
    const prepare = vi.spyOn(Database.prototype, 'prepare');
    onTestFinished(() => prepare.mockRestore());
    const { workspace } = await openHistory();
    const { db, history, call } = workspace;
    const kinds: Partial<HistoryFilter>[] = [
      {},
      { batch: 2 },
      { event: 'enter', cause: 'snapshot' },
      { event: 'exit', cause: 'snapshot' },
      { audiences: ['b'] },
    ];
    for (const order of ['oldest', 'newest'] as const) {
      for (const filter of kinds)
        await history.page({ audiences: [], ...filter, order, cursor: null, limit: 5 }, call);
    }
    const lookups = new Set(
      prepare.mock.calls.map(([sql]) => sql).filter((sql) => /exits FROM change_pack_list/.test(sql)),
    );
    expect(lookups.size).toBe(3);
    for (const sql of lookups) {
      const [first, ...more] = detailsOf(db, sql);
      expect(first).toMatch(
        /^SEARCH change_pack_list USING PRIMARY KEY \(list=\? AND \(at_ms,at_code,first_seq\)[<>]/,
      );
      expect(more).toEqual([]);
    }
  });

  it('reads of each sweep the packs of the user alone', async () => {
    const { workspace } = await openHistory();
    const { db } = workspace;
    for (const sql of [
      'SELECT * FROM change_of_user WHERE user_id = ?',
      'SELECT * FROM change_of_user_at WHERE user_id = ? AND at_ms = ?',
    ]) {
      const plan = detailsOf(db, sql);
      expect(plan).toContain(
        'SEARCH pack USING INDEX change_pack_user (batch_id=? AND sweep=? AND last_bucket>? AND last_bucket<?)',
      );
      if (sql.includes('at_ms'))
        expect(plan).toContain('SEARCH sweep USING COVERING INDEX change_sweep_at (at_ms=?)');
    }
  });
});
