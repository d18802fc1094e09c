import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { formatInstant, instantOfMs } from '../../../main/engine/core/instant.ts';
import { openEngine } from '../../../main/engine/engine.ts';
import { notLeftYet } from '../../../main/engine/message/events.ts';
import { readProfiles } from '../../../main/engine/profile/read.ts';
import { createAudienceNames, createMessageBuilder } from '../../../main/engine/run/builder.ts';
import { criteriaOf } from '../../../main/engine/run/criteria.ts';
import { messagesOf, type PlannedMessage } from '../../../main/engine/run/messages-of.ts';
import { openReader } from '../../../main/engine/run/reader.ts';
import type { Db, Store } from '../../../main/engine/store/store.ts';
import { runSelection } from '../../../preload/contract/run.ts';
import { type Workflow, workflow } from '../../../preload/contract/workflow.ts';
import { median } from '../measure/median.ts';

const PAGE = 500;
const ROUNDS = 7;
const AUDIENCES = ['a0', 'a1', 'a2', 'a3'];
const FACTS = {
  fifo: false,
  contentBasedDeduplication: false,
  maximumMessageBytes: 1024 * 1024,
  depth: null,
  encryption: 'none',
} as const;

/** Makes the bodies of a page of messages from the store. */
type BuildPage = (page: readonly PlannedMessage[]) => Iterable<string>;

/** How the changes of the messages differ. */
const CASES = {
  /** A snapshot: everyone enters at its own instant, so an audience's events are alike in every message. */
  'at one instant': (_user: number, _audience: number) => '',
  /** Each membership with a time of its own, so that no event is like another. */
  'each with its own time': (user: number, audience: number) =>
    new Date(FIRST_ENTERED + user * 60_017 + audience * 1_013).toISOString(),
} as const;
const FIRST_ENTERED = Date.UTC(2026, 9, 1);

/**
 * The messages of a replay, one a profile with four changes each, built from a store: selection and profiles read by the same
 * reader (shown alone too), the messages by Segue's builder with all of its checks, by JSON.parse and JSON.stringify with none. CPU (user +
 * system) of reading and building, medians of rounds that take turns, the bodies compared byte for byte beforehand. For changes
 * that are alike and for changes that are not, see {@link CASES}.
 *
 * @param texts profiles, each the text of an object that JSON.stringify writes the same way
 */
export async function compareFromStore(texts: readonly string[]): Promise<void> {
  for (const [name, enteredAt] of Object.entries(CASES)) {
    const dir = mkdtempSync(join(tmpdir(), 'segue-bench-messages-'));
    try {
      const [profiles, snapshot] = [join(dir, 'profiles.ndjson'), join(dir, 'snapshot.csv')];
      writeFileSync(profiles, texts.join('\n'));
      const rows = texts.flatMap((text, user) => {
        const { user_id: userId }: { user_id: string } = JSON.parse(text);
        return AUDIENCES.map((audience, n) => `${userId},${audience},${enteredAt(user, n)}`);
      });
      writeFileSync(snapshot, ['user_id,segment,entered_at', ...rows].join('\n'));
      const engine = await openEngine({ dir, assetsDir: '', clock: () => Date.UTC(2026, 10, 24) });
      await engine.call('profile.import', { path: profiles });
      await engine.call('snapshot.import', { path: snapshot, at: '2026-11-23T00:00:00Z' });
      measure(engine.context.store, texts.length, name);
      await engine.close();
    } finally {
      rmSync(dir, { recursive: true, force: true });
    }
  }
}

function measure(store: Store, users: number, name: string): void {
  const settings = workflow.parse({
    name: 'W',
    subscriptionId: '7e2b8804bbe162cd3f9c0c5991bf3078',
    queueUrl: 'sandbox:q',
    audiences: AUDIENCES,
  });
  const ways: Record<string, (db: Db) => BuildPage> = {
    'parse + stringify': (db) => parsing(db, settings),
    builder: (db) => {
      const options = { profile: 'as-of', requireValid: false } as const;
      const build = createMessageBuilder(db, { workflow: settings, kind: 'replay', options, facts: FACTS });
      return (page) => build(page).map(({ body }) => body);
    },
    'reader alone': (db) => (page) => textsOf(db, page),
  };
  const [parsed = [], built = []] = Object.values(ways).map((way) => {
    const bodies: string[] = [];
    read(store, settings, way, (body) => bodies.push(body));
    return bodies;
  });
  if (built.length !== users || built.some((body, n) => body !== parsed[n]))
    throw new Error('The two ways do not build the same.');
  const seconds = new Map<string, number[]>(Object.keys(ways).map((name) => [name, []]));
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const [kind, way] of Object.entries(ways)) {
      const before = process.cpuUsage();
      let chars = 0;
      read(store, settings, way, (body) => {
        chars += body.length;
      });
      const { user, system } = process.cpuUsage(before);
      if (chars === 0) throw new Error('Nothing was built.');
      seconds.get(kind)?.push((user + system) / 1e6);
    }
  }
  const [baseline = 1, own = 1, reader = 0] = [...seconds.values()].map(median);
  console.log(
    `${users} messages of four changes from a store, ${name}, the same reader: builder ${own.toFixed(3)} s CPU, ` +
      `parse + stringify ${baseline.toFixed(3)} s: ${(own / baseline).toFixed(2)} x its CPU; the reader alone ${reader.toFixed(3)} s`,
  );
}

function read(
  store: Store,
  settings: Workflow,
  way: (db: Db) => BuildPage,
  take: (body: string) => void,
): void {
  const db = openReader(store);
  try {
    const build = way(db);
    const criteria = criteriaOf(db, settings, runSelection.parse({}), null);
    let page: PlannedMessage[] = [];
    for (const message of messagesOf(db, 'replay', criteria, instantOfMs(0))) {
      if (message !== undefined) page.push(message);
      if (page.length < PAGE) continue;
      for (const body of build(page)) take(body);
      page = [];
    }
    for (const body of build(page)) take(body);
  } finally {
    db.close();
  }
}

/** The profiles of a page, one after the other. */
function* textsOf(db: Db, page: readonly PlannedMessage[]): Generator<string, void, void> {
  const profileOf = readProfiles(
    db,
    page.map(({ userId }) => userId),
  );
  for (const { userId, at } of page) yield profileOf(userId, at)?.text ?? '{}';
}

function parsing(db: Db, { subscriptionId }: Workflow): BuildPage {
  const audiences = createAudienceNames(db);
  return (page) =>
    textsOf(db, page).map((text, n) => {
      const message = page[n] as PlannedMessage;
      const data = JSON.parse(text);
      const at = formatInstant(message.at);
      const exit = notLeftYet(at);
      const changes = 'changes' in message ? message.changes : [];
      data.segment_events = changes.map(({ audienceId, event, enter }) => {
        const { audienceHexId: id, slug } = audiences.name(audienceId);
        return { id, event, enter: enter === null ? at : formatInstant(enter), exit, slug };
      });
      return JSON.stringify({
        data,
        meta: { object: 'user', subscription_id: subscriptionId, timestamp: at },
      });
    });
}
