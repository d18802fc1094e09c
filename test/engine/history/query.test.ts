import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ensureAudience } from '../../../main/engine/audience/store.ts';
import { beginBatch } from '../../../main/engine/batch/batch.ts';
import { insertChanges } from '../../../main/engine/history/insert.ts';
import { lastChangeAt } from '../../../main/engine/history/last-change.ts';
import { piecesOf } from '../../../main/engine/history/packs.ts';
import { LAST_PLACE, type Order } from '../../../main/engine/history/place.ts';
import { planOf } from '../../../main/engine/history/query.ts';
import { orderBy, stretchesOf } from '../../../main/engine/history/strand.ts';
import { windowsOf } from '../../../main/engine/history/windows.ts';
import type { ChangeRow, HistoryFilter } from '../../../preload/contract/history.ts';
import { changeCause, eventKind } from '../../../preload/contract/values.ts';
import { openWorkspace } from '../import-workspace.ts';
import { addSnapshot } from './snapshot-history.ts';

const SLUGS = ['a', 'b/c', 'd e'];

/** A history with few distinct instants, users and audiences, so that every filter and tie occurs. */
function openHistory(count: number) {
  const workspace = openWorkspace();
  const { db } = workspace;
  const audiences = SLUGS.map((slug) => ensureAudience(db, { slug }, 1).id);
  let state = 12345;
  const next = (below: number) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
  db.transaction(() => {
    insertChanges(
      db,
      Array.from({ length: count }, () => ({
        // Nine decimals, one of three nanoseconds.
        at: { ms: Date.UTC(2026, 0, 1) + next(72) * 3_600_000, code: (next(3) * 16 + 9) * 4096 },
        userId: `u${next(5)}`,
        audienceId: audiences[next(3)] ?? 0,
        event: eventKind.options[next(3)] ?? 'enter',
        enter: null,
        exit: null,
        cause: changeCause.options[next(6)] ?? 'snapshot',
        batch: 1 + next(3),
      })),
    );
  })();
  return workspace;
}

const SNAPSHOT_AT = { ms: Date.UTC(2026, 0, 2, 6), code: (16 + 9) * 4096 };

/** Adds the changes of a snapshot that has not taken effect: `count` at its own instant, four of them at enter times around it. */
function addHidden({ db }: ReturnType<typeof openHistory>, count: number): void {
  const batch = beginBatch(db, { kind: 'snapshot', source: 's.csv', at: SNAPSHOT_AT, startedMs: 0 });
  const first = 1 + (db.prepare<[], number>('SELECT max(seq) FROM change').pluck().get() ?? 0);
  db.transaction(() => {
    insertChanges(
      db,
      Array.from({ length: count }, (_, n) => ({
        at: n % (count / 4) === 1 ? { ms: SNAPSHOT_AT.ms + (n - count / 2) * 1000, code: 0 } : SNAPSHOT_AT,
        userId: `u${n % 5}`,
        audienceId: 1 + (n % 3),
        event: 'enter' as const,
        enter: null,
        exit: null,
        cause: 'snapshot' as const,
        batch,
      })),
    );
  })();
  db.prepare('INSERT INTO batch_range VALUES (?, ?, ?)').run(batch, first, first + count - 1);
}

const filters = fc.record(
  {
    from: fc.constantFrom(
      '2026-01-01T12:00:00Z',
      '2026-01-02T00:00:00.000000001Z',
      '2026-01-02T05:00:00+01:00',
    ),
    to: fc.constantFrom('2026-01-03T00:00:00Z', '2026-01-02T23:00:00.000000002Z'),
    audiences: fc.subarray(SLUGS),
    event: fc.constantFrom(...eventKind.options),
    userId: fc.constantFrom('u0', 'u4', 'nobody'),
    cause: fc.constantFrom(...changeCause.options),
    batch: fc.integer({ min: 1, max: 4 }),
  },
  { requiredKeys: ['audiences'] },
) as fc.Arbitrary<HistoryFilter>;

function matches(filter: HistoryFilter, row: ChangeRow): boolean {
  // The instants of this history are UTC with at most nine decimals, so a common form compares as text.
  const key = (text: string) => {
    const [, seconds = '', decimals = '', zone = ''] = /^([^.Z+]+)(?:\.(\d+))?(.*)$/.exec(text) ?? [];
    const shifted = new Date(`${seconds}${zone}`).toISOString().slice(0, 19);
    return `${shifted}.${decimals.padEnd(9, '0')}`;
  };
  return (
    (filter.from === undefined || key(row.at) >= key(filter.from)) &&
    (filter.to === undefined || key(row.at) < key(filter.to)) &&
    (filter.audiences.length === 0 || filter.audiences.includes(row.audience)) &&
    (filter.event === undefined || row.event === filter.event) &&
    (filter.userId === undefined || row.user_id === filter.userId) &&
    (filter.cause === undefined || row.cause === filter.cause) &&
    (filter.batch === undefined || row.batch === filter.batch)
  );
}

async function walk(
  { history, call }: Pick<ReturnType<typeof openWorkspace>, 'history' | 'call'>,
  filter: HistoryFilter,
  order: Order,
  limit: number,
): Promise<ChangeRow[]> {
  const rows: ChangeRow[] = [];
  let cursor: string | null = null;
  do {
    const page: Awaited<ReturnType<typeof history.page>> = await history.page(
      { ...filter, order, cursor, limit },
      call,
    );
    rows.push(...page.rows);
    cursor = page.next;
  } while (cursor !== null);
  return rows;
}

describe('the history', () => {
  it('answers any filter as a look at every row would: pages, count, histogram, export', async () => {
    const workspace = openHistory(300);
    const { history, call, base } = workspace;
    const all = await walk(workspace, { audiences: [] }, 'oldest', 500);
    expect(all).toHaveLength(300);
    const out = join(base, 'out.ndjson');
    await fc.assert(
      fc.asyncProperty(filters, fc.integer({ min: 1, max: 40 }), async (filter, limit) => {
        const expected = all.filter((row) => matches(filter, row));
        expect(await walk(workspace, filter, 'oldest', limit)).toEqual(expected);
        expect(await walk(workspace, filter, 'newest', limit)).toEqual(expected.toReversed());
        expect(await history.count(filter, call)).toEqual({ count: expected.length });
        const { buckets } = await history.histogram({ ...filter, bucket: 'day' }, call);
        expect(buckets).toEqual(
          [...Map.groupBy(expected, (row) => row.at.slice(0, 10))].map(([day, rows]) => ({
            start: `${day}T00:00:00Z`,
            ...Object.fromEntries(
              eventKind.options.map((event) => [event, rows.filter((row) => row.event === event).length]),
            ),
          })),
        );
        expect(await history.export({ ...filter, out }, call)).toEqual({ count: expected.length, file: out });
        const lines = readFileSync(out, 'utf8').split('\n').slice(0, -1);
        expect(lines).toEqual(expected.map((row) => JSON.stringify(row)));
      }),
      { numRuns: 60 },
    );
  });

  it('goes on over many windows, forward and back, and groups by hour', async () => {
    const workspace = openHistory(9500);
    const { history, call } = workspace;
    const filter: HistoryFilter = { audiences: ['a'], event: 'change', cause: 'clock' };
    const forward = await walk(workspace, filter, 'oldest', 50);
    expect(forward.length).toBeGreaterThan(100);
    expect(await walk(workspace, filter, 'newest', 50)).toEqual(forward.toReversed());
    expect(await history.count({ audiences: [] }, call)).toEqual({ count: 9500 });
    const { buckets } = await history.histogram({ audiences: [], bucket: 'hour' }, call);
    expect(buckets).toHaveLength(72);
    expect(buckets.reduce((sum, { enter, exit, change }) => sum + enter + exit + change, 0)).toBe(9500);
  });

  it('says nothing of a snapshot that has not taken effect, in pages, counts and the last change of an audience', async () => {
    const workspace = openHistory(300);
    const { db, history, call } = workspace;
    const all = await walk(workspace, { audiences: [] }, 'oldest', 500);
    const lastOf = () => SLUGS.map((_, n) => lastChangeAt(db, n + 1));
    const last = lastOf();
    addHidden(workspace, 400);
    expect(lastOf()).toEqual(last);
    await fc.assert(
      fc.asyncProperty(filters, fc.integer({ min: 1, max: 40 }), async (filter, limit) => {
        const expected = all.filter((row) => matches(filter, row));
        expect(await walk(workspace, filter, 'oldest', limit)).toEqual(expected);
        expect(await walk(workspace, filter, 'newest', limit)).toEqual(expected.toReversed());
        expect(await history.count(filter, call)).toEqual({ count: expected.length });
      }),
      { numRuns: 60 },
    );
  });

  it.each(['newest', 'oldest'] as const)(
    'steps over a snapshot that has not taken effect: %s first, its changes are not looked at',
    async (order) => {
      const workspace = openHistory(30);
      const { db } = workspace;
      addHidden(workspace, 20_000);
      // A condition that SQLite asks of each row that it walks over, before it compares the bounds that it did not seek by.
      let looked = 0;
      db.function('look', () => {
        looked += 1;
        return 1;
      });
      const plan = planOf(db, { audiences: [] });
      const strands = plan.strands.map((strand) => ({ ...strand, where: 'look()' }));
      let found = 0;
      for await (const { strand, after, before } of windowsOf(db, { ...plan, strands }, { order })) {
        for (const { sql, values } of stretchesOf(strand, after, before, order))
          found += Number(
            db
              .prepare<(string | number)[]>(`SELECT count(*) ${sql}`)
              .pluck()
              .get(...values),
          );
      }
      expect(found).toBe(30 + 4);
      // Once to find where a window ends, once to read it.
      expect(looked).toBeLessThanOrEqual(2 * found);
    },
  );

  it.each([
    ['nothing', {}],
    ['time', { from: '2026-01-01T00:00:00Z', to: '2026-01-02T00:00:00Z' }],
    ['audience', { audiences: ['a'] }],
    ['audiences and event', { audiences: ['a', 'b/c'], event: 'exit' as const }],
    ['event', { event: 'enter' as const }],
    ['cause', { cause: 'archive' as const }],
    ['cause and event', { cause: 'rule' as const, event: 'change' as const }],
    ['profile', { userId: 'u1', audiences: ['a'] }],
    ['batch', { batch: 2, event: 'enter' as const }],
  ])('filtered by %s is read along an index, without sorting', (_, filter) => {
    const { db } = openHistory(10);
    // The ids of batches of openHistory too, so that the filter by batch has packs.
    for (let n = 0; n < 2; n += 1)
      addSnapshot(db, {
        at: SNAPSHOT_AT,
        count: 1000,
        change: (n) => ({ userId: `u${n}`, audienceId: 1, event: n % 2 === 0 ? 'enter' : 'exit' }),
      });
    const plan = planOf(db, { audiences: [], ...filter });
    const middle = { ms: Date.UTC(2026, 0, 1, 12), code: 0, seq: 5 };
    const range = { after: middle, before: LAST_PLACE };
    for (const order of ['newest', 'oldest'] as const) {
      for (const { strand, pack, after, before } of plan.strands.flatMap((strand) => [
        ...piecesOf(db, { strand, ...range }, order),
      ])) {
        if (pack !== undefined) continue;
        for (const { sql, values } of stretchesOf(strand, after, before, order)) {
          const details = db
            .prepare<(string | number)[], { detail: string }>(
              `EXPLAIN QUERY PLAN SELECT seq, user_id ${sql} ${plan.rest} ${orderBy(order)} LIMIT 10`,
            )
            .all(...values, ...plan.restValues)
            .map(({ detail }) => detail);
          if (strand.source === 'change_of_user') {
            const reads = details.filter((detail) => / change\b/.test(detail));
            expect(reads).toContainEqual(expect.stringContaining('INDEX change_user_at (user_id=?'));
            expect(reads).toContainEqual(
              expect.stringContaining('INDEX change_mass_user (at_ms=? AND user_id=?'),
            );
            expect(reads).toContainEqual(
              expect.stringContaining('INDEX change_clock_day (<expr>=? AND user_id=?'),
            );
            expect(reads.filter((detail) => !detail.startsWith('SEARCH'))).toEqual([]);
            continue;
          }
          expect(details).toHaveLength(1);
          const [, index] = /INDEXED BY (\w+)$/.exec(strand.source) ?? [];
          // All of the cursor is compared along the index: an instant with millions of changes is not walked through.
          expect(details[0]).toMatch(
            new RegExp(
              `^SEARCH change USING INDEX ${index} \\(.*(at_ms=. AND at_code=. AND rowid[<>]|\\(at_ms,at_code\\)>.*<\\()`,
            ),
          );
        }
      }
    }
  });

  it('refuses an unknown audience, a cursor of nobody, a time that is none and a change that is not there', async () => {
    const { history, call } = openHistory(5);
    const page = { audiences: [], order: 'newest' as const, cursor: null, limit: 10 };
    await expect(history.page({ ...page, audiences: ['b/d'] }, call)).rejects.toMatchObject({
      code: 'AUDIENCE_NOT_FOUND',
      detail: { nearest: 'b/c' },
    });
    await expect(history.page({ ...page, cursor: 'x' }, call)).rejects.toMatchObject({
      code: 'INVALID_INPUT',
    });
    await expect(history.page({ ...page, from: '2026-02-30T00:00:00Z' }, call)).rejects.toMatchObject({
      code: 'INVALID_INPUT',
    });
    expect(() => history.recorded({ seq: 99 }, call)).toThrowError(
      expect.objectContaining({ code: 'NOT_FOUND' }),
    );
  });

  it('leaves out what an import that has not taken effect has written', async () => {
    const workspace = openHistory(20);
    const { db, history, call } = workspace;
    db.prepare(
      `INSERT INTO batch (id, kind, source, state, started_ms) VALUES (9, 'snapshot', 'x', 'running', 0)`,
    ).run();
    db.prepare('INSERT INTO batch_range VALUES (9, 3, 12)').run();
    const rows = await walk(workspace, { audiences: [] }, 'oldest', 4);
    expect(rows.map(({ seq }) => seq).toSorted((a, b) => a - b)).toEqual([
      1, 2, 13, 14, 15, 16, 17, 18, 19, 20,
    ]);
    expect(await history.count({ audiences: SLUGS }, call)).toEqual({ count: 10 });
  });

  it('is exported wholly or not at all', async () => {
    const { history, call, base } = openHistory(50);
    const folder = join(base, 'out');
    mkdirSync(folder);
    await expect(history.export({ audiences: [], out: folder }, call)).rejects.toMatchObject({
      code: 'FILE_UNWRITABLE',
    });
    await expect(history.export({ audiences: [], out: join(folder, 'no', 'f') }, call)).rejects.toMatchObject(
      {
        code: 'FILE_UNWRITABLE',
      },
    );
    const cancelled = { signal: AbortSignal.abort(), progress: () => undefined };
    await expect(history.export({ audiences: [], out: join(folder, 'f') }, cancelled)).rejects.toMatchObject({
      code: 'CANCELLED',
    });
    expect(readdirSync(folder)).toEqual([]);
  });
});
