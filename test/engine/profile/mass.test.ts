import { expect, it } from 'vitest';
import { listAudiences } from '../../../main/engine/audience/store.ts';
import { undoBatch } from '../../../main/engine/batch/batch.ts';
import { formatInstant } from '../../../main/engine/core/instant.ts';
import { SHARED_PACE } from '../../../main/engine/input/import-run.ts';
import { memberCounts, members } from '../../../main/engine/membership/membership.ts';
import { importProfiles } from '../../../main/engine/profile/import.ts';
import type { Db } from '../../../main/engine/store/store.ts';
import { dump, openWorkspace } from '../import-workspace.ts';

const T = (day: number) => `2026-01-0${day}T00:00:00Z`;
const SLUGS = ['a', 'b', 'c', 'd'];

/** Some of the audiences, by a fixed rule without visible order. */
const someOf = (n: number, day: number) =>
  SLUGS.filter((_, i) => ((Math.imul(n * 31 + day * 7 + i, 2654435761) >>> 13) & 3) === 0);

/** A user's line, with an optional other set of audiences. */
const line = (n: number, day: number, segments = someOf(n, day)) =>
  JSON.stringify({ user_id: `u${n}`, day, segments });

/** Who is in which audience since when, and how many are. */
function membershipsIn(db: Db): { pairs: string[]; counts: Record<string, number> } {
  const audiences = listAudiences(db);
  const slugs = new Map(audiences.map(({ id, slug }) => [id, slug]));
  const pairs = [...members(db, slugs.keys())].map(
    ({ userId, audienceId, enteredAt }) =>
      `${userId} ${slugs.get(audienceId)} since ${formatInstant(enteredAt)}`,
  );
  const counts = [...memberCounts(db)].filter(([, members]) => members !== 0);
  return {
    pairs: pairs.sort(),
    counts: Object.fromEntries(counts.map(([id, members]) => [slugs.get(id) ?? '', members])),
  };
}

/** Every user's changes in the order of their numbers. */
function changesByUser(db: Db): Record<string, string[]> {
  const rows = db
    .prepare<[], Record<'user_id' | 'slug' | 'change', string>>(
      `SELECT user_id, slug, format('%s %d %s %s %s %s %d', slug, event, at_ms, CAST(enter_ms AS INTEGER), exit_ms, cause, change.batch_id) AS change
       FROM (SELECT * FROM change UNION ALL SELECT seq, at_ms, at_code, user_id, audience_id, event, enter_ms, enter_code,
           exit_ms, exit_code, cause, batch_id, recorded_id FROM packed_change) AS change
         JOIN audience ON audience.id = audience_id ORDER BY seq`,
    )
    .all();
  const byUser = Map.groupBy(rows, ({ user_id }) => user_id);
  return Object.fromEntries([...byUser].map(([userId, own]) => [userId, own.map(({ change }) => change)]));
}

/** First 1,500 users, then most of them again, some twice or thrice; at last many without audiences and few with other ones. */
const FILES = [
  Array.from({ length: 1500 }, (_, n) => line(n, 1)),
  [
    ...Array.from({ length: 1300 }, (_, n) => line(n, 2)),
    ...Array.from({ length: 300 }, (_, n) => line(n * 4, 3)),
    ...Array.from({ length: 100 }, (_, n) => line(n * 8, 2)),
  ],
  [
    ...Array.from({ length: 40 }, (_, n) => line(n, 4)),
    ...Array.from({ length: 1200 }, (_, n) => line(n + 5000, 4, [])),
  ],
];

it('a large import does what setting each user’s memberships in turn does', async () => {
  const together = openWorkspace();
  const inTurn = openWorkspace();
  // A field whose changes are events is asked for with each user’s memberships.
  inTurn.db
    .prepare('INSERT INTO workflow VALUES (?, ?, 0)')
    .run('w', JSON.stringify({ audiences: ['a'], changeFields: ['none'] }));
  for (const [day, lines] of FILES.entries()) {
    const results = [];
    for (const { importText } of [together, inTurn]) {
      const { profiles, changes } = await importText(`${day}.ndjson`, lines.join('\n'), { at: T(day + 1) });
      results.push({ profiles, changes });
    }
    expect(results[0]).toEqual(results[1]);
    expect(membershipsIn(together.db)).toEqual(membershipsIn(inTurn.db));
    expect(changesByUser(together.db)).toEqual(changesByUser(inTurn.db));
  }
});

it('a large import that is cancelled at any report, or undone, leaves the store as it was', async () => {
  const { profile, importText, file, db, call } = openWorkspace();
  const [first = [], second = []] = FILES;
  await importText('p.ndjson', first.join('\n'), { at: T(1) });
  const state = () => ({ ...dump(db), ...membershipsIn(db) });
  const before = state();
  const path = file('q.ndjson', second.join('\n'));
  let cancelled = 0;
  for (let done = false; !done; cancelled += 1) {
    const controller = new AbortController();
    let reports = 0;
    const progress = () => {
      reports += 1;
      if (reports > cancelled) controller.abort();
    };
    const at = T(2);
    done = await Promise.resolve(
      profile.import(
        { path, replace: false, strict: false, at },
        { ...call, signal: controller.signal, progress },
      ),
    ).then(
      () => true,
      () => false,
    );
    if (!done) expect(state()).toEqual(before);
  }
  expect(cancelled).toBeGreaterThan(4);
  expect(state()).not.toEqual(before);
  await undoBatch(db, db.prepare<[], number>('SELECT max(id) FROM batch').pluck().get() ?? 0);
  expect(state()).toEqual(before);
});

it.each([
  ['rows', 0],
  ['packs', 3000],
] as const)(
  'records what the lines of a user come to who stands in parts of the file whose memberships are set apart, in %s',
  async (_, others) => {
    const { importText, db, context, call, file } = openWorkspace();
    await importText('p.ndjson', line(2, 1, ['a']), { at: T(1) });
    const before = { ...dump(db), ...membershipsIn(db) };
    // And those of the batch of records that comes last.
    const pace = { ...SHARED_PACE, waitingUsers: 8000 };
    const most = 15_000;
    const lines = [
      line(0, 2, ['b']),
      line(1, 2, ['b']),
      line(2, 2, []),
      line(3, 2, ['b']),
      ...Array.from({ length: most }, (_, n) => line(100 + n, 2, n < others ? ['a'] : [])),
      line(0, 3, ['c']),
      line(1, 3, []),
      line(2, 3, ['a']),
      line(3, 3, ['b', 'd']),
    ];
    const spec = { path: file('q.ndjson', lines.join('\n')), replace: false, strict: false, at: T(2) };
    const { batch, profiles, changes } = await importProfiles(context, spec, call, pace);
    expect(profiles).toMatchObject({ read: most + 8, duplicates: 4 });
    expect(changes).toEqual({ entered: 3 + others, exited: 0, changed: 0 });
    const { pairs, counts } = membershipsIn(db);
    expect(counts).toEqual({ a: 1 + others, b: 1, c: 1, d: 1 });
    expect(pairs.filter((pair) => /^u\d /.test(pair))).toEqual([
      `u0 c since ${T(2)}`,
      `u2 a since ${T(1)}`,
      `u3 b since ${T(2)}`,
      `u3 d since ${T(2)}`,
    ]);
    const packed = db.prepare('SELECT count(*) FROM packed_change').pluck().get();
    // The packs in which something came to nothing are rows again.
    if (others === 0) expect(packed).toBe(0);
    else expect(packed).toSatisfy((count: number) => count > 0 && count < others);
    expect(changesByUser(db)).toMatchObject({
      u0: [expect.stringMatching(/^c 1 /)],
      u2: [expect.stringMatching(/^a 1 /)],
      u3: [expect.stringMatching(/^b 1 /), expect.stringMatching(/^d 1 /)],
    });
    await undoBatch(db, batch ?? 0);
    expect({ ...dump(db), ...membershipsIn(db) }).toEqual(before);
  },
);
