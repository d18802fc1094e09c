import { compareInstants, type Instant, instantOrNull } from '../core/instant.ts';
import { viewOf } from '../membership/segment.ts';
import { mergeObjectText } from '../message/json-text.ts';
import type { Db } from '../store/store.ts';
import { type BodyHash, bodyHasher, withAudiences } from './body-hash.ts';
import { openHashPages } from './hash-pages.ts';

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
   * Prepares the `put` of each of these profiles, which follows in the same transaction: reads what is stored of them in one
   * statement or, while those that come are new ones, writes them in one.
   */
  prepare(profiles: readonly NewProfile[]): void;
  /** Writes one profile in the caller's transaction. */
  put(profile: NewProfile): Put;
  /** Ends what was put since the last call. It belongs into the same transaction. */
  settle(): void;
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

/** Rows of one statement, where there are as many new profiles. */
const ROWS_PER_STATEMENT = 32;

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
    return withAudiences(hashBytes(viewOf(bytes), 0, bytes.length), text);
  };
  const columns = 'id, user_id, body, from_ms, from_code, batch_id, hash_a, hash_b';
  const find = db.prepare<[string], StoredProfile>(`SELECT ${columns} FROM profile WHERE user_id = ?`);
  const findMany = db.prepare<[string], StoredProfile>(
    `SELECT ${columns} FROM profile WHERE user_id IN (SELECT value FROM json_each(?))`,
  );
  const row = '(?, ?, ?, ?, ?, ?, ?)';
  const into =
    'INSERT OR IGNORE INTO profile (user_id, body, from_ms, from_code, batch_id, hash_a, hash_b) VALUES';
  const insert = db.prepare(`${into} ${row}`);
  const insertMany = db.prepare(`${into} ${Array(ROWS_PER_STATEMENT).fill(row).join()}`);
  const userIdsFrom = db
    .prepare<[number], string>('SELECT user_id FROM profile WHERE id >= ? ORDER BY id')
    .pluck();
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
  /** Row ids of the profiles that were created before their `put`. */
  const created = new Map<NewProfile, number>();
  const hashes = openHashPages(db);

  function noteCreated(id: number): void {
    if (id >= firstId) return;
    firstId = id;
    noteFirst.run(batch, id);
  }

  function addRow(row: (string | number | null)[], { userId, text, createdFrom, hash }: NewProfile): void {
    row.push(userId, text, createdFrom?.ms ?? null, createdFrom?.code ?? null);
    row.push(batch, hash?.a ?? null, hash?.b ?? null);
  }

  /** Undefined when the profile is there already. */
  function create(profile: NewProfile): Put | undefined {
    const row: (string | number | null)[] = [];
    addRow(row, profile);
    const { changes, lastInsertRowid } = insert.run(row);
    if (changes === 0) return undefined;
    const id = Number(lastInsertRowid);
    noteCreated(id);
    hashes.set(id, profile.hash);
    return { outcome: 'created', id, before: null, after: profile.text };
  }

  /**
   * Creates as many profiles as one statement takes, except those that are there already. Without IGNORE a multi-row statement
   * keeps a copy of every page that it changes, to be able to fail.
   *
   * @returns whether all of them were new
   */
  function createTogether(together: readonly NewProfile[]): boolean {
    const rows: (string | number | null)[] = [];
    for (const profile of together) addRow(rows, profile);
    const { changes, lastInsertRowid } = insertMany.run(rows);
    if (changes === 0) return false;
    const first = Number(lastInsertRowid) - changes + 1;
    noteCreated(first);
    const allNew = changes === together.length;
    const userIds = allNew ? undefined : userIdsFrom.all(first);
    let id = first;
    for (const profile of together) {
      if (userIds !== undefined && userIds[id - first] !== profile.userId) continue;
      created.set(profile, id);
      hashes.set(id, profile.hash);
      id += 1;
    }
    return allNew;
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
    prepare(profiles) {
      loaded.clear();
      created.clear();
      for (let n = 0; lastWasNew && n + ROWS_PER_STATEMENT <= profiles.length; n += ROWS_PER_STATEMENT)
        lastWasNew = createTogether(profiles.slice(n, n + ROWS_PER_STATEMENT));
      if (lastWasNew) return;
      const userIds = profiles.map(({ userId }) => userId);
      for (const found of findMany.iterate(JSON.stringify(userIds))) loaded.set(found.user_id, found);
      // Whom this did not find is new.
      lastWasNew = loaded.size < userIds.length;
    },
    put(profile) {
      const createdId = created.get(profile);
      if (createdId !== undefined)
        return { outcome: 'created', id: createdId, before: null, after: profile.text };
      const present = findOrCreate(profile);
      if ('outcome' in present) return present;
      // A second line of the same user finds what this one writes.
      loaded.delete(profile.userId);
      const { id, body, from_ms, from_code, batch_id, hash_a, hash_b } = present;
      const { at, text } = profile;
      const from = instantOrNull(from_ms, from_code);
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
      hashes.set(id, stored);
      if (inPlace) update.run(after, from_ms, from_code, batch, a, b, id);
      else {
        keep.run(id, at.ms, at.code, from_ms, from_code, body, batch_id, batch, hash_a, hash_b);
        update.run(after, at.ms, at.code, batch, a, b, id);
      }
      return { outcome: 'updated', id, before: body, after };
    },
    settle: hashes.write,
  };
}
