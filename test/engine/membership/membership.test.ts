import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { beginBatch } from '../../../main/engine/batch/batch.ts';
import { takeBack } from '../../../main/engine/batch/undo-steps.ts';
import { type Instant, instantOfMs } from '../../../main/engine/core/instant.ts';
import { foldLive } from '../../../main/engine/membership/fold.ts';
import { bucketOf, hashKey } from '../../../main/engine/membership/key.ts';
import {
  memberCounts,
  members,
  membershipsOf,
  readMemberships,
  readMembershipsOf,
  setMembershipsOfUsers,
  setUserMemberships,
} from '../../../main/engine/membership/membership.ts';
import { createSegmentWriter, segmentCursor, viewOf } from '../../../main/engine/membership/segment.ts';
import { createUserList } from '../../../main/engine/membership/user-list.ts';
import { MIGRATIONS } from '../../../main/engine/store/migrations/index.ts';
import { openDatabase, openStore, type Store } from '../../../main/engine/store/store.ts';

let store: Store;
let batch: number;
beforeEach(() => {
  store = openStore(mkdtempSync(join(tmpdir(), 'segue-membership-')));
  batch = beginBatch(store.db, { kind: 'profiles', source: 'test', startedMs: 1 });
});
afterEach(() => {
  store.close();
  rmSync(store.dir, { recursive: true, force: true });
});

const set = (
  userId: string,
  audienceIds: number[],
  ms: number,
  options: { partial?: boolean; keep?: Set<number> } = {},
) =>
  setUserMemberships(
    store.db,
    { userId, audienceIds, at: instantOfMs(ms) },
    { batch, cause: 'profile', ...options },
  );

describe('setting a user’s audiences', () => {
  it('counts who entered and left, and keeps enter times', () => {
    expect(set('ann', [1, 2], 10)).toEqual({ entered: 2, exited: 0 });
    expect(set('ann', [2, 3], 20)).toEqual({ entered: 1, exited: 1 });
    expect(membershipsOf(store.db, 'ann')).toEqual([
      { audienceId: 2, enteredAt: instantOfMs(10) },
      { audienceId: 3, enteredAt: instantOfMs(20) },
    ]);
    const exit = store.db.prepare('SELECT at_ms, enter_ms, exit_ms, cause FROM change WHERE event = 2').get();
    expect(exit).toEqual({ at_ms: 20, enter_ms: 10, exit_ms: 20, cause: 2 });
  });

  it('partially adds only, and never touches what is kept', () => {
    set('ann', [1, 9], 10);
    expect(set('ann', [2], 20, { partial: true })).toEqual({ entered: 1, exited: 0 });
    expect(set('ann', [], 30, { keep: new Set([9]) })).toEqual({ entered: 0, exited: 2 });
    expect(membershipsOf(store.db, 'ann').map(({ audienceId }) => audienceId)).toEqual([9]);
  });

  it('refuses an audience number that two bytes cannot hold', () => {
    expect(() => set('ann', [65_536], 10)).toThrowError(expect.objectContaining({ code: 'LIMIT_EXCEEDED' }));
  });
});

describe('the members of audiences', () => {
  it('come once, in an order that goes on after any user, before and after folding', () => {
    for (let i = 0; i < 200; i += 1) set(`user-${i}`, i % 3 === 0 ? [1, 2] : [2], i);
    const before = [...members(store.db, [1, 2])];
    expect(before.length).toBe(267);
    foldLive(store.db);
    foldLive(store.db);
    expect([...members(store.db, [1, 2])]).toEqual(before);
    for (const at of [0, 100, 265]) {
      const after = before[at]?.userId ?? '';
      const rest = before.slice(before.findLastIndex(({ userId }) => userId === after) + 1);
      expect([...members(store.db, [1, 2], { after })]).toEqual(rest);
    }
    expect([...members(store.db, [1])].length).toBe(67);
    expect(memberCounts(store.db)).toEqual(
      new Map([
        [1, 67],
        [2, 200],
      ]),
    );
  });

  it('stay right when folded again and again between changes', () => {
    for (let round = 0; round < 12; round += 1) {
      for (let i = 0; i < 20; i += 1) set(`user-${i}`, [round % 2 === 0 ? 1 : 2, 10 + i], round);
      foldLive(store.db);
      expect([...members(store.db, [1, 2])].map(({ enteredAt }) => enteredAt.ms)).toEqual(
        Array(20).fill(round),
      );
    }
    const segments =
      store.db.prepare<[], number>('SELECT count(*) FROM membership_segment').pluck().get() ?? 0;
    expect(segments).toBeLessThan(20 * 6);
  });
});

it('many users of many buckets are read together as each of them is alone', () => {
  const users = Array.from({ length: 300 }, (_, n) => `user-${n}`);
  const all = users.map((userId, n) => ({ userId, audienceIds: [1 + (n % 3), 9], at: instantOfMs(n) }));
  setMembershipsOfUsers(store.db, all, { batch, cause: 'profile' });
  foldLive(store.db);
  set('user-7', [9], 1000);
  const read = readMembershipsOf(store.db, new Set([...users, 'nobody']));
  expect([...read.keys()].sort()).toEqual([...users, 'nobody'].sort());
  for (const [userId, found] of read) expect(found).toEqual(readMemberships(store.db, userId));
  expect(read.get('user-299')).toEqual(
    new Map([
      [3, instantOfMs(299)],
      [9, instantOfMs(299)],
    ]),
  );
});

describe('many users of one bucket', () => {
  const keysIn = (bucket: number, count: number): string[] => {
    const keys: string[] = [];
    for (let i = 0; keys.length < count; i += 1) if (bucketOf(`user-${i}`) === bucket) keys.push(`user-${i}`);
    return keys;
  };
  const [first = '', ...others] = keysIn(7, 40);
  const users = [first, ...others, ...keysIn(8, 20), 'somebody else'];

  it('agree with a naive model whatever their changes follow, also after one batch is taken back', () => {
    const audiences = fc.subarray([1, 2, 3, 300]);
    const step = fc.record({
      wanted: fc.array(audiences, { minLength: users.length, maxLength: users.length }),
      live: audiences,
      fold: fc.boolean(),
    });
    let ms = 0;
    const stated = () => users.map((userId) => membershipsOf(store.db, userId));
    fc.assert(
      fc.property(fc.array(step, { maxLength: 4 }), audiences, (steps, last) => {
        const model = new Map(users.map((userId) => [userId, new Map<number, Instant>()]));
        const put = (userId: string, wanted: number[], at: Instant) => {
          const before = model.get(userId);
          model.set(
            userId,
            new Map(wanted.toSorted((a, b) => a - b).map((id) => [id, before?.get(id) ?? at])),
          );
        };
        const expected = () =>
          users.map((userId) =>
            [...(model.get(userId) ?? [])].map(([audienceId, enteredAt]) => ({ audienceId, enteredAt })),
          );
        const setAll = (wanted: number[][], batch: number) => {
          ms += 1;
          const at = instantOfMs(ms);
          const all = users.map((userId, i) => ({ userId, audienceIds: wanted[i] ?? [], at }));
          // A user who stands there again is in what stands last.
          all.push({ userId: first, audienceIds: [3], at });
          setMembershipsOfUsers(store.db, all, { batch, cause: 'profile' });
          for (const { userId, audienceIds } of all) put(userId, audienceIds, at);
        };
        setAll([], batch);
        for (const { wanted, live, fold } of steps) {
          setAll(wanted, batch);
          expect(stated()).toEqual(expected());
          ms += 1;
          for (const userId of [first, 'somebody else']) {
            set(userId, live, ms);
            put(userId, live, instantOfMs(ms));
          }
          expect(stated()).toEqual(expected());
          if (fold) foldLive(store.db);
        }
        const [before, counts] = [stated(), memberCounts(store.db)];
        const later = beginBatch(store.db, { kind: 'rule', source: 'test', startedMs: 1 });
        setAll(Array(users.length).fill(last), later);
        for (const _ of takeBack(store.db, later));
        expect(stated()).toEqual(before);
        const none = new Map([1, 2, 3, 300].map((id) => [id, 0]));
        expect(new Map([...none, ...memberCounts(store.db)])).toEqual(new Map([...none, ...counts]));
      }),
      { numRuns: 40 },
    );
  });

  it('are written together, and few of them as rows', () => {
    const enter = (userIds: readonly string[], ms: number) =>
      setMembershipsOfUsers(
        store.db,
        userIds.map((userId) => ({ userId, audienceIds: [1], at: instantOfMs(ms) })),
        { batch, cause: 'profile' },
      );
    const rows = store.db.prepare<[], number>('SELECT count(*) FROM membership_live').pluck();
    enter([first, 'somebody else'], 1);
    expect(rows.get()).toBe(2);
    // The row of a bucket that is written whole goes into its segment.
    enter(others, 2);
    expect(rows.get()).toBe(1);
  });

  it('come in parts of whole buckets, each user’s entries in turn', () => {
    const at = instantOfMs(1);
    const partsOf = (entries: readonly { userId: string; audienceIds: number[] }[]) => {
      const list = createUserList();
      for (const entry of entries) list.add({ ...entry, at });
      expect(list.length()).toBe(entries.length);
      return list.byBucket(50);
    };
    const entries = [...users, ...users].map((userId, i) => ({
      userId,
      audienceIds: i % 3 ? [i, 70_000] : [],
    }));
    const parts = partsOf(entries);
    const [seven = [], ...rest] = parts.map((part) => part.users());
    expect(new Set(seven.map(({ userId }) => bucketOf(userId)))).toEqual(new Set([7]));
    expect(rest.length).toBe(1);
    const all = [seven, ...rest].flat();
    expect(all.length).toBe(entries.length);
    for (const userId of users)
      expect(all.filter((user) => user.userId === userId)).toEqual(
        entries.filter((entry) => entry.userId === userId).map((entry) => ({ ...entry, at })),
      );
    for (const part of parts)
      expect(Array.from({ length: part.length }, (_, n) => part.userId(n))).toEqual(
        part.users().map(({ userId }) => userId),
      );
    expect(partsOf([])).toEqual([]);
  });

  it('keep their keys and audiences, whatever these are, as many as they may be', () => {
    const key = fc
      .string({ unit: 'binary', minLength: 1, maxLength: 1024 })
      .filter((text) => text.isWellFormed());
    const user = fc.record({ userId: key, audienceIds: fc.array(fc.nat(), { maxLength: 300 }) });
    fc.assert(
      fc.property(fc.array(user, { maxLength: 200, size: 'max' }), (entries) => {
        const at = instantOfMs(1);
        const list = createUserList();
        for (const entry of entries) list.add({ ...entry, at });
        const inOrder = entries.toSorted((a, b) => bucketOf(a.userId) - bucketOf(b.userId));
        const all = list.byBucket(7).flatMap((part) => part.users());
        expect(all).toEqual(inOrder.map((entry) => ({ ...entry, at })));
      }),
      { numRuns: 30 },
    );
  });
});

it('a segment gives back what was written, whatever the numbers', () => {
  const instant: fc.Arbitrary<Instant> = fc.record({
    ms: fc.integer({ min: -1e12, max: 1e13 }),
    code: fc.integer({ min: 0, max: 2 ** 36 }),
  });
  const user = fc.record({
    key: fc.string({ unit: 'binary', minLength: 1, maxLength: 60 }).filter((text) => text.isWellFormed()),
    operations: fc.uniqueArray(fc.tuple(fc.integer({ min: 1, max: 65_535 }), fc.option(instant)), {
      selector: ([audience]) => audience,
      maxLength: 40,
    }),
  });
  fc.assert(
    fc.property(fc.array(user, { minLength: 1, maxLength: 20 }), (users) => {
      const writer = createSegmentWriter();
      for (const { key, operations } of users) {
        const bytes = Buffer.from(key);
        const words = new Int32Array((bytes.length + 3) >> 2);
        new Uint8Array(words.buffer).set(bytes);
        writer.user(words, 0, bytes.length);
        for (const [audience, enteredAt] of operations) writer.operation(audience, enteredAt);
      }
      const body = writer.finish() ?? Buffer.alloc(0);
      const cursor = segmentCursor(viewOf(body), 0);
      const read: typeof users = [];
      while (cursor.next()) {
        const start = cursor.keyStart();
        read.push({
          key: body.toString('utf8', start, start + cursor.keyLength()),
          operations: Array.from({ length: cursor.count() }, (_, i) => [
            cursor.audience(i),
            cursor.enteredAt(i),
          ]),
        });
      }
      expect(read).toEqual(users);
    }),
    { numRuns: 200 },
  );
});

it('spreads users evenly, and the hash does not change between versions', () => {
  const view = viewOf(Buffer.from('user-1234567'));
  expect(hashKey(view, 0, 12)).toBe(1209121145);
  const sizes = new Map<number, number>();
  for (let i = 0; i < 40_960; i += 1)
    sizes.set(bucketOf(`user-${i}`), (sizes.get(bucketOf(`user-${i}`)) ?? 0) + 1);
  expect(sizes.size).toBeGreaterThan(4000);
  expect(Math.max(...sizes.values())).toBeLessThan(40);
});

it('comes to a store of the version before, whose rows stay', () => {
  const file = join(store.dir, 'older.db');
  const version = MIGRATIONS.findIndex(({ name }) => name === '0003-memberships');
  const older = openDatabase(file, MIGRATIONS.slice(0, version));
  older.prepare(`INSERT INTO audience (hex_id, slug, name) VALUES ('a', 'vip', 'VIP')`).run();
  older.close();
  const newer = openDatabase(file, MIGRATIONS.slice(0, version + 1));
  expect(newer.prepare('SELECT slug FROM audience').pluck().all()).toEqual(['vip']);
  expect(memberCounts(newer)).toEqual(new Map());
  newer.close();
});
