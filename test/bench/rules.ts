import { instantOfMs } from '../../main/engine/core/instant.ts';
import {
  compileFilter,
  contextFromProfileText,
  createLayout,
  type ProfileContext,
  parseFilter,
  scopeOf,
} from '../../main/engine/rules/rules.ts';
import { compareWithScan } from './clock.ts';
import { median } from './measure/median.ts';
import { generator, NOW_MS, type Plain, profileText, RULES } from './rules/sample.ts';

/**
 * `npm run bench -- rules [PROFILES]`: twenty rules on the same profiles, compiled from FilterQL and written by hand; then
 * `clock` with a million profiles, or as many as told.
 *
 * Both sides are prepared: the profiles are parsed and the times in them are numbers or typed values. The hand-written
 * rules look after missing fields and wrong types, as a rule must, but not after lists, maps or numbers in text. With parsing
 * included a profile is parsed, asked and dropped, as an import does. Rounds alternate; the medians count.
 */
const PROFILES = 20_000;
const ROUNDS = 9;
function plainProfile(text: string): Plain {
  const profile = JSON.parse(text) as Record<string, unknown>;
  for (const name of ['last_login', 'signed_up']) {
    const value = profile[name];
    if (typeof value === 'string') profile[name] = Math.floor(Date.parse(value) / 1000);
  }
  return profile;
}

export async function run([argument = '1_000_000']: string[]): Promise<void> {
  compareWithHand();
  await compareWithScan(Number(argument.replaceAll(/[,_]/g, '')));
}

function compareWithHand(): void {
  const random = generator(7);
  const texts = Array.from({ length: PROFILES }, (_, index) => profileText(random, index));
  const layout = createLayout();
  const compiled = RULES.map(([text]) => compileFilter(parseFilter(text), { layout }));
  const contexts = texts.map((text) => contextFromProfileText(text));
  const plains = texts.map(plainProfile);
  const tests = RULES.map(([, test]) => test);
  const now = instantOfMs(NOW_MS);
  const nowSec = NOW_MS / 1000;
  const byRules = (all: Iterable<ProfileContext>) => {
    let matches = 0;
    for (const context of all) {
      const scope = scopeOf(layout, context, now);
      for (const rule of compiled) if (rule.run(scope) === true) matches++;
    }
    return matches;
  };
  const byHand = (all: Iterable<Plain>) => {
    let matches = 0;
    for (const plain of all) for (const test of tests) if (test(plain, nowSec)) matches++;
    return matches;
  };
  const sides = [
    { name: 'hand-written closures', work: () => byHand(plains) },
    { name: 'compiled FilterQL', work: () => byRules(contexts) },
    { name: 'hand-written, parsing included', work: () => byHand(texts.values().map(plainProfile)) },
    {
      name: 'compiled, parsing included',
      work: () => byRules(texts.values().map((text) => contextFromProfileText(text))),
    },
  ].map((side) => ({ ...side, rates: [] as number[], matches: 0 }));
  for (let round = 0; round < ROUNDS; round++) {
    for (const side of sides) {
      const start = process.hrtime.bigint();
      side.matches = side.work();
      const seconds = Number(process.hrtime.bigint() - start) / 1e9;
      if (round > 1) side.rates.push((PROFILES * RULES.length) / seconds);
    }
  }
  const expected = sides[0]?.matches;
  if (sides.some(({ matches }) => matches !== expected)) throw new Error('The two sides do not agree.');
  console.log(
    `${RULES.length} rules × ${PROFILES} profiles, ${expected} matches, median of ${ROUNDS - 2} rounds`,
  );
  for (const { name, rates } of sides)
    console.log(`${name.padEnd(32)} ${millions(median(rates))} M evaluations/s`);
  const ratio = (a: number, b: number) =>
    (median(sides[a]?.rates ?? []) / median(sides[b]?.rates ?? [])).toFixed(2);
  console.log(`ratio ${ratio(1, 0)} (target 0.5), parsing included ${ratio(3, 2)}`);
}

function millions(rate: number): string {
  return (rate / 1e6).toFixed(2).padStart(8);
}
