import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { beginBatch, finishBatch, recoverBatches, undoBatch } from '../../../main/engine/batch/batch.ts';
import { foldLive } from '../../../main/engine/membership/fold.ts';
import { applyMembershipChanges, memberCounts, members } from '../../../main/engine/membership/membership.ts';
import { type Db, inTransaction } from '../../../main/engine/store/store.ts';
import { applySnapshot, copyModel, emptyModel, enter, exit, type Model, type ModelRow } from './model.ts';
import {
  DAY_MS,
  day,
  dayText,
  historyLines,
  membershipDays,
  openTestWorkspace,
  type TestWorkspace,
} from './workspace.ts';

const USERS = [
  'u',
  'user-2',
  '"quoted", user',
  'ünï\ncode',
  'x'.repeat(37),
  'abcd',
  'abcdefgh',
  '8b790196982cadd1',
  'c0ffee',
  'C0FFEE',
  '7'.repeat(64),
  '7'.repeat(65),
];
const SLUGS = ['one', 'two', 'a/b', '33333333333333333333333333333333'];
const RULE = 'rule_audience';

interface LiveChange {
  readonly user: string;
  readonly slug: string;
  readonly event: 'enter' | 'exit';
  readonly later: number;
}

const row = fc.record({
  user: fc.constantFrom(...USERS),
  slug: fc.constantFrom(...SLUGS),
  entered: fc.option(fc.integer({ min: 0, max: 40 }), { nil: undefined }),
});
const command = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('snapshot' as const),
      rows: fc.array(row, { minLength: 1, maxLength: 40 }),
      later: fc.integer({ min: 0, max: 3 }),
      partial: fc.boolean(),
      dryRun: fc.boolean(),
      form: fc.constantFrom('csv' as const, 'ndjson' as const, 'profiles' as const),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('live' as const),
      changes: fc.array(
        fc.record({
          user: fc.constantFrom(...USERS),
          slug: fc.constantFrom('one', 'two'),
          event: fc.constantFrom('enter' as const, 'exit' as const),
          later: fc.integer({ min: 0, max: 4 }),
        }),
        { minLength: 1, maxLength: 14 },
      ),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('tick' as const),
      user: fc.constantFrom(...USERS),
      event: fc.constantFrom('enter' as const, 'exit' as const),
    }),
  },
  { weight: 3, arbitrary: fc.constant({ kind: 'undo' as const }) },
  { weight: 2, arbitrary: fc.constant({ kind: 'fold' as const }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'recover' as const }) },
);
type Command = typeof command extends fc.Arbitrary<infer T> ? T : never;
type Snapshot = Extract<Command, { kind: 'snapshot' }>;

it('agrees with a naive model over random sequences of snapshots, live changes and undo', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(command, { minLength: 1, maxLength: 14 }), async (commands) => {
      const workspace = openTestWorkspace();
      try {
        await play(workspace, commands);
      } finally {
        workspace.remove();
      }
    }),
    { numRuns: Number(process.env.SEGUE_MODEL_RUNS ?? 60) },
  );
}, 120_000);

async function play(workspace: TestWorkspace, commands: readonly Command[]): Promise<void> {
  const { db } = workspace.store;
  db.prepare(`INSERT INTO audience (hex_id, slug, name, filter) VALUES ('r', ?, 'Rule', 'x > 1')`).run(RULE);
  let model = emptyModel();
  let before: { model: Model; batch: number; ticks: ((model: Model) => void)[] } | undefined;
  for (const step of commands) {
    if (step.kind === 'snapshot') {
      const kept = copyModel(model);
      const batch = await snapshot(workspace, model, step);
      if (batch === null) model = kept;
      else before = { model: kept, batch, ticks: [] };
    } else if (step.kind === 'live') {
      const kept = copyModel(model);
      before = { model: kept, batch: live(db, model, step.changes, 'events'), ticks: [] };
    } else if (step.kind === 'tick') {
      // What a rule decides stays when an import before it is undone.
      const { user, event } = step;
      const at = model.lastAt;
      live(db, model, [{ user, slug: RULE, event, later: 0 }], 'clock');
      before?.ticks.push((other) => void (event === 'enter' ? enter : exit)(other, user, RULE, at));
    } else if (step.kind === 'fold') foldLive(db);
    else if (step.kind === 'recover') recoverBatches(db);
    else if (before !== undefined) {
      await undoBatch(db, before.batch);
      model = before.model;
      for (const tick of before.ticks) tick(model);
      before = undefined;
    }
    compare(db, model);
  }
}

async function snapshot(workspace: TestWorkspace, model: Model, step: Snapshot): Promise<number | null> {
  const at = model.lastAt + step.later + 1;
  const rows = step.form === 'profiles' ? onlyLastLines(step.rows) : step.rows;
  const path = workspace.file(`in.${step.form}`, textOf(step.form, rows));
  const out = join(workspace.dir, 'out.ndjson');
  const known = model.history.length;
  const expected = applySnapshot(model, rows, at, step.partial);
  const { partial, dryRun } = step;
  if (expected.users === 0) {
    await expect(workspace.snapshot(path, at, { partial, dryRun })).rejects.toMatchObject({
      code: 'FILE_FORMAT',
    });
    // Nothing took place: as a dry run.
    return null;
  }
  const format = step.form === 'csv' ? 'csv' : 'ndjson';
  const result = await workspace.snapshot(path, at, { partial, dryRun, out, format });
  expect(result.changes).toEqual({ entered: expected.entered, exited: expected.exited, changed: 0 });
  expect(result.rejected).toBe(expected.rejected);
  expect(result.profiles.read).toBe(expected.users);
  if (step.form !== 'profiles') expect(result.profiles.duplicates).toBe(expected.duplicates);
  const lines = readFileSync(out, 'utf8')
    .split('\n')
    .filter((line) => line !== '');
  expect(lines.length).toBe(model.history.length - known);
  if (!dryRun) return result.batch;
  expect(result.batch).toBeNull();
  return null;
}

/** A profile's line says everything of a user: of two lines for one user only the last counts. */
function onlyLastLines(rows: readonly ModelRow[]): ModelRow[] {
  return rows.map(({ user, slug }) => ({ user, slug }));
}

function textOf(form: Snapshot['form'], rows: readonly ModelRow[]): string {
  const time = (entered: number | undefined) => (entered === undefined ? '' : dayText(entered));
  const quote = (text: string) => (/[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
  if (form === 'csv') {
    const lines = rows.map(({ user, slug, entered }) => `${slug},x,${quote(user)},${time(entered)}`);
    return `segment,other,user_id,entered_at\n${lines.join('\n')}\n`;
  }
  if (form === 'ndjson') {
    return rows
      .map(({ user, slug, entered }) =>
        JSON.stringify({ user_id: user, segment: slug, entered_at: time(entered) || null }),
      )
      .join('\n');
  }
  const users = Map.groupBy(rows, ({ user }) => user);
  const lines = [...users].map(([user, own]) =>
    JSON.stringify({ user_id: user, segments: [...own.map(({ slug }) => slug), RULE] }),
  );
  // Every user has an older line that must not count.
  const older = [...users.keys()].map((user) =>
    JSON.stringify({ user_id: user, segments: { two: true, one: false } }),
  );
  return [...older, ...lines].join('\n');
}

function live(db: Db, model: Model, changes: readonly LiveChange[], kind: 'events' | 'clock'): number {
  return inTransaction(db, () => {
    const batch = beginBatch(db, { kind, source: 'test', startedMs: 1 });
    const idOf = db.prepare<[string], number>('SELECT id FROM audience WHERE slug = ?').pluck();
    const present = changes.flatMap((change) => {
      const audienceId = idOf.get(change.slug);
      return audienceId === undefined ? [] : [{ ...change, audienceId, at: model.lastAt + change.later }];
    });
    const expected = { entered: 0, exited: 0 };
    for (const { user, slug, event, at } of present) {
      if (event === 'enter') expected.entered += Number(enter(model, user, slug, at));
      else expected.exited += Number(exit(model, user, slug, at));
    }
    const counts = applyMembershipChanges(
      db,
      present.map(({ user, audienceId, event, at }) => ({ userId: user, audienceId, event, at: day(at) })),
      { batch, cause: 'event' },
    );
    expect(counts).toEqual(expected);
    finishBatch(db, batch, { endedMs: 2, result: { ...counts, rejected: 0 } });
    return batch;
  });
}

function compare(db: Db, model: Model): void {
  const sizes = new Map<string, number>();
  for (const user of USERS) {
    const own = model.members.get(user) ?? new Map<string, number>();
    expect(membershipDays(db, user)).toEqual(Object.fromEntries([...own].sort()));
    for (const slug of own.keys()) sizes.set(slug, (sizes.get(slug) ?? 0) + 1);
  }
  const audiences = db.prepare<[], { id: number; slug: string }>('SELECT id, slug FROM audience').all();
  const counts = memberCounts(db);
  for (const { id, slug } of audiences) {
    const size = sizes.get(slug) ?? 0;
    expect({ slug, size: counts.get(id) ?? 0 }).toEqual({ slug, size });
    const listed = [...members(db, [id])];
    expect(listed.length).toBe(size);
    for (const { userId, enteredAt } of listed)
      expect(enteredAt.ms / DAY_MS).toBe(model.members.get(userId)?.get(slug));
  }
  expect(historyLines(db)).toEqual([...model.history].sort());
}
