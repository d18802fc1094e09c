import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { formatInstant, instantOfMs, parseInstant } from '../../../main/engine/core/instant.ts';
import { type Engine, openEngine } from '../../../main/engine/engine.ts';
import { compileFilter, contextFromProfileText, parseFilter } from '../../../main/engine/rules/rules.ts';
import type { ChangeRow } from '../../../preload/contract/history.ts';

const START = Date.UTC(2026, 5, 1);
const HOUR = 3_600_000;
const time = (hours: number) => formatInstant(instantOfMs(START + hours * HOUR));

const RULES = [
  { slug: 'recent', filter: 'FILTER last_seen > "now-2d"' },
  { slug: 'lapsed', filter: 'FILTER AND (EXISTS last_seen, last_seen < "now-5d")' },
  { slug: 'window', filter: 'FILTER AND (last_seen < "now-1d", last_seen > "now-4d")' },
  { slug: 'big', filter: 'FILTER OR (score > 50, INCLUDE lapsed)' },
];

let engine: Engine | undefined;
afterEach(async () => {
  await engine?.close();
  engine = undefined;
});

async function open(dir = mkdtempSync(join(tmpdir(), 'segue-rules-')), nowMs = START, live = false) {
  engine = await openEngine({ dir, assetsDir: dir, clock: () => nowMs, live });
  const file = (name: string, text: string) => {
    writeFileSync(join(dir, name), text);
    return join(dir, name);
  };
  return { dir, engine, file };
}

async function history(of: Engine): Promise<ChangeRow[]> {
  const { rows } = await of.call('history.page', { order: 'oldest', limit: 500 });
  return rows;
}

const told = (rows: readonly ChangeRow[]) =>
  rows.map((row) => `${row.user_id} ${row.event} ${row.audience} ${row.at} ${row.cause}`);

/** Changes of one instant have no order of their own. */
const byInstant = (a: string, b: string) =>
  (a.split(' ')[3] ?? '').localeCompare(b.split(' ')[3] ?? '') || a.localeCompare(b);

describe('rules in a workspace', () => {
  it('flip at their exact instants when the clock is advanced', async () => {
    const { engine, file } = await open();
    await engine.call('audience.import', { path: file('audiences.json', JSON.stringify(RULES)) });
    await engine.call('profile.import', {
      path: file('p.ndjson', `{"user_id":"u1","last_seen":"${time(0)}"}`),
    });
    expect(told(await history(engine))).toEqual([`u1 enter recent ${time(0)} profile`]);
    const result = await engine.call('clock.advance', { to: time(24 * 14) });
    expect(result).toMatchObject({ entered: 3, exited: 2 });
    expect(
      told(await history(engine))
        .slice(1)
        .sort(byInstant),
    ).toEqual([
      `u1 enter window 2026-06-02T00:00:01Z clock`,
      `u1 exit recent 2026-06-03T00:00:00Z clock`,
      `u1 exit window 2026-06-05T00:00:00Z clock`,
      `u1 enter big 2026-06-06T00:00:01Z clock`,
      `u1 enter lapsed 2026-06-06T00:00:01Z clock`,
    ]);
    expect(await engine.call('clock.show', {})).toMatchObject({
      mode: 'simulated',
      now: time(24 * 14),
      dueTimers: 0,
    });
    await expect(engine.call('clock.advance', { to: time(1) })).rejects.toMatchObject({
      code: 'INVALID_INPUT',
    });
  });

  it('flip at their exact instants also while the workspace is closed for a month: the next opening catches up', async () => {
    const { dir, engine: first, file } = await open();
    await first.call('audience.import', { path: file('audiences.json', JSON.stringify(RULES)) });
    await first.call('profile.import', {
      path: file('p.ndjson', `{"user_id":"u1","last_seen":"${time(0)}"}`),
    });
    await first.close();
    const { engine: again } = await open(dir, START + 31 * 24 * HOUR, true);
    const wanted = [
      `u1 enter recent ${time(0)} profile`,
      'u1 enter window 2026-06-02T00:00:01Z clock',
      'u1 exit recent 2026-06-03T00:00:00Z clock',
      'u1 exit window 2026-06-05T00:00:00Z clock',
      'u1 enter big 2026-06-06T00:00:01Z clock',
      'u1 enter lapsed 2026-06-06T00:00:01Z clock',
    ];
    await vi.waitFor(async () => expect(told(await history(again)).sort(byInstant)).toEqual(wanted), 30_000);
    expect(await again.call('clock.show', {})).toMatchObject({ mode: 'real', dueTimers: 0 });
  });

  it('are evaluated for everyone when they are edited, and again when that was cut off', async () => {
    const { dir, engine, file } = await open();
    await engine.call('profile.import', {
      path: file('p.ndjson', '{"user_id":"u1","score":60}\n{"user_id":"u2","score":40}'),
    });
    const first = await engine.call('audience.import', {
      path: file('a.json', '[{"slug":"big","filter":"FILTER score > 50"}]'),
    });
    expect(first).toMatchObject({ created: 1, entered: 1, exited: 0 });
    const second = await engine.call('audience.import', {
      path: file('b.json', '[{"slug":"big","filter":"FILTER score < 50"}]'),
    });
    expect(second).toMatchObject({ updated: 1, entered: 1, exited: 1 });
    engine.context.store.db.prepare("UPDATE audience SET filter = 'FILTER score > 50'").run();
    engine.context.store.db.prepare("UPDATE setting SET value = 'yes' WHERE name = 'rules.pending'").run();
    await engine.close();
    const again = await open(dir);
    expect((await again.engine.call('profile.show', { userId: 'u1' })).memberships).toHaveLength(1);
    expect((await again.engine.call('profile.show', { userId: 'u2' })).memberships).toHaveLength(0);
  });

  it('follow data events in the time of the events, with what fell due between them', async () => {
    const { engine, file } = await open();
    await engine.call('audience.import', { path: file('audiences.json', JSON.stringify(RULES)) });
    const lines = [
      `{"user_id":"u1","ts":"${time(0)}","last_seen":"${time(0)}","score":1}`,
      `{"user_id":"u1","ts":"${time(72)}","last_seen":"${time(72)}"}`,
      '{"user_id":"u1","score":9}',
    ];
    const result = await engine.call('profile.import', {
      path: file('events.ndjson', lines.join('\n')),
      format: 'events',
    });
    expect(result).toMatchObject({ rejected: 1, profiles: { created: 1 } });
    expect(told(await history(engine)).slice(0, 5)).toEqual([
      `u1 enter recent ${time(0)} event`,
      'u1 enter window 2026-06-02T00:00:01Z clock',
      'u1 exit recent 2026-06-03T00:00:00Z clock',
      `u1 exit window ${time(72)} event`,
      `u1 enter recent ${time(72)} event`,
    ]);
    expect((await engine.call('profile.show', { userId: 'u1' })).text).toBe(
      `{"user_id":"u1","last_seen":"${time(72)}","score":1}`,
    );
  });

  it('that include an imported audience follow its snapshots', async () => {
    const { engine, file } = await open();
    await engine.call('profile.import', { path: file('p.ndjson', '{"user_id":"u1","score":60}') });
    const snapshot = (name: string, rows: string, hours: number) =>
      engine.call('snapshot.import', { path: file(name, `user_id,segment\n${rows}`), at: time(hours) });
    await snapshot('s1.csv', 'u2,vip\n', 1);
    await engine.call('audience.import', {
      path: file('a.json', '[{"slug":"big_vip","filter":"FILTER AND (score > 50, INCLUDE vip)"}]'),
    });
    const joined = await snapshot('s2.csv', 'u1,vip\nu2,vip\n', 2);
    expect(joined.changes).toMatchObject({ entered: 2, exited: 0 });
    const left = await snapshot('s3.csv', 'u2,vip\n', 3);
    expect(left.changes).toMatchObject({ entered: 0, exited: 2 });
    await engine.call('batch.undo', { batch: left.batch ?? 0 });
    const { memberships } = await engine.call('profile.show', { userId: 'u1' });
    expect(memberships.map(({ audience }) => audience).sort()).toEqual(['big_vip', 'vip']);
  });

  it('agree with an evaluation at every hour, whatever data comes in and however far the clock jumps', {
    timeout: 120_000,
  }, async () => {
    const step = fc.oneof(
      fc.record({
        kind: fc.constant('data' as const),
        user: fc.constantFrom('a', 'b'),
        seen: fc.integer({ min: -150, max: 20 }),
        score: fc.integer({ min: 0, max: 100 }),
      }),
      fc.record({ kind: fc.constant('jump' as const), hours: fc.integer({ min: 1, max: 90 }) }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 8 }), async (steps) => {
        const { engine, file } = await open();
        await engine.call('audience.import', { path: file('audiences.json', JSON.stringify(RULES)) });
        const model = naive();
        let now = 0;
        await engine.call('clock.advance', { to: time(0) });
        for (const one of steps) {
          if (one.kind === 'jump') {
            for (let hour = 1; hour <= one.hours; hour += 1) model.look(now + hour);
            now += one.hours;
            await engine.call('clock.advance', { to: time(now) });
          } else {
            const text = JSON.stringify({
              user_id: one.user,
              last_seen: time(now + one.seen),
              score: one.score,
            });
            model.put(one.user, text, now);
            await engine.call('profile.import', { path: file('p.ndjson', text) });
          }
        }
        const rows = await history(engine);
        // The model looks on the hour; the exact instant lies at most one hour before.
        const onTheHour = rows.map((row) => {
          const ms = parseInstant(row.at)?.ms ?? 0;
          return `${row.user_id} ${row.event} ${row.audience} ${Math.ceil((ms - START) / HOUR)}`;
        });
        await engine.close();
        expect(onTheHour.sort()).toEqual(model.changes.sort());
      }),
      { numRuns: 25 },
    );
  });
});

/** Evaluates every rule for every user whenever it is asked to, and notes each difference. */
function naive() {
  const statements = new Map(RULES.map(({ slug, filter }) => [slug, parseFilter(filter)]));
  const rules = [...statements].map(([slug, statement]) => ({
    slug,
    rule: compileFilter(statement, { resolveInclude: (name) => statements.get(name) }),
  }));
  const texts = new Map<string, string>();
  const inside = new Set<string>();
  const changes: string[] = [];
  function look(hour: number, only?: string) {
    for (const [user, text] of texts) {
      if (only !== undefined && only !== user) continue;
      for (const { slug, rule } of rules) {
        const now = rule.matches(contextFromProfileText(text), instantOfMs(START + hour * HOUR)) === true;
        const key = `${user} ${slug}`;
        if (now === inside.has(key)) continue;
        changes.push(`${user} ${now ? 'enter' : 'exit'} ${slug} ${hour}`);
        if (now) inside.add(key);
        else inside.delete(key);
      }
    }
  }
  return {
    changes,
    look,
    put(user: string, text: string, hour: number) {
      texts.set(user, text);
      look(hour, user);
    },
  };
}
