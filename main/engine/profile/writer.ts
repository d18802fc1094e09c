import { compareInstants, type Instant } from '../core/instant.ts';
import { mergeObjectText } from '../message/json-text.ts';
import type { Db } from '../store/store.ts';

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
}

export interface ProfileWriter {
  /** Writes one profile in the caller's transaction. */
  put(profile: NewProfile): Put;
}

interface StoredProfile {
  id: number;
  body: string;
  from_ms: number | null;
  from_code: number | null;
  batch_id: number;
}

/**
 * Writes profiles of one batch: merges fields into what is there (or replaces it) as text, keeps the version that was
 * replaced with its validity, and leaves alone what does not change. Everything can be taken back by {@link undoProfiles}.
 *
 * The same profile twice at one instant in one batch changes the text in place: its version before the batch is kept once.
 */
export function createProfileWriter(
  db: Db,
  { batch, replace }: { batch: number; replace: boolean },
): ProfileWriter {
  const find = db.prepare<[string], StoredProfile>(
    'SELECT id, body, from_ms, from_code, batch_id FROM profile WHERE user_id = ?',
  );
  const insert = db.prepare(
    'INSERT INTO profile (user_id, body, from_ms, from_code, batch_id) VALUES (?, ?, ?, ?, ?)',
  );
  const update = db.prepare(
    'UPDATE profile SET body = ?, from_ms = ?, from_code = ?, batch_id = ? WHERE id = ?',
  );
  const keep = db.prepare(
    `INSERT INTO profile_version (profile_id, to_ms, to_code, from_ms, from_code, body, batch_id, replaced_by)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  const noteFirst = db.prepare(
    'INSERT INTO profile_batch VALUES (?, ?) ON CONFLICT DO UPDATE SET first_id = min(first_id, excluded.first_id)',
  );
  let firstId = Number.POSITIVE_INFINITY;

  function create({ userId, text, createdFrom }: NewProfile): Put {
    const { lastInsertRowid } = insert.run(
      userId,
      text,
      createdFrom?.ms ?? null,
      createdFrom?.code ?? null,
      batch,
    );
    const id = Number(lastInsertRowid);
    if (id < firstId) {
      firstId = id;
      noteFirst.run(batch, id);
    }
    return { outcome: 'created', id, before: null, after: text };
  }

  return {
    put(profile) {
      const present = find.get(profile.userId);
      if (present === undefined) return create(profile);
      const { id, body, from_ms, from_code } = present;
      const { at, text } = profile;
      const from = from_ms === null || from_code === null ? null : { ms: from_ms, code: from_code };
      if (from !== null && compareInstants(at, from) < 0)
        return { outcome: 'early', id, before: body, after: body };
      if (body === text) return { outcome: 'unchanged', id, before: body, after: body };
      const after = replace ? text : mergeObjectText(body, text);
      if (after === body) return { outcome: 'unchanged', id, before: body, after };
      const inPlace =
        present.batch_id === batch &&
        (from === null ? profile.createdFrom === null : compareInstants(at, from) === 0);
      if (inPlace) update.run(after, from_ms, from_code, batch, id);
      else {
        keep.run(id, at.ms, at.code, from_ms, from_code, body, present.batch_id, batch);
        update.run(after, at.ms, at.code, batch, id);
      }
      return { outcome: 'updated', id, before: body, after };
    },
  };
}
