import fc from 'fast-check';
import { expect, it } from 'vitest';
import { MOST_USERS } from '../../../main/engine/profile/kernel/layout.ts';
import { openNewUsers } from '../../../main/engine/profile/new-users.ts';
import { openDatabase } from '../../../main/engine/store/store.ts';

const elements = (users: readonly string[]) =>
  Buffer.from(users.map((user) => JSON.stringify(user)).join(','));
/** The order of SQLite: that of the bytes. */
const byBytes = (a: string, b: string) => Buffer.compare(Buffer.from(a), Buffer.from(b));

it('users of new profiles wait each once and are entered in the order of their bytes, as a naive model has it', () => {
  const db = openDatabase(':memory:');
  db.exec(`CREATE TEMP TABLE entered (n INTEGER PRIMARY KEY, user_id TEXT, id INTEGER);
    CREATE TEMP TRIGGER note AFTER INSERT ON packed_profile
    BEGIN INSERT INTO entered (user_id, id) VALUES (NEW.user_id, NEW.id); END`);
  const met = { added: 0, refused: 0 };
  const part = fc.constantFrom('a', 'b', 'ab', 'é', '0', 'user-0000000', '😀', '\u{7f}', 'k'.repeat(40));
  const user = fc.array(part, { minLength: 1, maxLength: 4 }).map((parts) => parts.join(''));
  const steps = fc.array(fc.tuple(fc.array(user, { minLength: 1, maxLength: 6 }), fc.nat({ max: 3 })), {
    maxLength: 12,
  });
  fc.assert(
    fc.property(fc.uniqueArray(user, { maxLength: 3 }), steps, (stored, all) => {
      db.exec('DELETE FROM packed_profile; DELETE FROM profile_row; DELETE FROM entered');
      for (const [n, one] of stored.entries()) {
        const table =
          n % 2 === 0 ? 'packed_profile (user_id, id)' : 'profile_row (user_id, id, body, batch_id)';
        db.prepare(`INSERT INTO ${table} VALUES (?, ?${n % 2 === 0 ? '' : ", '{}', 1"})`).run(one, n + 1);
      }
      db.exec('DELETE FROM entered');
      const users = openNewUsers(db);
      const known = new Set(stored);
      let nextId = 10;
      let waiting: [string, number][] = [];
      const expected: [string, number][] = [];
      const enter = () => {
        for (const _ of users.enter());
        expected.push(...waiting.sort(([a], [b]) => byBytes(a, b)));
        waiting = [];
      };
      for (const [list, choice] of all) {
        const isNew = new Set(list).size === list.length && list.every((one) => !known.has(one));
        expect(users.add(elements(list), nextId)).toBe(isNew);
        met[isNew ? 'added' : 'refused'] += 1;
        if (isNew) {
          for (const [n, one] of list.entries()) {
            known.add(one);
            waiting.push([one, nextId + n]);
          }
          nextId += list.length;
        }
        if (choice === 0) enter();
      }
      enter();
      expect(db.prepare('SELECT user_id, id FROM entered ORDER BY n').raw().all()).toEqual(expected);
    }),
    { numRuns: 300 },
  );
  expect(Math.min(...Object.values(met)), JSON.stringify(met)).toBeGreaterThan(0);
  db.close();
});

it('no more users of new profiles wait than there is room for', () => {
  const db = openDatabase(':memory:');
  const users = openNewUsers(db);
  expect([MOST_USERS, MOST_USERS + 1].map(users.hasRoom)).toEqual([true, false]);
  users.add(elements(['a', 'b']), 1);
  expect([MOST_USERS - 2, MOST_USERS - 1].map(users.hasRoom)).toEqual([true, false]);
  for (const _ of users.enter());
  expect(users.hasRoom(MOST_USERS)).toBe(true);
  db.close();
});
