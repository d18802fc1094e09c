import { compareInstants, type Instant } from '../core/instant.ts';
import { mergeObjectText } from '../message/json-text.ts';
import type { Db } from '../store/store.ts';
import { type BodyHash, bodyHasher, withAudiences } from './body-hash.ts';

/** What became of one profile. `early`: it is older than what the store has, nothing was written. */
export type PutOutcome = 'created' | 'updated' | 'unchanged' | 'early';

/** The answer for one profile: its row id, what was stored before and what is stored now. */
export interface Put {
  readonly outcome: PutOutcome;
  readonly id: number;
  /** The text before; null for a created profile. */
  readonly before: string | null;
  readonly after: string;
}

/** One profile to write. */
export interface NewProfile {
  readonly userId: string;
  /** The text of a JSON object, checked. */
  readonly text: string;
  /** From when it is so. */
  readonly at: Instant;
  /**
   * From when a profile that is not there yet is valid; null = since ever, nothing older being known. Null only in a batch
   * whose profiles are all at one instant.
   */
  readonly createdFrom: Instant | null;
  /** Of the text, where it is known. */
  readonly hash?: BodyHash | undefined;
}

export interface ProfileWriter {
  /**
   * Reads what is stored of these users in one statement, for the `put` of each that follows in the same transaction. Does
   * nothing while the profiles that come are new ones.
   */
  load(userIds: readonly string[]): void;
  /** Writes one profile in the caller's transaction. */
  put(profile: NewProfile): Put;
}

interface StoredProfile {
  id: number;
  user_id: string;
  body: string;
  from_ms: number | null;
  from_code: number | null;
  batch_id: number;
  hash_a: number | null;
  hash_b: number | null;
}

/**
 * Writes profiles of one batch: merges fields into what is there (or replaces it) as text, keeps the version that was
 * replaced with its validity, and leaves alone what does not change. Everything can be taken back by {@link undoProfiles}.
 *
 * The same profile twice at one instant in one batch changes the text in place: its version before the batch is kept once.
 */
export function createProfileWriter(
  db: Db,
  { batch, replace, keyField = '' }: { batch: number; replace: boolean; keyField?: string },
): ProfileWriter {
  const hashBytes = bodyHasher(keyField);
  const hashOf = (text: string): BodyHash => {
    const bytes = Buffer.from(text);
    return withAudiences(hashBytes(bytes, 0, bytes.length), text);
  };
  const columns = 'id, user_id, body, from_ms, from_code, batch_id, hash_a, hash_b';
  const find = db.prepare<[string], StoredProfile>(`SELECT ${columns} FROM profile WHERE user_id = ?`);
  const findMany = db.prepare<[string], StoredProfile>(
    `SELECT ${columns} FROM profile WHERE user_id IN (SELECT value FROM json_each(?))`,
  );
  const insert = db.prepare(
    `INSERT INTO profile (user_id, body, from_ms, from_code, batch_id, hash_a, hash_b) VALUES (?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT DO NOTHING`,
  );
  const update = db.prepare(
    'UPDATE profile SET body = ?, from_ms = ?, from_code = ?, batch_id = ?, hash_a = ?, hash_b = ? WHERE id = ?',
  );
  const keep = db.prepare(
    `INSERT INTO profile_version (profile_id, to_ms, to_code, from_ms, from_code, body, batch_id, replaced_by, hash_a, hash_b)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  const noteFirst = db.prepare(
    'INSERT INTO profile_batch VALUES (?, ?) ON CONFLICT DO UPDATE SET first_id = min(first_id, excluded.first_id)',
  );
  let firstId = Number.POSITIVE_INFINITY;
  /** New users mostly come in runs: behind one, inserting at once saves the look-up that would find nothing. */
  let lastWasNew = true;
  const loaded = new Map<string, StoredProfile>();

  /** Undefined when the profile is there already. */
  function create({ userId, text, createdFrom, hash }: NewProfile): Put | undefined {
    const ms = createdFrom?.ms ?? null;
    const code = createdFrom?.code ?? null;
    const { changes, lastInsertRowid } = insert.run(
      userId,
      text,
      ms,
      code,
      batch,
      hash?.a ?? null,
      hash?.b ?? null,
    );
    if (changes === 0) return undefined;
    const id = Number(lastInsertRowid);
    if (id < firstId) {
      firstId = id;
      noteFirst.run(batch, id);
    }
    return { outcome: 'created', id, before: null, after: text };
  }

  /** Finds the stored profile, or creates it. */
  function findOrCreate(profile: NewProfile): StoredProfile | Put {
    const known = loaded.get(profile.userId);
    if (known !== undefined) {
      lastWasNew = false;
      return known;
    }
    for (;;) {
      const created = lastWasNew ? create(profile) : undefined;
      if (created !== undefined) return created;
      const present = find.get(profile.userId);
      lastWasNew = present === undefined;
      if (present !== undefined) return present;
    }
  }

  return {
    load(userIds) {
      loaded.clear();
      if (lastWasNew) return;
      for (const row of findMany.iterate(JSON.stringify(userIds))) loaded.set(row.user_id, row);
      // Whom this did not find is new.
      lastWasNew = loaded.size < userIds.length;
    },
    put(profile) {
      const present = findOrCreate(profile);
      if ('outcome' in present) return present;
      // A second line of the same user finds what this one writes.
      loaded.delete(profile.userId);
      const { id, body, from_ms, from_code, batch_id, hash_a, hash_b } = present;
      const { at, text } = profile;
      const from = from_ms === null || from_code === null ? null : { ms: from_ms, code: from_code };
      if (from !== null && compareInstants(at, from) < 0)
        return { outcome: 'early', id, before: body, after: body };
      if (body === text) return { outcome: 'unchanged', id, before: body, after: body };
      const after = replace ? text : mergeObjectText(body, text);
      if (after === body) return { outcome: 'unchanged', id, before: body, after };
      const inPlace =
        batch_id === batch &&
        (from === null ? profile.createdFrom === null : compareInstants(at, from) === 0);
      const stored = profile.hash === undefined || after === text ? profile.hash : hashOf(after);
      const [a, b] = [stored?.a ?? null, stored?.b ?? null];
      if (inPlace) update.run(after, from_ms, from_code, batch, a, b, id);
      else {
        keep.run(id, at.ms, at.code, from_ms, from_code, body, batch_id, batch, hash_a, hash_b);
        update.run(after, at.ms, at.code, batch, a, b, id);
      }
      return { outcome: 'updated', id, before: body, after };
    },
  };
}
