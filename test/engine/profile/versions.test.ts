import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openHashPages } from '../../../main/engine/profile/hash-pages.ts';
import { readProfiles, textAsOf } from '../../../main/engine/profile/read.ts';
import { undoProfiles } from '../../../main/engine/profile/undo.ts';
import { createProfileWriter } from '../../../main/engine/profile/writer.ts';
import { openWorkspace } from '../import-workspace.ts';

const T = (day: number) => `2026-03-${String(day).padStart(2, '0')}T00:00:00Z`;

describe('versions', () => {
  it('show a profile as it was, and say from when to when', async () => {
    const { importText, profile, call } = openWorkspace();
    await importText('p.ndjson', '{"user_id":"u1","a":1,"segments":["vip"]}', { at: T(1) });
    await importText('q.ndjson', '{"user_id":"u1","a":2,"segments":["new"]}', { at: T(10) });
    const at = (asOf?: string) =>
      profile.show(asOf === undefined ? { userId: 'u1' } : { userId: 'u1', asOf }, call);
    expect(await at(T(9))).toMatchObject({
      text: '{"user_id":"u1","a":1,"segments":["vip"]}',
      validFrom: T(1),
      validTo: T(10),
      memberships: [{ audience: 'vip', enteredAt: T(1) }],
    });
    expect(await at('2026-03-10T01:00:00+01:00')).toMatchObject({ validFrom: T(10), validTo: null });
    expect(await at('2026-03-09T23:59:59.999999999Z')).toMatchObject({ validFrom: T(1) });
    expect(await at()).toMatchObject({ memberships: [{ audience: 'new', enteredAt: T(10) }] });
    expect(() => profile.show({ userId: 'u1', asOf: '2026-02-28T23:59:59Z' }, call)).toThrowError(
      expect.objectContaining({ code: 'PROFILE_NOT_FOUND' }),
    );
    expect(() => profile.show({ userId: 'nobody' }, call)).toThrowError(
      expect.objectContaining({ code: 'PROFILE_NOT_FOUND' }),
    );
  });

  it('agree with a naive model on any sequence of batches, also after undoing the last ones', () => {
    const write = fc.record({
      user: fc.integer({ min: 0, max: 2 }),
      field: fc.constantFrom('a', 'b'),
      value: fc.integer({ min: 0, max: 2 }),
      step: fc.integer({ min: 0, max: 2 }),
    });
    const batches = fc.array(
      fc.record({ writes: fc.array(write, { maxLength: 5 }), known: fc.boolean(), replace: fc.boolean() }),
      { minLength: 1, maxLength: 5 },
    );
    fc.assert(
      fc.property(batches, fc.integer({ min: 0, max: 5 }), (all, undone) => {
        const { db } = openWorkspace();
        type Entry = { from: number; batch: number; value: Record<string, unknown> };
        const users: Entry[][] = [[], [], []];
        const snapshots: Entry[][][] = [];
        let now = 0;
        const instant = (ms: number) => ({ ms, code: 0 });
        all.forEach(({ writes, known, replace }, index) => {
          snapshots.push(structuredClone(users));
          now += 1;
          const writer = createProfileWriter(db, {
            batch: index + 1,
            replace,
            keyField: '',
            hashes: openHashPages(db),
          });
          for (const { user, field, value, step } of writes) {
            if (known) now += step;
            const text = { user_id: `u${user}`, [field]: value };
            const at = instant(now);
            const profile = { userId: `u${user}`, text: JSON.stringify(text) };
            writer.put(profile, { at, createdFrom: known ? at : null });
            const entries = users[user] ?? [];
            const last = entries.at(-1);
            const next = last === undefined || replace ? text : { ...last.value, ...text };
            if (JSON.stringify(next) === JSON.stringify(last?.value)) continue;
            // What one batch writes at one instant is one version.
            const from = last === undefined && !known ? Number.NEGATIVE_INFINITY : now;
            const inPlace = last?.batch === index && (last.from === now || (!known && last.from < 0));
            if (inPlace && last !== undefined) last.value = next;
            else entries.push({ from, batch: index, value: next });
          }
        });
        let expected = users;
        for (let batch = all.length; batch > Math.max(0, all.length - undone); batch -= 1) {
          for (const _ of undoProfiles(db, batch));
          expected = snapshots[batch - 1] ?? [];
        }
        for (let ms = -1; ms <= now + 1; ms += 1) {
          const userIds = [0, 1, 2].map((user) => `u${user}`);
          const profileOf = readProfiles(db, userIds);
          const model = expected.map((entries) => {
            const found = entries.filter(({ from }) => from <= ms).at(-1);
            return found === undefined ? null : JSON.stringify(found.value);
          });
          // A replay takes the earliest text where a profile was not known yet; a look at that time finds nothing.
          const earliest = expected.map(([first]) =>
            first === undefined ? null : JSON.stringify(first.value),
          );
          expect(userIds.map((userId) => profileOf(userId, instant(ms)))).toEqual(
            model.map((text, user) => {
              const known = text ?? earliest[user];
              return known === null || known === undefined ? null : { text: known, isLater: text === null };
            }),
          );
          expect(userIds.map((userId) => textAsOf(db, userId, instant(ms))?.text ?? null)).toEqual(model);
        }
        db.close();
      }),
      { numRuns: 60 },
    );
  });
});
