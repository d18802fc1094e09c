import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { formatInstant, instantOfMs, parseInstant } from '../../../main/engine/core/instant.ts';
import { openEngine } from '../../../main/engine/engine.ts';
import { compileFilter, contextFromProfileText, parseFilter } from '../../../main/engine/rules/rules.ts';

/**
 * Two weeks of random rules, with INCLUDE, and data events in between, simulated in jumps and compared with a model that
 * evaluates every rule for every user at every moment at which anything can change. All times of the data lie on the hour, so an
 * answer changes on the hour or, for a strict comparison, one second later.
 */
const START = Date.UTC(2026, 2, 25);
const HOURS = 14 * 24;
const HOUR_MS = 3_600_000;
const time = (hours: number) => formatInstant(instantOfMs(START + hours * HOUR_MS));

const field = fc.constantFrom('seen', 'bought', 'visits');
const term = fc.oneof(
  fc.integer({ min: -200, max: 60 }).map((hours) => `now${hours < 0 ? '' : '+'}${hours}h`),
  fc.constantFrom('now-1d', 'now-3d', 'now-1w', 'now-1M', 'now+1M', 'now-1y'),
);
const leaf = fc.oneof(
  fc
    .tuple(field, fc.constantFrom('>', '>=', '<', '<='), term)
    .map(([name, op, at]) => `${name} ${op} "${at}"`),
  fc
    .tuple(fc.constantFrom('seen', 'bought'), fc.constantFrom('BETWEEN', 'NOT BETWEEN'), term, term)
    .map(([name, op, low, high]) => `${name} ${op} "${low}" AND "${high}"`),
  fc.integer({ min: 0, max: 100 }).map((limit) => `score > ${limit}`),
  fc.constantFrom('hourofday() > 11', 'dayofweek() == 1', 'timewindow(visits, 2, 3)', 'bought > now()'),
);
/** Rules of four audiences; each may include those before it. */
const ruleTexts = fc
  .tuple(
    ...[0, 1, 2, 3].map((at) => {
      const include = fc.constantFrom('INCLUDE', 'NOT INCLUDE').map((word) => `${word} rule_${at - 1}`);
      const item =
        at === 0 ? leaf : fc.oneof({ weight: 3, arbitrary: leaf }, { weight: 1, arbitrary: include });
      return fc
        .tuple(
          fc.constantFrom('AND', 'OR', 'NOT AND', 'NOT OR'),
          fc.array(item, { minLength: 1, maxLength: 3 }),
        )
        .map(([op, items]) => `FILTER ${op} (${items.join(', ')})`);
    }),
  )
  .map((texts) => texts.map((filter, at) => ({ slug: `rule_${at}`, filter })));
const hourAround = fc.integer({ min: -300, max: 100 });
const eventSteps = fc.array(
  fc.record({
    hour: fc.integer({ min: 1, max: HOURS }),
    user: fc.constantFrom('a', 'b', 'c'),
    seen: hourAround,
    bought: fc.option(hourAround),
    visits: fc.array(hourAround, { maxLength: 3 }),
    score: fc.integer({ min: 0, max: 100 }),
  }),
  { minLength: 1, maxLength: 8 },
);

it('two simulated weeks are the same as looking every second that counts', { timeout: 240_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(ruleTexts, eventSteps, async (rules, unsorted) => {
      const dir = mkdtempSync(join(tmpdir(), 'segue-two-weeks-'));
      const engine = await openEngine({ dir, assetsDir: dir, clock: () => START });
      const file = (name: string, text: string) => {
        writeFileSync(join(dir, name), text);
        return join(dir, name);
      };
      await engine.call('clock.advance', { to: time(0) });
      await engine.call('audience.import', { path: file('rules.json', JSON.stringify(rules)) });
      const events = unsorted.sort((a, b) => a.hour - b.hour);
      const model = createModel(rules);
      let hour = 0;
      for (const { hour: at, user, seen, bought, visits, score } of events) {
        model.passTo(hour, at);
        hour = at;
        await engine.call('clock.advance', { to: time(at) });
        const fields = {
          user_id: user,
          seen: time(at + seen),
          bought: bought === null ? null : time(at + bought),
          visits: visits.map((each) => time(at + each)),
          score,
        };
        model.put(user, JSON.stringify(fields), at);
        const line = JSON.stringify({ ...fields, ts: time(at) });
        await engine.call('profile.import', { path: file('events.ndjson', line), format: 'events' });
      }
      model.passTo(hour, HOURS);
      await engine.call('clock.advance', { to: time(HOURS) });
      const { rows } = await engine.call('history.page', { order: 'oldest', limit: 500 });
      await engine.close();
      fc.pre(rows.length < 500);
      const told = rows.map((row) => {
        const seconds = ((parseInstant(row.at)?.ms ?? 0) - START) / 1000;
        return `${seconds} ${row.user_id} ${row.event} ${row.audience}`;
      });
      expect(told.sort()).toEqual(model.changes.sort());
      const instants = rows.map((row) => parseInstant(row.at)?.ms ?? 0);
      expect(instants).toEqual([...instants].sort((a, b) => a - b));
    }),
    { numRuns: 40 },
  );
});

function createModel(texts: readonly { slug: string; filter: string }[]) {
  const statements = new Map(texts.map(({ slug, filter }) => [slug, parseFilter(filter)]));
  const rules = [...statements].map(([slug, statement]) => ({
    slug,
    rule: compileFilter(statement, { resolveInclude: (name) => statements.get(name) }),
  }));
  const profiles = new Map<string, string>();
  const inside = new Set<string>();
  const changes: string[] = [];
  function look(seconds: number, users: Iterable<string>) {
    for (const user of users) {
      const context = contextFromProfileText(profiles.get(user) ?? '{}');
      for (const { slug, rule } of rules) {
        const matches = rule.matches(context, instantOfMs(START + seconds * 1000)) === true;
        const key = `${user} ${slug}`;
        if (matches === inside.has(key)) continue;
        changes.push(`${seconds} ${user} ${matches ? 'enter' : 'exit'} ${slug}`);
        if (matches) inside.add(key);
        else inside.delete(key);
      }
    }
  }
  return {
    changes,
    /** Time goes on, up to an hour and including it. */
    passTo(from: number, to: number) {
      for (let hour = from; hour <= to; hour += 1) {
        if (hour > from) look(hour * 3600, profiles.keys());
        if (hour < to) look(hour * 3600 + 1, profiles.keys());
      }
    },
    put(user: string, text: string, hour: number) {
      profiles.set(user, text);
      look(hour * 3600, [user]);
    },
  };
}
