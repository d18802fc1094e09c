import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { formatInstant, instantOfMs } from '../../../main/engine/core/instant.ts';
import { type Engine, openEngine } from '../../../main/engine/engine.ts';

const START = Date.UTC(2026, 5, 1);
const HOUR = 3_600_000;
const time = (hours: number) => formatInstant(instantOfMs(START + hours * HOUR));

let engine: Engine | undefined;
afterEach(async () => {
  await engine?.close();
  engine = undefined;
});

async function open(profiles: readonly object[]) {
  const dir = mkdtempSync(join(tmpdir(), 'segue-preview-'));
  let nowMs = START;
  engine = await openEngine({ dir, assetsDir: dir, clock: () => nowMs });
  const path = join(dir, 'p.ndjson');
  writeFileSync(path, profiles.map((profile) => JSON.stringify(profile)).join('\n'));
  if (profiles.length > 0) await engine.call('profile.import', { path });
  return {
    engine,
    pass: (hours: number) => {
      nowMs += hours * HOUR;
    },
  };
}

async function membersOf(of: Engine, slug: string): Promise<string[]> {
  const { rows } = await of.call('profile.list', { audience: slug, limit: 500 });
  return rows.map(({ userId }) => userId).sort();
}

const scores = (count: number) =>
  Array.from({ length: count }, (_, at) => ({ user_id: `u${at}`, score: at }));

describe('the preview of a rule', () => {
  it('counts who matches, enters and leaves, with samples, and changes nothing', async () => {
    const { engine } = await open(scores(40));
    await engine.call('audience.saveRule', { slug: 'big', filter: 'FILTER score >= 20' });
    const before = await engine.call('history.count', {});
    const preview = await engine.call('audience.previewRule', { text: 'FILTER score < 25', slug: 'big' });
    expect(preview).toMatchObject({
      mode: 'exact',
      looked: 40,
      total: 40,
      matching: { count: 25 },
      notMatching: { count: 15 },
      entering: { count: 20, users: Array.from({ length: 10 }, (_, at) => `u${at}`) },
      leaving: { count: 15 },
      warnings: [],
    });
    expect(preview.matching.users).toHaveLength(10);
    expect(await engine.call('history.count', {})).toEqual(before);
    expect(await engine.call('audience.show', { slug: 'big' })).toMatchObject({
      filter: 'FILTER score >= 20',
      members: 20,
    });
    const unnamed = await engine.call('audience.previewRule', { text: 'FILTER score < 25' });
    expect(unnamed).toMatchObject({ entering: null, leaving: null });
  });

  it('names unknown fields, functions and audiences with the nearest known one, and a rule that includes itself', async () => {
    const { engine } = await open(scores(3));
    await engine.call('audience.saveRule', { slug: 'big', filter: 'FILTER score > 1' });
    const text = 'FILTER AND (scoer > 1,\n  INCLUDE bgi, tolowr(score) == "1")';
    const { warnings } = await engine.call('audience.previewRule', { text });
    expect(warnings.map(({ name, suggestion, line }) => [name, suggestion, line])).toEqual([
      ['tolowr', 'tolower', 2],
      ['scoer', 'score', 1],
      ['bgi', 'big', 2],
    ]);
    const own = await engine.call('audience.previewRule', { text: 'FILTER INCLUDE big', slug: 'big' });
    expect(own).toMatchObject({ matching: { count: 0 }, unanswered: 3, leaving: { count: 1 } });
    expect(own.warnings).toMatchObject([{ name: 'big', line: 1, column: 16 }]);
    const fresh = await engine.call('audience.previewRule', { text: 'FILTER INCLUDE new', slug: 'new' });
    expect(fresh.warnings).toMatchObject([{ name: 'new' }]);
    await expect(engine.call('audience.previewRule', { text: 'FILTER score >' })).rejects.toMatchObject({
      code: 'RULE_SYNTAX',
    });
  });

  it('looks at a sample that is spread over the store', async () => {
    const { engine } = await open(scores(5000));
    const preview = await engine.call('audience.previewRule', {
      text: 'FILTER score < 2500',
      mode: 'sample',
    });
    expect(preview).toMatchObject({ mode: 'sample', looked: 1000, total: 5000 });
    expect(Math.abs(preview.matching.count - 500)).toBeLessThanOrEqual(1);
    const few = await engine.call('audience.previewRule', { text: 'FILTER score < 25', mode: 'sample' });
    expect(few.looked).toBe(1000);
  });

  it('stops between two slices when it is cancelled, and leaves the event loop to others', async () => {
    const { engine } = await open(scores(20_000));
    const rule = Array.from({ length: 60 }, (_, at) => `score == ${at} `).join('OR ');
    const preview = engine.call('audience.previewRule', { text: `FILTER ${rule}`, jobId: 'job' });
    const answered = await engine.call('job.cancel', { jobId: 'job' });
    expect(answered).toEqual({ cancelled: true });
    await expect(preview).rejects.toMatchObject({ code: 'CANCELLED' });
  });

  it('says what saving then does, whatever the rules are', { timeout: 120_000 }, async () => {
    const profile = fc.record({
      seen: fc.integer({ min: -100, max: 100 }),
      score: fc.oneof(fc.integer({ min: 0, max: 20 }), fc.constant('many'), fc.constant(null)),
    });
    const leaf = fc.oneof(
      fc.integer({ min: 0, max: 20 }).map((limit) => `score > ${limit}`),
      fc.integer({ min: 0, max: 90 }).map((hours) => `seen > "now-${hours}h"`),
      fc.constantFrom('NOT INCLUDE base', 'INCLUDE base', 'INCLUDE target', 'EXISTS score', 'nosuch(score)'),
    );
    const rule = fc
      .tuple(fc.constantFrom('AND', 'OR', 'NOT AND'), fc.array(leaf, { minLength: 1, maxLength: 3 }))
      .map(([op, leaves]) => `FILTER ${op} (${leaves.join(', ')})`);
    await fc.assert(
      fc.asyncProperty(
        fc.array(profile, { minLength: 1, maxLength: 12 }),
        fc.tuple(rule, rule, rule),
        fc.integer({ min: 0, max: 50 }),
        async (profiles, [base, first, second], hours) => {
          const { engine, pass } = await open(
            profiles.map(({ seen, score }, at) => ({ user_id: `u${at}`, seen: time(seen), score })),
          );
          await engine.call('audience.saveRule', { slug: 'base', filter: base.replaceAll('base', 'target') });
          for (const filter of [first, second]) {
            const before = await engine.call('audience.list', {});
            const members = before.rows.some(({ slug }) => slug === 'target')
              ? await membersOf(engine, 'target')
              : [];
            const preview = await engine.call('audience.previewRule', { text: filter, slug: 'target' });
            await engine.call('audience.saveRule', { slug: 'target', filter });
            const after = await membersOf(engine, 'target');
            const entered = after.filter((user) => !members.includes(user));
            const left = members.filter((user) => !after.includes(user));
            expect([preview.entering?.count, preview.leaving?.count]).toEqual([entered.length, left.length]);
            expect(preview.matching.count).toBe(after.length);
            expect(entered).toEqual(expect.arrayContaining(preview.entering?.users ?? []));
            expect(left).toEqual(expect.arrayContaining(preview.leaving?.users ?? []));
            pass(hours);
          }
          await engine.close();
        },
      ),
      { numRuns: 40 },
    );
  });
});

describe('saving a rule', () => {
  it('creates, updates and leaves alone, keeps a name that is not given, and evaluates everyone', async () => {
    const { engine } = await open(scores(10));
    const save = (input: { slug: string; name?: string; filter: string | null }) =>
      engine.call('audience.saveRule', input);
    expect(await save({ slug: 'big', name: 'Big spenders', filter: 'FILTER score > 6' })).toEqual({
      outcome: 'created',
      entered: 3,
      exited: 0,
      warnings: [],
    });
    expect(await save({ slug: 'big', filter: 'FILTER score > 6' })).toMatchObject({ outcome: 'unchanged' });
    const { id } = await engine.call('audience.show', { slug: 'big' });
    expect(await save({ slug: id, filter: 'FILTER score < 2' })).toEqual({
      outcome: 'updated',
      entered: 2,
      exited: 3,
      warnings: [],
    });
    expect(await engine.call('audience.show', { slug: 'big' })).toMatchObject({ id, name: 'Big spenders' });
    await expect(save({ slug: 'big', filter: 'FILTER score <' })).rejects.toMatchObject({
      code: 'RULE_SYNTAX',
      detail: { audience: 'big' },
    });
    expect(await save({ slug: 'big', filter: null })).toMatchObject({ outcome: 'updated', exited: 0 });
    expect(await engine.call('audience.show', { slug: 'big' })).toMatchObject({
      kind: 'imported',
      members: 2,
    });
  });

  it('lets what fell due before happen at its own instant, by the rule as it was', async () => {
    const { engine, pass } = await open([{ user_id: 'u1', seen: time(0) }]);
    await engine.call('audience.saveRule', { slug: 'recent', filter: 'FILTER seen > "now-10h"' });
    pass(24);
    await engine.call('audience.saveRule', { slug: 'recent', filter: 'FILTER seen > "now-40h"' });
    const { rows } = await engine.call('history.page', { order: 'oldest' });
    expect(rows.map(({ event, at, cause }) => `${event} ${at} ${cause}`)).toEqual([
      `enter ${time(0)} rule`,
      `exit ${time(10)} clock`,
      `enter ${time(24)} rule`,
    ]);
  });

  it('gives back rule and members when it is undone', async () => {
    const { engine } = await open(scores(10));
    await engine.call('audience.saveRule', { slug: 'big', filter: 'FILTER score > 6' });
    await engine.call('audience.saveRule', { slug: 'big', filter: 'FILTER score < 2' });
    const { rows } = await engine.call('batch.list', {});
    await engine.call('batch.undo', { batch: rows.find(({ undoable }) => undoable)?.batch ?? 0 });
    expect(await engine.call('audience.show', { slug: 'big' })).toMatchObject({ filter: 'FILTER score > 6' });
    expect(await membersOf(engine, 'big')).toEqual(['u7', 'u8', 'u9']);
  });
});
