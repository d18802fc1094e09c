/** The twenty rules of the benchmarks, in FilterQL and by hand, and random profiles for them. */

/** The instant of the benchmarks, in epoch milliseconds. */
export const NOW_MS = Date.parse('2026-06-15T12:00:00Z');
const DAY = 86_400;

/** A parsed profile whose times are numbers, in seconds. */
export interface Plain {
  readonly [field: string]: unknown;
}

type HandWritten = (profile: Plain, nowSec: number) => boolean;

/** FilterQL, and a test by hand that answers the same. */
export const RULES: readonly (readonly [string, HandWritten])[] = [
  ['FILTER score > 50', (p) => typeof p.score === 'number' && p.score > 50],
  ['FILTER city == "Oslo"', (p) => p.city === 'Oslo'],
  [
    'FILTER country IN ("NO", "SE", "DK", "FI")',
    (p) => typeof p.country === 'string' && NORDIC.has(p.country),
  ],
  ['FILTER vip == true', (p) => p.vip === true],
  ['FILTER EXISTS email', (p) => p.email !== undefined && p.email !== null],
  ['FILTER NOT EXISTS phone', (p) => p.phone === undefined || p.phone === null],
  ['FILTER last_login > "now-7d"', (p, now) => timeOf(p.last_login) > now - 7 * DAY],
  ['FILTER last_login < "now-30d"', (p, now) => timeOf(p.last_login, Infinity) < now - 30 * DAY],
  [
    'FILTER email LIKE "*.com"',
    (p) => typeof p.email === 'string' && p.email.endsWith('.com') && !p.email.includes('/'),
  ],
  ['FILTER email CONTAINS "@mail"', (p) => typeof p.email === 'string' && p.email.includes('@mail')],
  [
    'FILTER tags INTERSECTS ("gold", "silver")',
    (p) => Array.isArray(p.tags) && p.tags.some((tag) => TIERS.has(tag)),
  ],
  ['FILTER age BETWEEN 18 AND 65', (p) => typeof p.age === 'number' && p.age > 18 && p.age < 65],
  [
    'FILTER AND (score > 20, vip == true)',
    (p) => typeof p.score === 'number' && p.score > 20 && p.vip === true,
  ],
  ['FILTER OR (city == "Oslo", city == "Bergen")', (p) => p.city === 'Oslo' || p.city === 'Bergen'],
  [
    'FILTER AND (country == "NO", score >= 30, last_login > "now-30d")',
    (p, now) =>
      p.country === 'NO' &&
      typeof p.score === 'number' &&
      p.score >= 30 &&
      timeOf(p.last_login) > now - 30 * DAY,
  ],
  [
    'FILTER AND (EXISTS email, NOT EXISTS phone, OR (score > 80, vip == true))',
    (p) =>
      p.email !== undefined &&
      p.email !== null &&
      (p.phone === undefined || p.phone === null) &&
      ((typeof p.score === 'number' && p.score > 80) || p.vip === true),
  ],
  ['FILTER NOT (score > 50)', (p) => !(typeof p.score === 'number' && p.score > 50)],
  ['FILTER visits >= 10', (p) => typeof p.visits === 'number' && p.visits >= 10],
  [
    'FILTER AND (visits >= 10, visits < 100, age > 30)',
    (p) =>
      typeof p.visits === 'number' &&
      p.visits >= 10 &&
      p.visits < 100 &&
      typeof p.age === 'number' &&
      p.age > 30,
  ],
  [
    'FILTER signed_up BETWEEN "now-90d" AND "now-30d"',
    (p, now) => timeOf(p.signed_up) > now - 90 * DAY && timeOf(p.signed_up) < now - 30 * DAY,
  ],
];

const NORDIC = new Set(['NO', 'SE', 'DK', 'FI']);
const TIERS = new Set(['gold', 'silver']);

function timeOf(value: unknown, missing = -Infinity): number {
  return typeof value === 'number' ? value : missing;
}

/** A repeatable stream of numbers in [0, 1). */
export function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** The JSON text of a random profile. */
export function profileText(random: () => number, index: number): string {
  const pick = <T>(items: readonly T[]): T | undefined => items[Math.floor(random() * items.length)];
  const past = (days: number) => new Date(NOW_MS - random() * days * DAY * 1000).toISOString();
  const fields: Record<string, unknown> = {
    user_id: `user-${index}`,
    city: pick(['Oslo', 'Bergen', 'Paris', 'Lima']),
    country: pick(['NO', 'SE', 'FR', 'PE', 'DK']),
    score: Math.floor(random() * 100),
    vip: random() < 0.2,
  };
  if (random() < 0.9) fields.email = `user${index}@${pick(['mail.com', 'post.no', 'work.com'])}`;
  if (random() < 0.4) fields.phone = '+47 5555';
  if (random() < 0.8) fields.last_login = past(60);
  if (random() < 0.8) fields.signed_up = past(200);
  if (random() < 0.7) fields.tags = [pick(['gold', 'bronze']), 'news'];
  if (random() < 0.7) fields.age = Math.floor(random() * 90);
  if (random() < 0.8) fields.visits = Math.floor(random() * 150);
  return JSON.stringify(fields);
}
