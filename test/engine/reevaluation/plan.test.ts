import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { formatInstant, type Instant, instantOfMs } from '../../../main/engine/core/instant.ts';
import { type Engine, openEngine } from '../../../main/engine/engine.ts';
import { markRulesChanged } from '../../../main/engine/reevaluation/pending.ts';
import { planAfter, type TimedRules } from '../../../main/engine/reevaluation/plan.ts';
import { MIGRATIONS } from '../../../main/engine/store/migrations/index.ts';
import { openDatabase } from '../../../main/engine/store/store.ts';

const START = Date.UTC(2026, 5, 1);
const HOUR = 3_600_000;
const time = (hours: number) => formatInstant(instantOfMs(START + hours * HOUR));

describe('a plan', () => {
  /** Audience 1 from `from` to `to`, audience 2 from `to` on; something is looked at each hour. */
  const rules = (from: number, to: number): TimedRules => ({
    audienceIds: new Set([1, 2]),
    matching: ({ ms }) => new Set(ms >= to ? [2] : ms >= from ? [1] : []),
    nextMs: ({ ms }) => (ms >= to ? null : ms + HOUR),
  });
  const at = instantOfMs(0);

  it('has a step where an answer changes, with what the user leaves and since when he was in it', () => {
    const since: Instant = { ms: -5, code: 65536 };
    expect(planAfter(rules(2 * HOUR, 4 * HOUR), at, new Map())).toEqual([
      [2 * HOUR, [], [1]],
      [4 * HOUR, [[1, 2 * HOUR, 0]], [2]],
    ]);
    expect(
      planAfter(
        rules(0, 2 * HOUR),
        at,
        new Map([
          [1, since],
          [7, since],
        ]),
      ),
    ).toEqual([[2 * HOUR, [[1, -5, 65536]], [2]]]);
    expect(planAfter(rules(-1, -1), at, new Map())).toEqual([]);
  });

  it('ends with asking again where the rules look at more moments than it does', () => {
    expect(planAfter(rules(2 * HOUR, 1000 * HOUR), at, new Map())).toEqual([[2 * HOUR, [], [1]], [9 * HOUR]]);
  });
});

describe('plans in a workspace', () => {
  let engine: Engine | undefined;
  afterEach(async () => {
    await engine?.close();
    engine = undefined;
  });

  async function open(rules: readonly { slug: string; filter: string }[], profile: object) {
    const dir = mkdtempSync(join(tmpdir(), 'segue-plans-'));
    engine = await openEngine({ dir, assetsDir: dir, clock: () => START });
    const opened = engine;
    const put = async (fields: object) => {
      writeFileSync(join(dir, 'p.ndjson'), JSON.stringify({ user_id: 'u1', ...fields }));
      return await opened.call('profile.import', { path: join(dir, 'p.ndjson') });
    };
    writeFileSync(join(dir, 'rules.json'), JSON.stringify(rules));
    await opened.call('audience.import', { path: join(dir, 'rules.json') });
    await put(profile);
    const told = async () => {
      const { rows } = await opened.call('history.page', { order: 'oldest', limit: 500 });
      return rows.map((row) => `${row.event} ${row.audience} ${row.at} ${row.cause}`);
    };
    return {
      engine: opened,
      put,
      told,
      advance: (hours: number) => opened.call('clock.advance', { to: time(hours) }),
    };
  }

  it('do not let happen twice what the clock did before an import was undone', async () => {
    const { engine, put, told, advance } = await open(
      [
        { slug: 'recent', filter: 'FILTER seen > "now-10h"' },
        { slug: 'big', filter: 'FILTER AND (score > 5, seen > "now-20h")' },
      ],
      { seen: time(0), score: 1 },
    );
    const { batch } = await put({ score: 9 });
    await advance(12);
    const expected = [`enter recent ${time(0)} profile`, `exit recent ${time(10)} clock`];
    expect(await told()).toEqual([expected[0], `enter big ${time(0)} profile`, expected[1]]);
    await engine.call('batch.undo', { batch: batch ?? 0 });
    await advance(40);
    expect(await told()).toEqual(expected);
    const { rows } = await engine.call('audience.list', {});
    expect(rows.map(({ members }) => members)).toEqual([0, 0]);
  });

  it('are not followed while an edit of the rules has not reached every profile', async () => {
    const { engine, told, advance } = await open([{ slug: 'recent', filter: 'FILTER seen > "now-10h"' }], {
      seen: time(0),
    });
    const { db } = engine.context.store;
    db.prepare(`UPDATE audience SET filter = 'FILTER seen > "now-30h"'`).run();
    markRulesChanged(db);
    await advance(48);
    expect(await told()).toEqual([`enter recent ${time(0)} profile`, `exit recent ${time(30)} clock`]);
  });

  it('start again from the present when the simulated clock is given up', async () => {
    const { engine, put, told, advance } = await open(
      [{ slug: 'recent', filter: 'FILTER seen > "now-10h"' }],
      {
        seen: time(0),
      },
    );
    await advance(12);
    await engine.call('clock.useReal', {});
    await put({ score: 1 });
    await advance(24);
    const [enter, exit] = [`enter recent ${time(0)} profile`, `exit recent ${time(10)} clock`];
    expect(await told()).toEqual([enter, enter, exit, exit]);
  });
});

it('migration 0018 keeps when users are due, who are asked then', () => {
  const before = MIGRATIONS.findIndex(({ name }) => name === '0018-rule-plans');
  const file = join(mkdtempSync(join(tmpdir(), 'segue-plans-')), 'segue.db');
  const old = openDatabase(file, MIGRATIONS.slice(0, before));
  old.prepare("INSERT INTO rule_timer VALUES ('b', 1000), ('a', 3000)").run();
  old.close();
  const db = openDatabase(file, MIGRATIONS.slice(0, before + 1));
  expect(db.prepare('SELECT due_ms, user_id FROM rule_due').raw().all()).toEqual([
    [1000, 'b'],
    [3000, 'a'],
  ]);
  expect(db.prepare('SELECT user_id, steps FROM rule_plan').raw().all()).toEqual([
    ['a', '[[3000]]'],
    ['b', '[[1000]]'],
  ]);
  db.close();
});
