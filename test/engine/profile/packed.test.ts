import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { beginBatch, undoBatch } from '../../../main/engine/batch/batch.ts';
import { countProfiles, lastProfileId, openProfilesById } from '../../../main/engine/profile/all.ts';
import {
  createPackWriter,
  fitsPack,
  type Pack,
  unpackProfiles,
} from '../../../main/engine/profile/body-pack.ts';
import { openHashPages } from '../../../main/engine/profile/hash-pages.ts';
import { pageOfProfiles } from '../../../main/engine/profile/list.ts';
import { currentText, readProfiles, textAsOf } from '../../../main/engine/profile/read.ts';
import { undoProfiles } from '../../../main/engine/profile/undo.ts';
import { createProfileWriter } from '../../../main/engine/profile/writer.ts';
import { MIGRATIONS } from '../../../main/engine/store/migrations/index.ts';
import { type Db, openDatabase } from '../../../main/engine/store/store.ts';
import { dump, openWorkspace } from '../import-workspace.ts';

const DAY = (day: number) => `2026-02-${String(day).padStart(2, '0')}T00:00:00Z`;
const AT = (day: number) => ({ ms: Date.parse(DAY(day)), code: 0 });

/** How many profiles stand in packs, how many of these have changed since, and how many are rows. */
function places(db: Db): { packed: number; changed: number; rows: number } {
  const count = (table: string) => Number(db.prepare(`SELECT count(*) FROM ${table}`).pluck().get());
  return { packed: count('packed_profile'), changed: count('changed_body'), rows: count('profile_row') };
}

describe('a pack', () => {
  it('gives its profiles back, whatever their texts, from any of them on', () => {
    const body = fc.string({ unit: 'grapheme', maxLength: 900 }).map((text) => JSON.stringify({ text }));
    const profiles = fc.array(
      fc.record({
        userId: fc.string({ unit: 'grapheme', minLength: 1, maxLength: 30 }),
        text: body,
        kept: fc.boolean(),
      }),
      { minLength: 1, maxLength: 40 },
    );
    fc.assert(
      fc.property(profiles, fc.nat({ max: 45 }), (all, from) => {
        const packs: Pack[] = [];
        const writer = createPackWriter(({ bodies, ...pack }) =>
          packs.push({ ...pack, bodies: Buffer.from(bodies) }),
        );
        for (const [n, { userId, text, kept }] of all.entries()) {
          const bytes = Buffer.from(`  ${text} `);
          writer.add(
            7 + n,
            kept ? { userId, text, bytes, start: 2, end: bytes.length - 1 } : { userId, text },
          );
        }
        writer.finish();
        const found = packs.flatMap((pack) => [...unpackProfiles(pack, from)]);
        const expected = all.map(({ userId, text }, n) => ({ id: 7 + n, userId, text }));
        expect(found).toEqual(expected.filter(({ id }) => id >= from));
      }),
    );
  });

  it('takes what fits into a page, to the byte', () => {
    const profile = (length: number) => ({ userId: 'é', text: 'x'.repeat(length) });
    expect(fitsPack(profile(7990))).toBe(true);
    expect(fitsPack(profile(7991))).toBe(false);
    const packs: Pack[] = [];
    const writer = createPackWriter((pack) => packs.push(pack));
    writer.add(1, profile(7990));
    writer.add(2, profile(7990));
    writer.finish();
    expect(packs.map(({ firstId, bodies }) => [firstId, bodies.length])).toEqual([
      [1, 7992],
      [2, 7992],
    ]);
  });
});

describe('profiles in packs', () => {
  /** One import: the users of its lines, each with a value, and whether it replaces. */
  const imports = fc.array(
    fc.record({
      lines: fc.array(fc.tuple(fc.nat({ max: 70 }), fc.nat({ max: 3 })), { minLength: 1, maxLength: 120 }),
      first: fc.nat({ max: 60 }),
      replace: fc.boolean(),
      undo: fc.boolean(),
      // With it a file comes in parts, of which some are packed as they are read.
      pad: fc.constantFrom(0, 6000),
      isAlone: fc.boolean(),
    }),
    { minLength: 1, maxLength: 5 },
  );

  it('are what a naive model has after any imports, by user, by row id and as of any time', async () => {
    const met = { packed: 0, changed: 0, rows: 0, versionsInPacks: 0 };
    await fc.assert(
      fc.asyncProperty(imports, fc.integer({ min: 1, max: 9 }), async (all, pageSize) => {
        const workspace = await openWorkspace();
        const { db } = workspace;
        /** The texts of each user by the day since which they are so. */
        let model = new Map<string, Map<number, string>>();
        for (const [n, { lines, first, replace, undo, pad, isAlone }] of all.entries()) {
          const day = n + 1;
          const before = model;
          model = new Map([...model].map(([userId, texts]) => [userId, new Map(texts)]));
          // Runs of users, as in a file that is imported first, and single lines behind.
          const users = [...Array.from({ length: first }, (_, user) => [user, day] as const), ...lines];
          const file = users.map(([user, value]) =>
            JSON.stringify({ user_id: `u${user}`, [`f${value}`]: value, pad: 'x'.repeat(pad) }),
          );
          for (const line of file) {
            const { user_id: userId } = JSON.parse(line) as { user_id: string };
            const texts = model.get(userId) ?? new Map<number, string>();
            model.set(userId, texts);
            const present = [...texts.values()].at(-1) ?? '{}';
            const merged = replace ? line : JSON.stringify({ ...JSON.parse(present), ...JSON.parse(line) });
            if (merged !== present) texts.set(day, merged);
          }
          const kept = dump(db).profile;
          const { batch } = await workspace[isAlone ? 'importAlone' : 'importText'](
            `${n}.ndjson`,
            file.join('\n'),
            {
              replace,
              at: DAY(day),
            },
          );
          if (undo) {
            await undoBatch(db, batch ?? 0);
            expect(dump(db).profile).toEqual(kept);
            model = before;
          }
          const { packed, changed, rows } = places(db);
          met.packed += packed;
          met.changed += changed;
          met.rows += rows;
          met.versionsInPacks += Number(
            db.prepare(`SELECT count(*) FROM profile_version WHERE body = ''`).pluck().get(),
          );
        }

        const userIds = [...model.keys()].sort();
        expect(countProfiles(db)).toBe(userIds.length);
        const page = pageOfProfiles(db, { prefix: '', after: null, limit: 100 });
        expect(page.rows.map(({ userId }) => userId)).toEqual(userIds);
        const next = openProfilesById(db);
        const byId: { id: number; userId: string; text: string }[] = [];
        for (let rows = next(0, pageSize); rows.length > 0; rows = next(rows.at(-1)?.id ?? 0, pageSize))
          byId.push(...rows);
        expect(byId.map(({ id }) => id)).toEqual(
          [...new Set(byId.map(({ id }) => id))].sort((a, b) => a - b),
        );
        expect(byId.at(-1)?.id ?? 0).toBeLessThanOrEqual(lastProfileId(db));
        for (const userId of userIds) {
          const texts = [...(model.get(userId) ?? [])];
          const now = texts.at(-1)?.[1];
          expect(currentText(db, userId)?.text).toBe(now);
          expect(byId.find((one) => one.userId === userId)?.text).toBe(now);
          for (const [day, text] of texts) {
            expect(textAsOf(db, userId, AT(day))?.text).toBe(text);
            expect(readProfiles(db, [userId])(userId, AT(day))?.text).toBe(text);
          }
        }
        expect(byId.length).toBe(userIds.length);
      }),
      { numRuns: 40 },
    );
    expect(Math.min(...Object.values(met)), JSON.stringify(met)).toBeGreaterThan(0);
  });

  it('stay in packs when they change, and large ones never stand there', async () => {
    const workspace = await openWorkspace();
    const { db } = workspace;
    const line = (user: number, day: number, pad = 0) =>
      `${JSON.stringify({ user_id: `u${user}`, day, pad: 'x'.repeat(pad) })}\n`;
    const users = Array.from({ length: 100 }, (_, user) => user);
    const first = users.map((user) => line(user, 1, user === 50 ? 9000 : 0)).join('');
    await workspace.importText('a.ndjson', first, { at: DAY(1) });
    expect(places(db)).toEqual({ packed: 99, changed: 0, rows: 1 });
    const some = (day: number) => [3, 50, 97].map((user) => line(user, day)).join('');
    await workspace.importText('b.ndjson', some(2), { at: DAY(2) });
    expect(places(db)).toEqual({ packed: 99, changed: 2, rows: 1 });
    // The first text of a packed profile is kept once, in its pack.
    const bodies = db.prepare('SELECT profile_id, length(body) FROM profile_version ORDER BY 1').raw();
    expect(bodies.all()).toEqual([
      [4, 0],
      [64, line(50, 1, 9000).length - 1],
      [98, 0],
    ]);
    const kept = dump(db);
    const { batch } = await workspace.importText('c.ndjson', some(3), { at: DAY(3) });
    expect(textAsOf(db, 'u3', AT(1))?.text).toBe(line(3, 1).trim());
    expect(textAsOf(db, 'u3', AT(2))?.text).toBe(line(3, 2).trim());
    await undoBatch(db, batch ?? 0);
    expect(dump(db)).toEqual(kept);
  });

  it('are entered by user in the order of the index, also those of another file', async () => {
    const { db, importAlone } = openWorkspace();
    db.exec(`CREATE TEMP TABLE entered (n INTEGER PRIMARY KEY, user_id TEXT);
      CREATE TEMP TRIGGER note AFTER INSERT ON packed_profile BEGIN INSERT INTO entered (user_id) VALUES (NEW.user_id); END`);
    const entered = db.prepare('SELECT user_id FROM entered ORDER BY n').pluck();
    const texts = (users: readonly number[]) =>
      users.map((user) => JSON.stringify({ user_id: `u${user}`, pad: 'x'.repeat(250) }));
    // Every number below 2,000, in no order.
    const users = Array.from({ length: 2000 }, (_, n) => (n * 1237) % 2000);
    for (const part of [users.slice(0, 1200), users.slice(1200)]) {
      db.exec('DELETE FROM entered');
      const lines = texts(part);
      const { profiles } = await importAlone('new.ndjson', `${lines.join('\n')}\n`);
      expect(profiles).toMatchObject({ read: part.length, created: part.length });
      const keys = part.map((user) => `u${user}`);
      expect(entered.all()).toEqual([...keys].sort());
      expect(keys.map((key) => currentText(db, key)?.text)).toEqual(lines);
    }
    db.exec('DELETE FROM entered');
    // A user whom the store has, among new ones.
    const { profiles } = await importAlone(
      'some.ndjson',
      `${texts([...users.slice(0, 1), ...users.map((user) => 5000 + user)]).join('\n')}\n`,
    );
    expect(profiles).toMatchObject({ created: 2000, unchanged: 1, duplicates: 0 });
  });

  it('are found by user whatever their keys are, created together by command', async () => {
    const { db, importAlone } = openWorkspace();
    // In so large a file they are few, one of a kind in a group.
    const unusual = ['"', '\\', 'é', '\u{7f}'];
    const keys = Array.from(
      { length: 2000 },
      (_, n) => `${n % 300 === 299 ? unusual[Math.floor(n / 300) % 4] : 'u'}${n}`,
    );
    const lines = keys.map((user_id) => JSON.stringify({ user_id, segments: [] }));
    const { profiles } = await importAlone('keys.ndjson', lines.join('\n'));
    expect(profiles).toMatchObject({ created: 2000 });
    expect(keys.map((key) => currentText(db, key)?.text)).toEqual(lines);
    const again = await importAlone('again.ndjson', lines.join('\n'));
    expect(again.profiles).toMatchObject({ created: 0, unchanged: 2000 });
  });

  it('go with their hashes when they are taken back before their users were entered', () => {
    const db = openDatabase(':memory:');
    const batch = beginBatch(db, { kind: 'profiles', source: 'test', startedMs: 0 });
    const hashes = openHashPages(db);
    const newUsers = { add: () => true };
    const writer = createProfileWriter(db, { batch, replace: false, keyField: 'user_id', hashes, newUsers });
    const profiles = Array.from({ length: 20 }, (_, n) => {
      const userId = `u${n}`;
      return { userId, text: JSON.stringify({ user_id: userId }), hash: { a: 2, b: n } };
    });
    expect(writer.createAll(profiles, { at: AT(1), createdFrom: null })).toBe(1);
    hashes.write();
    expect(openHashPages(db).get(20)).toEqual({ a: 2, b: 19 });
    for (const _ of undoProfiles(db, batch));
    expect(openHashPages(db).get(20)).toBeUndefined();
    expect(lastProfileId(db)).toBe(0);
    db.close();
  });

  it('are found by their keys without going through others', () => {
    const db = openDatabase(':memory:');
    const plan = (sql: string, ...values: unknown[]) =>
      db
        .prepare<unknown[], { detail: string }>(`EXPLAIN QUERY PLAN ${sql}`)
        .all(...values)
        .map(({ detail }) => detail);
    const lookUps = [
      plan('SELECT body FROM profile WHERE user_id = ?', 'u1'),
      plan('SELECT body FROM profile WHERE user_id IN (SELECT value FROM json_each(?))', '["u1"]'),
      plan(
        'SELECT user_id, substr(body, 1, 9) FROM profile WHERE user_id > ? ORDER BY user_id LIMIT 9',
        'u1',
      ),
    ];
    for (const steps of lookUps) {
      expect(steps).toContainEqual(expect.stringMatching(/^SEARCH one USING PRIMARY KEY \(user_id/));
      expect(steps).toContainEqual(expect.stringMatching(/^SEARCH profile_row USING INDEX \S+ \(user_id/));
      expect(steps.filter((step) => /SCAN (?!json_each)|TEMP B-TREE/.test(step))).toEqual([]);
    }
    db.close();
  });

  it('leaves the profiles of an older store where they are', () => {
    const db = openDatabase(':memory:', olderThan('0021-profile-packs'));
    db.prepare(`INSERT INTO profile (user_id, body, batch_id) VALUES ('u1', '{"user_id":"u1"}', 1)`).run();
    migrateFrom(db, '0021-profile-packs');
    expect(places(db)).toEqual({ packed: 0, changed: 0, rows: 1 });
    expect(currentText(db, 'u1')?.text).toBe('{"user_id":"u1"}');
    expect(openProfilesById(db)(0, 5)).toEqual([{ id: 1, userId: 'u1', text: '{"user_id":"u1"}' }]);
    db.close();
  });

  it('are what they were in a store in which a changed one had left its pack', () => {
    const db = openDatabase(':memory:', olderThan('0023-changed-bodies'));
    const text = (user: number, day: number) => JSON.stringify({ user_id: `u${user}`, day });
    const writer = createPackWriter(({ firstId, lastId, places, bodies }) =>
      db
        .prepare('INSERT INTO profile_pack VALUES (?, ?, NULL, NULL, 1, ?, ?)')
        .run(firstId, lastId, places, bodies),
    );
    for (const user of [1, 2, 3]) writer.add(user, { userId: `u${user}`, text: text(user, 1) });
    writer.finish();
    db.exec(`INSERT INTO packed_profile VALUES ('u1', 1), ('u3', 3)`);
    db.prepare(
      `INSERT INTO profile_row (id, user_id, body, from_ms, from_code, batch_id) VALUES (2, 'u2', ?, ?, 0, 2)`,
    ).run(text(2, 2), AT(2).ms);
    db.prepare(
      `INSERT INTO profile_version (profile_id, to_ms, to_code, body, batch_id, replaced_by) VALUES (2, ?, 0, ?, 1, 2)`,
    ).run(AT(2).ms, text(2, 1));
    migrateFrom(db, '0023-changed-bodies');
    expect(places(db)).toEqual({ packed: 2, changed: 0, rows: 1 });
    const byId = openProfilesById(db)(0, 5);
    expect(byId.map(({ text }) => text)).toEqual([text(1, 1), text(2, 2), text(3, 1)]);
    expect(currentText(db, 'u2')?.text).toBe(text(2, 2));
    expect(textAsOf(db, 'u2', AT(1))?.text).toBe(text(2, 1));
    db.close();
  });
});

const olderThan = (name: string) => MIGRATIONS.slice(0, placeOf(name));
const placeOf = (name: string) => MIGRATIONS.findIndex((migration) => migration.name === name);

function migrateFrom(db: Db, name: string): void {
  for (const { sql } of MIGRATIONS.slice(placeOf(name))) db.exec(sql);
}
