import { readFileSync } from 'node:fs';
import { parseInstant } from '../../main/engine/core/instant.ts';
import { buildMessage } from '../../main/engine/message/build.ts';
import { notLeftYet } from '../../main/engine/message/events.ts';
import { prepareMessage } from '../../main/engine/message/prepare.ts';
import { workflow } from '../../preload/contract/workflow.ts';
import { compareFromStore } from './messages/from-store.ts';

const PROFILES = 2_000;
const STORED_PROFILES = 30_000;
const ROUNDS = 5;
const REPEATS = 10;
const AT_TEXT = '2017-03-18T06:12:36.829070108Z';
const AT = parseInstant(AT_TEXT) ?? { ms: 0, code: 0 };
const SLUG = 'demo_segment';
const HEX = 'd3d8f15855b6b067709577342fe72db9';

/**
 * Messages built per second: splicing, against the way that it replaces, JSON.parse, an object and JSON.stringify. Each
 * text is turned to bytes, as sending does, so that no work is left undone in a lazily joined string. The best of some
 * rounds, all kinds taking turns, by CPU time. Then the same from a store, see {@link compareFromStore}.
 */
export async function run(): Promise<void> {
  const texts = profileTexts(PROFILES);
  const plain = workflow.parse({
    name: 'W',
    subscriptionId: '7e2b8804bbe162cd3f9c0c5991bf3078',
    queueUrl: 'sandbox:q',
  });
  const withAttributes = {
    ...plain,
    attributes: [{ field: 'email' }, { field: 'score_frequency' }, { field: 'channels' }],
  };
  const kinds: Record<string, (text: string) => number> = {
    'parse + stringify': (text) => Buffer.byteLength(parsed(text)),
    'splice (buildMessage)': (text) => Buffer.byteLength(built(text, null)),
    'splice, three exported fields': (text) => Buffer.byteLength(built(text, ['email', 'name', 'user_id'])),
    'prepareMessage (all checks, ids)': (text) => prepared(text, plain),
    'prepareMessage, three attributes': (text) => prepared(text, withAttributes),
  };
  if (built(texts[0] ?? '', null) !== parsed(texts[0] ?? ''))
    throw new Error('The two ways do not build the same.');
  const best = new Map<string, number>();
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const [name, build] of Object.entries(kinds)) {
      best.set(name, Math.max(best.get(name) ?? 0, perSecond(texts, build)));
    }
  }
  const baseline = best.get('parse + stringify') ?? 1;
  console.log(`profile of ${texts[0]?.length} bytes, messages per second of CPU`);
  for (const [name, rate] of best) {
    const shown = Math.round(rate).toLocaleString('en-US').padStart(12);
    console.log(`${name.padEnd(36)}${shown}  ${(rate / baseline).toFixed(1)} x`);
  }
  await compareFromStore(profileTexts(STORED_PROFILES));
}

function perSecond(texts: readonly string[], build: (text: string) => number): number {
  const started = process.cpuUsage().user;
  let bytes = 0;
  for (let repeat = 0; repeat < REPEATS; repeat += 1) for (const text of texts) bytes += build(text);
  if (bytes === 0) throw new Error('Nothing was built.');
  return (texts.length * REPEATS * 1e6) / (process.cpuUsage().user - started);
}

function built(profileText: string, exportFields: string[] | null): string {
  return buildMessage({
    profileText,
    changes: [{ audienceHexId: HEX, slug: SLUG, event: 'enter', enter: AT, exit: null }],
    at: AT,
    options: { subscriptionId: '7e2b8804bbe162cd3f9c0c5991bf3078', timestyle: 'classic', exportFields },
    userKeyField: 'user_id',
    userId: 'u',
  });
}

function parsed(profileText: string): string {
  const data = JSON.parse(profileText);
  const event = { id: HEX, event: 'enter', enter: AT_TEXT, exit: notLeftYet(AT_TEXT), slug: SLUG };
  data.segment_events = [event];
  const meta = { object: 'user', subscription_id: '7e2b8804bbe162cd3f9c0c5991bf3078', timestamp: AT_TEXT };
  return JSON.stringify({ data, meta });
}

function prepared(profileText: string, of: Parameters<typeof prepareMessage>[0]['workflow']): number {
  return prepareMessage({
    workflow: of,
    profileText,
    changes: [{ audienceHexId: HEX, slug: SLUG, event: 'enter', enter: AT, exit: null }],
    at: AT,
    keyField: 'user_id',
    userId: 'u',
  }).bytes;
}

/** Profiles like the source system's full sample, each with its own key. */
function profileTexts(count: number): string[] {
  const file = new URL('../fixtures/conformance/messages.json', import.meta.url);
  const samples: { id: string; message: { data: Record<string, unknown> } }[] = JSON.parse(
    readFileSync(file, 'utf8'),
  );
  const { segment_events: _, ...data } = samples.find(({ id }) => id === 'webhook-full')?.message.data ?? {};
  return Array.from({ length: count }, (_, n) => JSON.stringify({ ...data, user_id: `user${n}` }));
}
