import { compareInstants, type Instant, instantOrNull } from '../core/instant.ts';
import { viewOf } from '../membership/segment.ts';
import { mergeObjectText } from '../message/json-text.ts';
import type { Db } from '../store/store.ts';
import { lastProfileId } from './all.ts';
import { type BodyHash, bodyHasher, withAudiences } from './body-hash.ts';
import { AS_IN_PACK, type Body, createPackWriter, fitsPack, type Pack } from './body-pack.ts';
import type { HashPages } from './hash-pages.ts';
import type { NewUsers } from './new-users.ts';
import { countOf, type PackedProfiles } from './packed-profiles.ts';

/** What became of one profile: its row id, what was stored before and what is stored now. */
export interface Put {
  readonly outcome: 'created' | 'updated' | 'unchanged';
  readonly id: number;
  /** The text before; null for a created profile. */
  readonly before: string | null;
  readonly after: Body;
}

/** One profile to write: the text of a JSON object, checked. */
export type NewProfile = Body & {
  readonly userId: string;
  /** Of the text, where it is known. */
  readonly hash?: BodyHash | undefined;
};

/** From when what is written is so. */
export interface Validity {
  readonly at: Instant;
  /**
   * From when a profile that is not there yet is valid; null = since ever, nothing older being known. Null only in a batch
   * whose profiles are all at one instant.
   */
  readonly createdFrom: Instant | null;
}

export interface ProfileWriter {
  /**
   * Creates these profiles if every one of them is new, together and in packs. Where their users wait, nothing finds them by user until
   * they are entered.
   *
   * @returns the row id of the first, behind which the others have theirs in their order; undefined, and nothing was written,
   * where one is not new, stands among them twice or is too large, or where they are few
   */
  createAll(profiles: readonly NewProfile[], validity: Validity): number | undefined;
  /**
   * Creates packed profiles, of all of these, as `createAll` does.
   *
   * @returns as {@link ProfileWriter.createAll}
   */
  createPacked(all: readonly PackedProfiles[], validity: Validity): number | undefined;
  /**
   * Prepares the `put` of each of these profiles, which follows in the same transaction, when no users wait: reads what is stored
   * of them in one statement and, where they have one validity, creates the others together.
   *
   * @returns whether most of them were new
   */
  prepare(profiles: readonly NewProfile[], validity: Validity | undefined): boolean;
  /**
   * Writes one profile in the caller's transaction.
   *
   * @returns undefined, and nothing was written, where it is older than what the store has
   */
  put(profile: NewProfile, validity: Validity): Put | undefined;
  /** Ends a transaction in which something was put. */
  settle(): void;
  /** What is left to be written when everything was put. */
  finish(): Generator<void, void, void>;
}

/** A profile as it is stored, as an array: many are read. */
type StoredProfile = [
  userId: string,
  id: number,
  body: string,
  fromMs: number | null,
  fromCode: number | null,
  batch: number,
  place: number,
];

/** Where the present text of a profile is: the column `packed` of the view `profile`. */
const IN_ROW = 0;
const IN_PACK = 1;

const COMMA = Buffer.from(',');

/** Fewer new profiles are written as rows: a pack of them would fill a small part of its page. */
const FEWEST_IN_PACKS = 16;

/**
 * Writes profiles of one batch: merges fields into what is there (or replaces it) as text, keeps the version that was
 * replaced with its validity, and leaves alone what does not change. Everything can be taken back by {@link undoProfiles}.
 *
 * The same profile twice at one instant in one batch changes the text in place: its version before the batch is kept once.
 */
export function createProfileWriter(
  db: Db,
  {
    batch,
    replace,
    keyField,
    hashes,
    newUsers,
  }: {
    batch: number;
    replace: boolean;
    keyField: string;
    hashes: HashPages;
    /** Where the users of profiles that are created together wait; without it they are entered at once. */
    newUsers?: Pick<NewUsers, 'add'> | undefined;
  },
): ProfileWriter {
  const hashBytes = bodyHasher(keyField);
  const hashOf = (text: string): BodyHash => {
    const bytes = Buffer.from(text);
    return withAudiences(hashBytes(viewOf(bytes), 0, bytes.length), text);
  };
  const columns = 'user_id, id, body, from_ms, from_code, batch_id, packed';
  const find = db.prepare<[string], StoredProfile>(`SELECT ${columns} FROM profile WHERE user_id = ?`).raw();
  const findMany = db
    .prepare<[string], StoredProfile>(
      `SELECT ${columns} FROM profile WHERE user_id IN (SELECT value FROM json_each(?))`,
    )
    .raw();
  const insert = db.prepare(
    'INSERT INTO profile_row (id, user_id, body, from_ms, from_code, batch_id) VALUES (?, ?, ?, ?, ?, ?)',
  );
  // In the order of the index, each page of which is then written once.
  const insertPacked = db.prepare<[number, string]>(
    `INSERT OR IGNORE INTO packed_profile SELECT value, ? + key FROM json_each(?)
     WHERE NOT EXISTS (SELECT 1 FROM profile_row WHERE user_id = value) ORDER BY value`,
  );
  const removePacked = db.prepare<[number, string]>(
    'DELETE FROM packed_profile WHERE id >= ? AND user_id IN (SELECT value FROM json_each(?))',
  );
  const insertPack = db.prepare('INSERT INTO profile_pack VALUES (?, ?, ?, ?, ?, ?, ?)');
  const update = db.prepare(
    'UPDATE profile_row SET body = ?, from_ms = ?, from_code = ?, batch_id = ? WHERE id = ?',
  );
  const putBeside = db.prepare('INSERT OR REPLACE INTO changed_body VALUES (?, ?, ?, ?, ?)');
  const keep = db.prepare(
    `INSERT INTO profile_version (profile_id, to_ms, to_code, from_ms, from_code, body, batch_id, replaced_by, hash_a, hash_b)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  const noteFirst = db.prepare(
    'INSERT INTO profile_batch VALUES (?, ?) ON CONFLICT DO UPDATE SET first_id = min(first_id, excluded.first_id)',
  );
  let nextId = lastProfileId(db) + 1;
  let isFirstNoted = false;
  const loaded = new Map<string, StoredProfile>();
  /** Row ids of the profiles that were created before their `put`. */
  const created = new Map<NewProfile, number>();

  /** Takes as many row ids as there are new profiles. */
  function takeIds(count: number): number {
    const first = nextId;
    nextId += count;
    if (!isFirstNoted) noteFirst.run(batch, first);
    isFirstNoted = true;
    return first;
  }

  function create(profile: NewProfile, { createdFrom }: Validity): Put {
    const id = takeIds(1);
    const { userId, text, hash } = profile;
    insert.run(id, userId, text, createdFrom?.ms ?? null, createdFrom?.code ?? null, batch);
    hashes.set(id, hash);
    return { outcome: 'created', id, before: null, after: profile };
  }

  /** Enters packed profiles into the index by user, a JSON array; unless every one of them is new, that is undone. */
  function enterAll(userIds: string, count: number): boolean {
    const areNew = insertPacked.run(nextId, userIds).changes === count;
    if (!areNew) removePacked.run(nextId, userIds);
    return areNew;
  }

  /** Gives packs that are full to the store. */
  function packPutter({ createdFrom }: Validity): (pack: Pack & { readonly lastId: number }) => void {
    const [ms, code] = [createdFrom?.ms ?? null, createdFrom?.code ?? null];
    return ({ firstId, lastId, places, bodies }) =>
      insertPack.run(firstId, lastId, ms, code, batch, places, bodies);
  }

  /**
   * Has the users of packed profiles wait where they can, or enters them, unless one of them is not new; nothing of them is left then.
   *
   * @param keys the elements of a JSON array
   */
  function takeUsers(keys: Buffer, count: number): boolean {
    return newUsers === undefined ? enterAll(`[${keys.toString()}]`, count) : newUsers.add(keys, nextId);
  }

  function createInPacks(
    profiles: readonly NewProfile[],
    validity: Validity,
    take: (userIds: string, count: number) => boolean,
  ): number | undefined {
    if (profiles.length < FEWEST_IN_PACKS || !profiles.every(fitsPack)) return undefined;
    const userIds = JSON.stringify(profiles.map(({ userId }) => userId));
    if (!take(userIds, profiles.length)) return undefined;
    const packs = createPackWriter(packPutter(validity));
    const first = takeIds(profiles.length);
    for (const [n, profile] of profiles.entries()) {
      packs.add(first + n, profile);
      hashes.set(first + n, profile.hash);
    }
    packs.finish();
    return first;
  }

  function createPacked(all: readonly PackedProfiles[], validity: Validity): number | undefined {
    const count = countOf(all);
    const keys = Buffer.concat(all.flatMap(({ keys }, n) => (n === 0 ? [keys] : [COMMA, keys])));
    if (!takeUsers(keys, count)) return undefined;
    const putPack = packPutter(validity);
    const first = takeIds(count);
    let firstId = first;
    for (const packed of all) {
      hashes.setAll(firstId, packed.hashes);
      for (const pack of packed.packs()) {
        putPack({ ...pack, firstId, lastId: firstId + pack.count - 1 });
        firstId += pack.count;
      }
    }
    return first;
  }

  /** Puts a text in the place of the one that a stored profile has. */
  function replaceBody(
    { id, place }: { id: number; place: number },
    { body, fromMs, fromCode }: { body: string; fromMs: number | null; fromCode: number | null },
  ): void {
    if (place === IN_ROW) update.run(body, fromMs, fromCode, batch, id);
    else putBeside.run(id, body, fromMs, fromCode, batch);
  }

  return {
    createAll: (profiles, validity) =>
      createInPacks(
        profiles,
        validity,
        // Those that wait have no escapes.
        (userIds, count) => !userIds.includes('\\') && takeUsers(Buffer.from(userIds.slice(1, -1)), count),
      ),
    createPacked,
    prepare(profiles, validity) {
      loaded.clear();
      created.clear();
      const userIds = JSON.stringify(profiles.map(({ userId }) => userId));
      for (const found of findMany.all(userIds)) loaded.set(found[0], found);
      const unknown = new Map<string, NewProfile>();
      for (const profile of profiles) {
        const { userId } = profile;
        if (!loaded.has(userId) && !unknown.has(userId)) unknown.set(userId, profile);
      }
      const fitting = [...unknown.values()].filter(fitsPack);
      const first = validity === undefined ? undefined : createInPacks(fitting, validity, enterAll);
      if (first !== undefined) for (const [n, profile] of fitting.entries()) created.set(profile, first + n);
      return unknown.size * 2 > profiles.length;
    },
    put(profile, validity) {
      const { userId, text } = profile;
      const { at } = validity;
      const createdId = created.get(profile);
      if (createdId !== undefined) return { outcome: 'created', id: createdId, before: null, after: profile };
      const present = loaded.get(userId) ?? find.get(userId);
      if (present === undefined) return create(profile, validity);
      // A second line of the same user finds what this one writes.
      loaded.delete(userId);
      const [, id, before, fromMs, fromCode, writtenBy, place] = present;
      const from = instantOrNull(fromMs, fromCode);
      if (from !== null && compareInstants(at, from) < 0) return undefined;
      if (before === text) return { outcome: 'unchanged', id, before, after: profile };
      const after = replace ? text : mergeObjectText(before, text);
      if (after === before) return { outcome: 'unchanged', id, before, after: { text: after } };
      const inPlace =
        writtenBy === batch &&
        (from === null ? validity.createdFrom === null : compareInstants(at, from) === 0);
      const hash = profile.hash === undefined || after === text ? profile.hash : hashOf(after);
      if (inPlace) replaceBody({ id, place }, { body: after, fromMs, fromCode });
      else {
        const { a, b } = hashes.get(id) ?? { a: null, b: null };
        const kept = place === IN_PACK ? AS_IN_PACK : before;
        keep.run(id, at.ms, at.code, fromMs, fromCode, kept, writtenBy, batch, a, b);
        replaceBody({ id, place }, { body: after, fromMs: at.ms, fromCode: at.code });
      }
      hashes.set(id, hash);
      return { outcome: 'updated', id, before, after: { text: after } };
    },
    settle: hashes.settle,
    finish: hashes.steps,
  };
}
