/**
 * Makes the sample workspace in assets/sample: profiles, audiences, two weeks of membership snapshots and one workflow
 * to the sandbox queue. Everything comes from one seed, so that running it again changes nothing:
 * `node scripts/make-sample.ts`.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const PROFILES = 320;
const DAYS = 14;
const FIRST_DAY = Date.UTC(2026, 9, 19);
const DAY_MS = 86_400_000;
const OUT = join(import.meta.dirname, '../assets/sample');

const random = seeded(20261019);
const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)] as T;
const between = (low: number, high: number) => low + Math.floor(random() * (high - low + 1));
const hex32 = (text: string) => createHash('sha256').update(text).digest('hex').slice(0, 32);

const FIRST_NAMES =
  'Ada Amara Bruno Chen Dana Elif Farid Grace Hana Ivan Jonas Kofi Lena Mina Noor Omar Priya Quinn Rosa Sven Tara Uma Vera Wes Yuki Zoe'.split(
    ' ',
  );
const LAST_NAMES =
  'Abel Brandt Castro Dahl Eriksen Fofana Garcia Huang Ito Jansen Kaya Lund Moreau Novak Okafor Patel Rossi Silva Tanaka Urban Weiss Yilmaz'.split(
    ' ',
  );
const CITIES = [
  ['Portland', 'US'],
  ['Leeds', 'GB'],
  ['Lyon', 'FR'],
  ['Porto', 'PT'],
  ['Graz', 'AT'],
  ['Osaka', 'JP'],
  ['Recife', 'BR'],
  ['Pune', 'IN'],
] as const;

interface Audience {
  slug: string;
  name: string;
  /** Chance that a user is in it on the first day, of joining and of leaving on each later day. */
  start: number;
  join: number;
  leave: number;
}

const AUDIENCES: Audience[] = [
  { slug: 'at_risk_to_churn', name: 'At risk to churn', start: 0.18, join: 0.012, leave: 0.06 },
  { slug: 'high_value', name: 'High value', start: 0.12, join: 0.004, leave: 0.015 },
  { slug: 'newsletter_engaged', name: 'Newsletter, engaged', start: 0.35, join: 0.02, leave: 0.03 },
  {
    slug: 'cart_abandoned_24h',
    name: 'Cart abandoned within 24 hours',
    start: 0.05,
    join: 0.03,
    leave: 0.55,
  },
  {
    slug: 'first_purchase_last_30_days',
    name: 'First purchase in the last 30 days',
    start: 0.09,
    join: 0.008,
    leave: 0.03,
  },
];

interface User {
  id: string;
  memberships: Map<string, string>;
}

function makeProfile(index: number): { user: User; text: string } {
  const id = hex32(`user ${index}`).slice(0, 16);
  const first = pick(FIRST_NAMES);
  const last = pick(LAST_NAMES);
  const [city, country] = pick(CITIES);
  const created = instant(FIRST_DAY - between(30, 900) * DAY_MS + between(0, DAY_MS - 1));
  const active = instant(FIRST_DAY - between(0, 40) * DAY_MS + between(0, DAY_MS - 1));
  const recency = between(0, 100);
  const members: [string, unknown][] = [
    ['_created', created],
    ['_modified', active],
    ['user_id', id],
    ['email', `${first}.${last}${index}@example.com`.toLowerCase()],
    ['first_name', first],
    ['last_name', last],
    ['city', city],
    ['country', country],
    ['last_active_ts', active],
    ['visit_count', between(1, 240)],
    ['score_recency', recency],
    ['score_frequency', between(0, 100)],
    ['score_momentum', between(0, 100)],
    ['lifetime_value', `${between(0, 4200)}.${String(between(0, 99)).padStart(2, '0')}`],
    ['email_opt_in', random() < 0.7],
    ['channels', random() < 0.5 ? ['web'] : ['web', 'email']],
    ['hourofweek', { [String(between(0, 167))]: between(1, 9) }],
  ];
  // A number above 2^53 and a trailing zero: what a message must carry as it came in, not as JavaScript reads it.
  const crm = `9${String(between(0, 999_999_999)).padStart(9, '0')}${String(between(0, 999_999_999)).padStart(9, '0')}`;
  const parts = members.map(([key, value]) =>
    key === 'lifetime_value' ? `"${key}": ${String(value)}` : `"${key}": ${JSON.stringify(value)}`,
  );
  if (random() < 0.8) parts.push(`"crm_id": ${crm}`);
  return { user: { id, memberships: new Map() }, text: `{${parts.join(', ')}}` };
}

function stepMemberships(user: User, day: number): void {
  const atMs = FIRST_DAY + day * DAY_MS;
  for (const audience of AUDIENCES) {
    const inside = user.memberships.has(audience.slug);
    const chance = day === 0 ? audience.start : inside ? audience.leave : audience.join;
    if (random() >= chance) continue;
    if (inside) user.memberships.delete(audience.slug);
    else
      user.memberships.set(audience.slug, instant(atMs - between(1, day === 0 ? 20 * DAY_MS : DAY_MS - 1)));
  }
}

/** RFC 3339 with nine decimals, as the source system writes times. */
function instant(ms: number): string {
  const nanos = String(between(0, 999_999)).padStart(6, '0');
  return `${new Date(ms).toISOString().slice(0, 23)}${nanos}Z`;
}

/** mulberry32: a small generator whose sequence is fixed by its seed. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

rmSync(OUT, { recursive: true, force: true });
mkdirSync(join(OUT, 'snapshots'), { recursive: true });

const made = Array.from({ length: PROFILES }, (_, index) => makeProfile(index));
writeFileSync(join(OUT, 'profiles.ndjson'), `${made.map(({ text }) => text).join('\n')}\n`);
writeFileSync(
  join(OUT, 'audiences.json'),
  `${JSON.stringify(
    AUDIENCES.map(({ slug, name }) => ({ id: hex32(slug), slug, name })),
    null,
    2,
  )}\n`,
);
for (let day = 0; day < DAYS; day += 1) {
  const rows = ['user_id,segment,entered_at'];
  for (const { user } of made) {
    stepMemberships(user, day);
    for (const [slug, enteredAt] of user.memberships) rows.push(`${user.id},${slug},${enteredAt}`);
  }
  const date = new Date(FIRST_DAY + day * DAY_MS).toISOString().slice(0, 10);
  writeFileSync(join(OUT, 'snapshots', `${date}.csv`), `${rows.join('\n')}\n`);
}
writeFileSync(
  join(OUT, 'workflow.json'),
  `${JSON.stringify(
    {
      version: 1,
      kind: 'sqs-event-hub-sink',
      name: 'At risk to sandbox',
      environment: 'sandbox',
      authorization: null,
      audiences: ['at_risk_to_churn', 'high_value', 'cart_abandoned_24h'],
      queueUrl: 'sandbox:triggers',
      region: 'us-east-1',
      attributes: [
        { field: 'email' },
        { field: 'country' },
        { field: 'score_recency', name: 'recency', type: 'Number' },
      ],
      existingUsers: false,
      subscriptionId: hex32('sample workflow'),
      exportFields: null,
      events: 'both',
      timestyle: 'classic',
    },
    null,
    2,
  )}\n`,
);
