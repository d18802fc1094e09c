import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { CAUSE_CODES, EVENT_CODES } from '../../../main/engine/history/codes.ts';
import type { NewChange } from '../../../main/engine/history/insert.ts';
import { createPackWriter } from '../../../main/engine/history/pack.ts';
import { pageOfHistory } from '../../../main/engine/history/page.ts';
import { bucketOf, wordsOfKey } from '../../../main/engine/membership/key.ts';
import { MIGRATIONS } from '../../../main/engine/store/migrations/index.ts';
import { type Db, openDatabase } from '../../../main/engine/store/store.ts';
import type { ChangeCause } from '../../../preload/contract/values.ts';

/** The migrations before one, and those up to and with it. */
function around(name: string) {
  const before = MIGRATIONS.findIndex((migration) => migration.name === name);
  return { name, before: MIGRATIONS.slice(0, before), with: MIGRATIONS.slice(0, before + 1) };
}
const SNAPSHOTS = around('0008-snapshot-user-index');
const CLOCK = around('0013-clock-user-index');
const BATCH = around('0017-batch-index');
const BLOCKS = around('0019-change-blocks');
const PACKS = around('0020-change-packs');
const SWEEPS = around('0022-change-sweeps');
const DAY_MS = 86_400_000;
const folders: string[] = [];

function folder(): string {
  const dir = mkdtempSync(join(tmpdir(), 'segue-history-'));
  folders.push(dir);
  return dir;
}

afterEach(() => {
  for (const dir of folders.splice(0)) rmSync(dir, { recursive: true });
});

const one = (userId: string, ms: number, cause: ChangeCause, batch: number): NewChange => ({
  at: { ms, code: 0 },
  userId,
  audienceId: 1,
  event: 'enter',
  enter: null,
  exit: null,
  cause,
  batch,
});

/** Adds changes as every version could. */
function insertChanges(db: Db, changes: readonly NewChange[]): void {
  const insert = db.prepare(
    `INSERT INTO change (at_ms, at_code, user_id, audience_id, event, cause, batch_id) VALUES (?, ?, ?, ?, ?, ?, ?)`,
  );
  for (const { at, userId, audienceId, event, cause, batch } of changes)
    insert.run(at.ms, at.code, userId, audienceId, EVENT_CODES[event], CAUSE_CODES[cause], batch);
}

/** Two snapshots and a live change, of two users; user `b` has an exit later than its snapshot's other changes. */
function addChanges(db: Db): void {
  db.transaction(() =>
    insertChanges(db, [
      one('a', 10, 'snapshot', 1),
      one('b', 10, 'snapshot', 1),
      one('b', 15, 'profile', 2),
      one('a', 20, 'snapshot', 3),
      one('b', 25, 'snapshot', 3),
    ]),
  )();
}

const timesOf = (db: Db, source: string, where: string) =>
  db.prepare<[], number>(`SELECT at_ms FROM ${source} WHERE ${where} ORDER BY at_ms`).pluck().all();

describe('migration 0008', () => {
  it('finds the changes of a user that were there before, of snapshots and others', () => {
    const file = join(folder(), 'segue.db');
    const old = openDatabase(file, SNAPSHOTS.before);
    addChanges(old);
    old.close();
    const db = openDatabase(file, SNAPSHOTS.with);
    expect(timesOf(db, 'change_of_user', `user_id = 'a'`)).toEqual([10, 20]);
    expect(timesOf(db, 'change_of_user', `user_id = 'b'`)).toEqual([10, 15, 25]);
    expect(timesOf(db, 'change_of_user', `user_id = 'c'`)).toEqual([]);
    expect(timesOf(db, 'change_of_user_at', `user_id = 'b' AND at_ms = 25`)).toEqual([25]);
    expect(timesOf(db, 'change_of_user_at', `user_id = 'b' AND at_ms = 15`)).toEqual([15]);
    db.close();
  });

  it('finds none in an empty history', () => {
    const db = openDatabase(join(folder(), 'segue.db'), SNAPSHOTS.with);
    expect(timesOf(db, 'change_of_user', `user_id = 'a'`)).toEqual([]);
    db.close();
  });
});

describe('migration 0013', () => {
  it('finds the changes of a user that were there before and those that come, whatever their cause', () => {
    const file = join(folder(), 'segue.db');
    const old = openDatabase(file, CLOCK.before);
    addChanges(old);
    const clock = [-DAY_MS / 2, 12, DAY_MS + 1, DAY_MS + 2, 9 * DAY_MS];
    insertChanges(old, [
      ...clock.map((ms) => one('b', ms, 'clock', 4)),
      one('a', 12, 'clock', 4),
      one('b', 30, 'rule', 5),
      one('b', 40, 'event', 6),
    ]);
    old.close();
    const db = openDatabase(file, CLOCK.with);
    insertChanges(db, [one('a', 9 * DAY_MS, 'clock', 7), one('c', 9 * DAY_MS, 'clock', 7)]);
    expect(timesOf(db, 'change_of_user', `user_id = 'a'`)).toEqual([10, 12, 20, 9 * DAY_MS]);
    expect(timesOf(db, 'change_of_user', `user_id = 'b'`)).toEqual(
      [10, 15, 25, 30, 40, ...clock].sort((a, b) => a - b),
    );
    expect(timesOf(db, 'change_of_user', `user_id = 'c'`)).toEqual([9 * DAY_MS]);
    for (const ms of [10, 12, 15, 30, 9 * DAY_MS])
      expect(timesOf(db, 'change_of_user_at', `user_id = 'b' AND at_ms = ${ms}`)).toEqual([ms]);
    expect(timesOf(db, 'change_of_user_at', `user_id = 'a' AND at_ms = 30`)).toEqual([]);
    db.close();
  });
});

describe('migration 0017', () => {
  it('finds the live changes of a batch in the order of their numbers, those before it too, by an index', () => {
    const file = join(folder(), 'segue.db');
    const old = openDatabase(file, BATCH.before);
    addChanges(old);
    old.close();
    const db = openDatabase(file, BATCH.with);
    insertChanges(db, [one('c', 12, 'rule', 3), one('a', 11, 'profile', 2)]);
    const live = 'batch_id = ? AND cause <> 1 AND seq > 0 ORDER BY seq DESC';
    const timesOfBatch = db.prepare<[number], number>(`SELECT at_ms FROM change WHERE ${live}`).pluck();
    expect([2, 3, 1].map((batch) => timesOfBatch.all(batch))).toEqual([[11, 15], [12], []]);
    const plan = db.prepare<[number], { detail: string }>(
      `EXPLAIN QUERY PLAN SELECT at_ms FROM change WHERE ${live}`,
    );
    expect(plan.all(2).map(({ detail }) => detail)).toEqual([
      'SEARCH change USING INDEX change_batch (batch_id=? AND rowid>?)',
    ]);
    db.close();
  });
});

describe('migrations 0019 and 0020', () => {
  /**
   * A history as the version before wrote it: a first snapshot of enters; one of exits, but for ten enters far behind and a late
   * exit, that a rule and the clock went on from; a small one; one with nearly all changes at other instants; live changes; and
   * a snapshot's change that has no batch, as in a bundle.
   */
  function fill(db: Db): void {
    db.prepare(`INSERT INTO audience (id, hex_id, slug, name) VALUES (1, 'a', 'a', '')`).run();
    const addBatch = db.prepare(
      `INSERT INTO batch (id, kind, source, state, at_ms, at_code, started_ms) VALUES (?, ?, '', 'done', ?, ?, 0)`,
    );
    const addRange = db.prepare(
      'INSERT INTO batch_range SELECT ?, coalesce(max(seq), 0) + 1, coalesce(max(seq), 0) + ? FROM change',
    );
    const snapshot = (
      batch: number,
      ms: number,
      count: number,
      change: (n: number) => Partial<NewChange>,
    ) => {
      addBatch.run(batch, 'snapshot', ms, 4096);
      addRange.run(batch, count);
      const at = { ms, code: 4096 };
      insertChanges(
        db,
        Array.from({ length: count }, (_, n) => ({
          ...one(`u${n}`, ms, 'snapshot', batch),
          at,
          ...change(n),
        })),
      );
    };
    db.transaction(() => {
      snapshot(1, 10, 1500, () => ({}));
      snapshot(2, 20, 4000, (n) => ({
        event: n >= 3000 && n < 3010 ? 'enter' : 'exit',
        ...(n === 700 ? { at: { ms: 25, code: 0 } } : {}),
      }));
      insertChanges(db, [
        { ...one('r', 20, 'snapshot', 2), at: { ms: 20, code: 4096 } },
        one('r', 22, 'clock', 2),
        one('p', 20, 'profile', 9),
      ]);
      snapshot(3, 20, 900, () => ({}));
      snapshot(4, 30, 1000, (n) => (n === 500 ? {} : { at: { ms: 15 + (n % 20), code: 0 } }));
      insertChanges(db, [one('b', 10, 'snapshot', 77), one('b', 11, 'event', 9)]);
    })();
  }

  it.each([BLOCKS, PACKS])(
    'keep every change of a snapshot in the order of time: $name',
    async ({ before }) => {
      const file = join(folder(), 'segue.db');
      const old = openDatabase(file, before);
      fill(old);
      const everySeq = old
        .prepare<[], number>('SELECT seq FROM change ORDER BY at_ms, at_code, seq')
        .pluck()
        .all();
      const seqsOf = (where: string) =>
        new Set(old.prepare<[], number>(`SELECT seq FROM change WHERE ${where}`).pluck().all());
      const expected = [
        { filter: {}, seqs: seqsOf('TRUE') },
        { filter: { batch: 2 }, seqs: seqsOf('batch_id = 2') },
        { filter: { batch: 4 }, seqs: seqsOf('batch_id = 4') },
        { filter: { batch: 77 }, seqs: seqsOf('batch_id = 77') },
        {
          filter: { cause: 'snapshot' as const, event: 'enter' as const },
          seqs: seqsOf('cause = 1 AND event = 1'),
        },
        { filter: { event: 'exit' as const }, seqs: seqsOf('event = 2') },
        { filter: { cause: 'clock' as const }, seqs: seqsOf('cause = 6') },
      ];
      old.close();
      const db = openDatabase(file);
      for (const { filter, seqs } of expected) {
        const found: number[] = [];
        let cursor: string | null = null;
        do {
          const page = await pageOfHistory(
            db,
            { audiences: [], ...filter },
            { order: 'oldest', cursor, limit: 450 },
          );
          found.push(...page.rows.map(({ seq }) => seq));
          cursor = page.next;
        } while (cursor !== null);
        expect(found).toEqual(everySeq.filter((seq) => seqs.has(seq)));
      }
      const plan = db.prepare<[], { detail: string }>(
        'EXPLAIN QUERY PLAN SELECT * FROM change WHERE cause = 1 AND event = 1 ORDER BY at_ms, at_code, seq',
      );
      expect(plan.all().map(({ detail }) => detail)).toEqual([
        'SEARCH change USING INDEX change_kind_at (cause=? AND event=?)',
      ]);
      db.close();
    },
  );
});

describe('migration 0022', () => {
  it('makes a sweep of each snapshot that has packs, whose changes are found as before', async () => {
    const file = join(folder(), 'segue.db');
    const old = openDatabase(file, SWEEPS.before);
    old.prepare(`INSERT INTO audience (id, hex_id, slug, name) VALUES (1, 'a', 'a', '')`).run();
    const addBatch = old.prepare(
      `INSERT INTO batch (id, kind, source, state, at_ms, at_code, started_ms) VALUES (?, 'snapshot', '', 'done', ?, 0, 0)`,
    );
    const addPack = old.prepare(
      `INSERT INTO change_pack (first_seq, last_seq, at_ms, at_code, batch_id, first_bucket, last_bucket, prints, body)
       VALUES (?, ?, 10, 0, 1, ?, ?, ?, ?)`,
    );
    const addList = old.prepare('INSERT INTO change_pack_list VALUES (?, 10, 0, ?, ?, ?, 0)');
    addBatch.run(1, 10);
    addBatch.run(2, 20);
    old.exec('INSERT INTO batch_range VALUES (1, 1, 2), (2, 3, 3)');
    const packs = createPackWriter(({ enters, firstBucket, lastBucket, prints, body }) => {
      addPack.run(1, enters, firstBucket, lastBucket, prints, body);
      for (const list of [0, -1, 1]) addList.run(list, 1, enters, enters);
    });
    const users = ['u', 'v'].sort((a, b) => bucketOf(a) - bucketOf(b));
    for (const userId of users) {
      const { words, length, hash } = wordsOfKey(userId);
      packs.user(words, 0, length, hash);
      packs.change(1, 'enter', { ms: 10, code: 0 });
    }
    packs.finish();
    insertChanges(old, [one('w', 20, 'snapshot', 2)]);
    old.close();

    const db = openDatabase(file);
    expect(db.prepare('SELECT * FROM change_sweep').all()).toEqual([
      { batch_id: 1, sweep: 0, at_ms: 10, at_code: 0, first_seq: 1, last_seq: 2 },
    ]);
    for (const userId of users) expect(timesOf(db, 'change_of_user', `user_id = '${userId}'`)).toEqual([10]);
    expect(timesOf(db, 'change_of_user_at', `user_id = 'u' AND at_ms = 10`)).toEqual([10]);
    const found = async (filter: object) => {
      const page = { order: 'oldest', cursor: null, limit: 10 } as const;
      const { rows } = await pageOfHistory(db, { audiences: [], ...filter }, page);
      return rows.map(({ user_id, cause }) => `${user_id} ${cause}`);
    };
    expect(await found({ batch: 1 })).toEqual(users.map((userId) => `${userId} snapshot`));
    expect(await found({ cause: 'snapshot' })).toEqual([...users, 'w'].map((userId) => `${userId} snapshot`));
    expect(await found({ cause: 'profile' })).toEqual([]);
    db.prepare('DELETE FROM change_pack').run();
    expect(db.prepare('SELECT count(*) FROM change_pack_list').pluck().get()).toBe(0);
    db.close();
  });
});
