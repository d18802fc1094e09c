import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { EVENT_CODES } from '../../../main/engine/history/codes.ts';
import {
  changesOf,
  createPackWriter,
  MAX_CHANGES,
  type Pack,
  type PackedChange,
  printOf,
  unpack,
} from '../../../main/engine/history/pack.ts';
import { bucketOf, hashOf } from '../../../main/engine/membership/key.ts';
import { createChangeStage } from '../../../main/engine/snapshot/change-stage.ts';

interface User {
  readonly userId: string;
  readonly changes: readonly Omit<PackedChange, 'userId'>[];
}

const change = fc.record({
  audienceId: fc.oneof(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 0xffff })),
  event: fc.constantFrom('enter' as const, 'exit' as const),
  enter: fc.record({
    ms: fc.oneof(fc.constantFrom(0, 5), fc.integer({ min: -(2 ** 45), max: 2 ** 45 })),
    code: fc.constantFrom(0, 4096, 2 ** 40 + 1),
  }),
});
const users = fc
  .uniqueArray(
    fc.record({
      userId: fc.string({ unit: 'grapheme', minLength: 1, maxLength: 9 }),
      changes: fc.array(change, { maxLength: 90 }),
    }),
    { selector: ({ userId }) => userId, minLength: 1, maxLength: 60 },
  )
  .map((all) => all.toSorted((a, b) => bucketOf(a.userId) - bucketOf(b.userId)));

function packsOf(all: readonly User[]): Pack[] {
  const packs: Pack[] = [];
  const writer = createPackWriter((pack) => packs.push(pack));
  for (const { userId, changes } of all) {
    const length = Buffer.byteLength(userId);
    const key = Buffer.alloc((length + 3) & ~3);
    key.write(userId);
    // Behind something else, as keys lie in the kernel's memory.
    const words = new Int32Array(3 + key.length / 4);
    words.set(new Int32Array(Uint8Array.from(key).buffer), 3);
    writer.user(words, 3, length, hashOf(userId));
    for (const { audienceId, event, enter } of changes) writer.change(audienceId, event, enter);
  }
  writer.finish();
  return packs;
}

const flat = (all: readonly User[]) =>
  all.flatMap(({ userId, changes }) => changes.map((one) => ({ userId, ...one })));

describe('packs of changes', () => {
  it('give back what was written, in order, and say what they have', () => {
    fc.assert(
      fc.property(users, (all) => {
        const packs = packsOf(all);
        expect(packs.flatMap((pack) => [...changesOf(pack)])).toEqual(flat(all));
        let bucket = 0;
        for (const pack of packs) {
          const changes = [...changesOf(pack)];
          const entered = changes.filter(({ event }) => event === 'enter').length;
          expect([pack.enters, pack.exits]).toEqual([entered, changes.length - entered]);
          expect(changes.length).toBeLessThanOrEqual(MAX_CHANGES);
          const own = Map.groupBy(changes, ({ audienceId }) => audienceId);
          const totals = [...own].map(([id, all]) => {
            const enters = all.filter(({ event }) => event === 'enter').length;
            return { id, enters, exits: all.length - enters };
          });
          expect(pack.audiences).toEqual(totals);
          const buckets = changes.map(({ userId }) => bucketOf(userId));
          expect([pack.firstBucket, pack.lastBucket]).toEqual([buckets[0], buckets.at(-1)]);
          expect(pack.firstBucket).toBeGreaterThanOrEqual(bucket);
          bucket = pack.lastBucket;
          for (const { userId } of changes) expect(pack.prints.includes(printOf(hashOf(userId)))).toBe(true);
        }
        // All but the last are full.
        for (const { enters, exits } of packs.slice(0, -1)) expect(enters + exits).toBe(MAX_CHANGES);
      }),
    );
  });

  it('give the changes that are asked for, each with its place', () => {
    fc.assert(
      fc.property(users, fc.subarray([1, 2, 3, 4, 5]), fc.boolean(), fc.nat(60), (all, ids, exits, nth) => {
        const audienceIds = new Set(ids);
        const events = new Set([exits ? EVENT_CODES.exit : EVENT_CODES.enter]);
        const userId = all[nth % all.length]?.userId ?? '';
        for (const pack of packsOf(all)) {
          const every = unpack(pack.body, {}, (change) => change);
          expect(every.map(({ place }) => place)).toEqual(every.map((_, place) => place));
          expect(unpack(pack.body, { userId, audienceIds, events }, (change) => change)).toEqual(
            every.filter(
              (one) => one.userId === userId && audienceIds.has(one.audienceId) && events.has(one.event),
            ),
          );
          // A blob need not lie at a whole word.
          const shifted = Buffer.concat([Buffer.from('x'), pack.body]).subarray(1);
          expect(unpack(shifted, {}, (change) => change)).toEqual(every);
          const [from, before] = [nth % 7, Math.max(0, every.length - (nth % 5))];
          expect(unpack(pack.body, { from, before }, (change) => change)).toEqual(every.slice(from, before));
        }
      }),
    );
  });

  it('wait on the disk, when they are many, until they are written', () => {
    const folder = mkdtempSync(join(tmpdir(), 'segue-stage-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const all = Array.from({ length: 1000 }, (_, n) => ({
      userId: `user-${n}-${'x'.repeat(900)}`,
      changes: Array.from({ length: 12 }, (_, k) => ({
        audienceId: 1 + ((n + k) % 0xffff),
        event: k % 2 === 0 ? ('enter' as const) : ('exit' as const),
        enter: { ms: n, code: k },
      })),
    })).sort((a, b) => bucketOf(a.userId) - bucketOf(b.userId));
    const packs = Array.from({ length: 5 }, () => packsOf(all)).flat();
    const stage = createChangeStage(join(folder, 'stage'));
    for (const pack of packs) stage.add(pack);
    const [late] = packs;
    if (late === undefined) throw new Error('no pack');
    stage.addLate(late);
    expect(readdirSync(folder)).toEqual(['stage']);
    expect(stage.count()).toBe(5 * 12_000 + MAX_CHANGES);
    expect([...stage.packs()]).toEqual(packs);
    expect([...stage.late()]).toEqual(flat(all).slice(0, MAX_CHANGES));
    stage.close();
    expect(readdirSync(folder)).toEqual([]);
  });
});
