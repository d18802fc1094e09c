import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Criteria, inShard } from '../../../main/engine/run/criteria.ts';
import { openReader } from '../../../main/engine/run/reader.ts';
import { selectMessages } from '../../../main/engine/run/selection.ts';
import { DAY_MS, runSnapshot } from '../snapshot/workspace.ts';
import { AUDIENCES, type ChangeSpec, DAY, fill, openWorkspace } from './workspace.ts';

const CRITERIA: Criteria = {
  audienceIds: new Set([1, 2]),
  events: ['enter', 'exit'],
  filter: { audiences: [], notSent: false },
  shard: null,
};

async function select(changes: readonly ChangeSpec[], criteria = CRITERIA) {
  const workspace = await openWorkspace();
  fill(workspace, changes);
  const reader = openReader(workspace.store);
  try {
    return [...selectMessages(reader, criteria)].filter((message) => message !== undefined);
  } finally {
    reader.close();
  }
}

describe('the messages of a selection', () => {
  it('join what two imports of one instant say of a user, however crowded the instant is', async () => {
    const users = Array.from({ length: 6000 }, (_, i) => `user${i}`);
    const messages = await select([
      ...users.map((userId) => ({ userId, atMs: DAY, audience: 1 as const })),
      ...users.toReversed().map((userId) => ({ userId, atMs: DAY, audience: 2 as const })),
      { userId: 'user7', atMs: DAY + 1 },
    ]);
    expect(messages).toHaveLength(6001);
    expect(new Set(messages.map(({ userId }) => userId)).size).toBe(6000);
    expect(
      messages
        .slice(0, -1)
        .every(({ changes }) => changes.map(({ audienceId }) => audienceId).join() === '1,2'),
    ).toBe(true);
    expect(messages.at(-1)).toMatchObject({ userId: 'user7', at: { ms: DAY + 1 } });
  });

  it.each([
    ['by itself', false],
    ['and something else at its instant', true],
  ])('join what a large snapshot says of each user, %s', async (_what, other) => {
    const workspace = await openWorkspace();
    const users = Array.from({ length: 6000 }, (_, i) => `user${i}`);
    // Some are in one audience only, so that packs of the history end between the two changes of others.
    const inSecond = users.filter((_, n) => n % 7 > 0);
    const rows = [users, inSecond].flatMap((own, n) => own.map((userId) => `${userId},${AUDIENCES[n]}`));
    const path = join(workspace.dir, 'snapshot.csv');
    writeFileSync(path, `user_id,segment\n${rows.join('\n')}`);
    fill(workspace, []);
    // Its instant is the first day, see runSnapshot.
    await runSnapshot(workspace.store.db, path, 1);
    if (other) fill(workspace, [{ userId: 'user3000', atMs: DAY_MS, event: 'exit', audience: 2 }]);
    const reader = openReader(workspace.store);
    const selected = (criteria: Criteria) =>
      [...selectMessages(reader, criteria)].filter((message) => message !== undefined);
    const all = selected(CRITERIA);
    const halves = [0, 1].map((index) => selected({ ...CRITERIA, shard: { index, of: 2 } }));
    const one = selected({ ...CRITERIA, audienceIds: new Set([2]), events: ['enter'] });
    reader.close();
    expect(all.map(({ userId }) => userId).sort()).toEqual(users.sort());
    const second = new Set(inSecond);
    for (const { userId, changes } of all) {
      const expected = [
        1,
        ...(second.has(userId) ? [2] : []),
        ...(other && userId === 'user3000' ? [2] : []),
      ];
      expect(changes.map(({ audienceId }) => audienceId)).toEqual(expected);
    }
    expect(
      halves
        .flat()
        .map(({ userId }) => userId)
        .sort(),
    ).toEqual(users);
    expect(one.map(({ changes }) => changes.length)).toEqual(inSecond.map(() => 1));
  });

  it('are one per user and instant, in the order of time, with each change once', async () => {
    const spec = fc.record({
      userId: fc.constantFrom('a', 'b', 'c'),
      atMs: fc.integer({ min: DAY, max: DAY + 3 }),
      event: fc.constantFrom('enter' as const, 'exit' as const),
      audience: fc.constantFrom(1 as const, 2 as const),
    });
    const changes =
      fc.sample(fc.array(spec, { minLength: 40, maxLength: 60 }), { numRuns: 1, seed: 4 })[0] ?? [];
    const messages = await select(changes);
    const keys = messages.map(({ userId, at }) => `${at.ms} ${userId}`);
    expect(new Set(keys)).toEqual(new Set(changes.map(({ userId, atMs }) => `${atMs} ${userId}`)));
    expect(new Set(keys).size).toBe(keys.length);
    expect(messages.map(({ at }) => at.ms)).toEqual(
      messages.map(({ at }) => at.ms).toSorted((x, y) => x - y),
    );
    const seqs = messages.flatMap((message) => message.changes.map(({ seq }) => seq));
    expect(seqs.toSorted((x, y) => x - y)).toEqual(changes.map((_, i) => i + 1));
  });

  it('keep archived messages of one user and instant apart', async () => {
    const messages = await select([
      { userId: 'a', atMs: DAY, recordedId: 1 },
      { userId: 'a', atMs: DAY, recordedId: 2 },
      { userId: 'a', atMs: DAY, audience: 2, recordedId: 1 },
    ]);
    expect(messages.map(({ recordedId, changes }) => [recordedId, changes.length])).toEqual([
      [1, 2],
      [2, 1],
    ]);
  });
});

describe('shards', () => {
  it('give each user to exactly one', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), fc.integer({ min: 1, max: 50 }), (userId, of) => {
        const owners = Array.from({ length: of }, (_, index) => inShard(userId, { index, of })).filter(
          Boolean,
        );
        expect(owners).toHaveLength(1);
      }),
    );
  });

  it.each([
    ['over time', (i: number) => DAY + i],
    ['at one instant', () => DAY],
    ['at a few instants', (i: number) => DAY + Math.floor(i / 12_000)],
  ])('leave room for other work where a long history, %s, has none of them', async (_what, atMs) => {
    const workspace = await openWorkspace();
    fill(
      workspace,
      Array.from({ length: 35_000 }, (_, i) => ({
        userId: `user${i}`,
        atMs: atMs(i),
        audience: i === 34_000 ? (2 as const) : (1 as const),
      })),
    );
    const reader = openReader(workspace.store);
    const selected = [...selectMessages(reader, { ...CRITERIA, audienceIds: new Set([2]) })];
    reader.close();
    expect(selected.filter((message) => message !== undefined)).toMatchObject([{ userId: 'user34000' }]);
    expect(selected.length).toBeGreaterThan(3);
  });
});
