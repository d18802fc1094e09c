import type { Db } from '../store/store.ts';
import { type Pack, type ProfileById, unpackProfiles } from './body-pack.ts';

/*
 * All profiles, of which most stand in packs and the others are rows (migration 0021), by row id. By user the view `profile` has
 * them; it would look each up.
 */

/** How many profiles the store has. */
export function countProfiles(db: Db): number {
  return (
    db
      .prepare<[], number>(
        'SELECT (SELECT count(*) FROM profile_row) + (SELECT count(*) FROM packed_profile)',
      )
      .pluck()
      .get() ?? 0
  );
}

/** The highest row id that a profile has or, of a pack, had; 0 in an empty store. Ids are as good as dense. */
export function lastProfileId(db: Db): number {
  return (
    db
      .prepare<[], number>(
        `SELECT max(coalesce((SELECT max(id) FROM profile_row), 0),
           coalesce((SELECT last_id FROM profile_pack ORDER BY first_id DESC LIMIT 1), 0))`,
      )
      .pluck()
      .get() ?? 0
  );
}

/** A profile whose text does not stand in a pack; that of a packed one is known by its row id alone. */
type Loose = Omit<ProfileById, 'userId'> & { readonly userId: string | null };

/** Reads pages of up to `limit` profiles with row ids above `after`, in their order; a short page is the last. */
export function openProfilesById(db: Db): (after: number, limit: number) => ProfileById[] {
  const loose = db.prepare<[number, number, number], Loose>(
    `SELECT id, user_id AS userId, body AS text FROM profile_row WHERE id > ?
     UNION ALL SELECT id, NULL, body FROM changed_body WHERE id > ? ORDER BY id LIMIT ?`,
  );
  const packs = db.prepare<[number], Pack>(
    `SELECT first_id AS firstId, places, bodies FROM profile_pack
     WHERE first_id >= coalesce((SELECT max(first_id) FROM profile_pack WHERE first_id <= ?), 0) ORDER BY first_id`,
  );

  function* packed(from: number): Generator<ProfileById, void, void> {
    for (const pack of packs.iterate(from)) yield* unpackProfiles(pack, from);
  }

  return (after, limit) => {
    const page: ProfileById[] = [];
    const own = loose.all(after, after, limit);
    let next = 0;
    /** Adds the rows before an id. */
    const addRowsBefore = (id: number): void => {
      for (let row = own[next]; row !== undefined && row.id < id; row = own[next]) {
        if (row.userId !== null) page.push({ ...row, userId: row.userId });
        next += 1;
      }
    };
    for (const profile of packed(after + 1)) {
      addRowsBefore(profile.id);
      const row = own[next];
      // What a pack has of a profile that stands elsewhere too is of old; a row that was packed has its own key.
      if (row?.id !== profile.id) page.push(profile);
      else if (row.userId === null) page.push({ ...profile, text: row.text });
      if (page.length >= limit) return page.slice(0, limit);
    }
    addRowsBefore(Number.POSITIVE_INFINITY);
    return page.slice(0, limit);
  };
}
