import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { undoBatch } from '../../../main/engine/batch/batch.ts';
import { requireInstant } from '../../../main/engine/core/instant.ts';
import { createProfileHandlers } from '../../../main/engine/profile/handlers.ts';
import { openHashPages } from '../../../main/engine/profile/hash-pages.ts';
import { importSnapshot } from '../../../main/engine/snapshot/import.ts';
import { MIGRATIONS } from '../../../main/engine/store/migrations/index.ts';
import { openDatabase } from '../../../main/engine/store/store.ts';
import { dump, openWorkspace } from '../import-workspace.ts';

/** A blank line, which counts for the size of a file and for nothing else: the hashes are read for a file that is large enough. */
const FILL = `${' '.repeat(2_000_000)}\n`;
const time = (day: number) => `2026-01-${String(day).padStart(2, '0')}T00:00:00Z`;

function workspace() {
  const opened = openWorkspace();
  const profile = createProfileHandlers(opened.context, false);
  return {
    ...opened,
    /** Imports lines; with `lead` each begins with a space, so that it is read and compared as a text. */
    load: (lines: readonly string[], { lead = '', day = 1, replace = false, fill = FILL } = {}) => {
      const path = opened.file('p.ndjson', fill + lines.map((line) => `${lead}${line}\n`).join(''));
      return profile.import({ path, replace, strict: false, at: time(day) }, opened.call);
    },
  };
}

describe('an import of profiles that the store has', () => {
  it('does what comparing every text does, whatever came before', async () => {
    const line = fc
      .record(
        {
          user_id: fc.constantFrom('u1', 'u2', 'u3', 'ü'),
          a: fc.integer({ min: 0, max: 1 }),
          segments: fc.subarray(['vip', 'new']),
        },
        { requiredKeys: ['user_id'] },
      )
      .map((profile) => JSON.stringify(profile));
    const step = fc.record({
      lines: fc.array(line, { maxLength: 6 }),
      replace: fc.boolean(),
      later: fc.integer({ min: 0, max: 2 }),
      after: fc.constantFrom('nothing', 'nothing', 'undo', 'snapshot'),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 2, maxLength: 5 }), async (steps) => {
        const [known, compared] = [workspace(), workspace()];
        let day = 1;
        for (const { lines, replace, later, after } of steps) {
          day += later;
          const results = [];
          for (const [{ load, db, file }, lead] of [
            [known, ''],
            [compared, ' '],
          ] as const) {
            const { batch, profiles, changes, rejected } = await load(lines, { lead, day, replace });
            results.push({ batch, profiles, changes, rejected });
            if (after === 'undo') await undoBatch(db, batch ?? 0);
            if (after === 'snapshot') {
              const spec = {
                path: file('s.csv', 'user_id,segment\nu1,vip\n'),
                at: requireInstant(time(day), 'at'),
              };
              await importSnapshot(
                db,
                {
                  ...spec,
                  format: undefined,
                  key: 'user_id',
                  partial: false,
                  dryRun: false,
                  strict: false,
                  out: undefined,
                },
                { nowMs: () => 0, cancelled: () => false, progress: () => undefined, alone: true },
              ).catch(() => undefined);
            }
          }
          expect(results[0]).toEqual(results[1]);
          expect(withoutHashes(known.db)).toEqual(withoutHashes(compared.db));
        }
        known.db.close();
        compared.db.close();
      }),
      { numRuns: 40 },
    );
  });

  it('does not read their texts', async () => {
    const { load, db } = workspace();
    const lines = ['{"user_id":"u1","a":1}', '{"user_id":"u2","segments":["vip"]}'];
    await load(lines);
    db.exec(`UPDATE profile_row SET body = '{"not":"read"}'`);
    expect(await load(lines, { day: 2 })).toMatchObject({ profiles: { read: 2, unchanged: 2, updated: 0 } });
    // A small file is not worth reading the hashes of the store: its users are looked up.
    expect(await load(lines, { day: 3, fill: '' })).toMatchObject({ profiles: { unchanged: 0, updated: 2 } });
  });

  it('finds them behind one another, or in a table where the file has another order', async () => {
    const line = (user: number) => JSON.stringify({ user_id: `u${user}`, a: 1 });
    const all = Array.from({ length: 5000 }, (_, user) => user);
    const { load, db } = workspace();
    await load(all.map(line));
    // Who is looked up and compared has changed.
    db.exec(`UPDATE profile_pack SET bodies = CAST(replace(CAST(bodies AS TEXT), '"a":1', '"a":2') AS BLOB)`);
    const lookedUp = async (users: readonly number[]) => {
      const { batch, profiles } = await load(users.map(line), { day: 2 });
      await undoBatch(db, batch ?? 0);
      expect(profiles).toMatchObject({ read: users.length, created: 0, duplicates: 0 });
      return profiles.updated;
    };
    const without = (from: number, count: number) =>
      all.filter((user) => user < from || user >= from + count);
    expect(await lookedUp(all)).toBe(0);
    expect(await lookedUp(without(1015, 10))).toBe(0);
    expect(await lookedUp(without(700, 900))).toBeLessThan(10);
    const backwards = [...all].reverse();
    expect(await lookedUp(backwards)).toBeLessThan(64);
    expect(await lookedUp([...all.slice(2500), ...all.slice(0, 2500)])).toBeLessThan(64);
  });

  it('merges a user’s old text again where an earlier line of the file has changed it', async () => {
    const { load, profile, call } = workspace();
    await load(['{"user_id":"u1","a":1}']);
    const result = await load(['{"user_id":"u1","a":2}', '{"user_id":"u1","a":1}'], { day: 2 });
    expect(result.profiles).toMatchObject({ read: 2, updated: 1, duplicates: 1 });
    expect(await profile.show({ userId: 'u1' }, call)).toMatchObject({ text: '{"user_id":"u1","a":1}' });
  });
});

function withoutHashes(db: Parameters<typeof dump>[0]) {
  const unhashed = (rows: unknown[] = []) =>
    rows.map((row) => ({ ...(row as object), hash_a: null, hash_b: null }));
  const { profile, profile_version, ...rest } = dump(db);
  return { ...rest, profile: unhashed(profile), profile_version: unhashed(profile_version) };
}

it('migration 0010 leaves the hashes of the profiles that are there unknown', () => {
  const before = MIGRATIONS.findIndex(({ name }) => name === '0010-body-hash');
  const file = join(mkdtempSync(join(tmpdir(), 'segue-hash-')), 'segue.db');
  const old = openDatabase(file, MIGRATIONS.slice(0, before));
  old.prepare(`INSERT INTO profile (user_id, body, batch_id) VALUES ('u1', '{}', 1)`).run();
  old.close();
  const db = openDatabase(file, MIGRATIONS.slice(0, before + 1));
  expect(db.prepare('SELECT user_id, body, hash_a, hash_b FROM profile').all()).toEqual([
    { user_id: 'u1', body: '{}', hash_a: null, hash_b: null },
  ]);
  db.close();
});

it('migration 0016 has the hashes of the profiles that are there, and no others', () => {
  const before = MIGRATIONS.findIndex(({ name }) => name === '0016-profile-hash-pages');
  const file = join(mkdtempSync(join(tmpdir(), 'segue-hash-')), 'segue.db');
  const old = openDatabase(file, MIGRATIONS.slice(0, before));
  const insert = old.prepare(
    'INSERT INTO profile (id, user_id, body, batch_id, hash_a, hash_b) VALUES (?, ?, ?, 1, ?, ?)',
  );
  const rows = [
    [1, -2, 7],
    [2, null, null],
    [1023, 0x7fffffff, -0x80000000],
    [1024, 5, 0],
    [5000, -1, -1],
  ] as const;
  for (const [id, a, b] of rows) insert.run(id, `u${id}`, '{}', a, b);
  old.close();
  const db = openDatabase(file, MIGRATIONS.slice(0, before + 1));
  const pages = openHashPages(db);
  const found = Array.from({ length: 6000 }, (_, id) => [id, pages.get(id)?.a, pages.get(id)?.b]);
  expect(found.filter(([, a]) => a !== undefined)).toEqual(rows.filter(([, a]) => a !== null));
  db.close();
});
