import type Database from 'better-sqlite3';
import { type Instant, instantOrNull, lowestCode, MAX_CODE } from '../core/instant.ts';
import type { Db } from '../store/store.ts';

/** A profile's text and the time for which it is so: from inclusive (null = since ever), to exclusive (null = still). */
export interface ProfileText {
  readonly text: string;
  readonly from: Instant | null;
  readonly to: Instant | null;
}

interface CurrentRow {
  id: number;
  body: string;
  from_ms: number | null;
  from_code: number | null;
}

/** The same behind its user, as an array: many are read. */
type RawCurrentRow = [
  userId: string,
  id: number,
  body: string,
  fromMs: number | null,
  fromCode: number | null,
];

interface VersionRow {
  body: string;
  from_ms: number | null;
  from_code: number | null;
  to_ms: number;
  to_code: number;
}

/** Codes of one nanosecond: what is written differently (zone, decimals) but is the same instant. */
const CODES_PER_NANOSECOND = MAX_CODE / 1_000_000;

interface Statements {
  readonly current: Database.Statement<[string], CurrentRow>;
  readonly page: Database.Statement<[string], RawCurrentRow>;
  readonly texts: Database.Statement<[string], [userId: string, text: string]>;
  readonly version: Database.Statement<[number, number, number], VersionRow>;
  readonly earliest: Database.Statement<[number], string>;
}

const prepared = new WeakMap<Db, Statements>();

function statementsOf(db: Db): Statements {
  let statements = prepared.get(db);
  if (statements === undefined) {
    const columns = 'id, body, from_ms, from_code';
    statements = {
      current: db.prepare(`SELECT ${columns} FROM profile WHERE user_id = ?`),
      page: db
        .prepare<[string], RawCurrentRow>(
          `SELECT user_id, ${columns} FROM profile WHERE user_id IN (SELECT value FROM json_each(?))`,
        )
        .raw(),
      texts: db
        .prepare<[string], [userId: string, text: string]>(
          'SELECT user_id, body FROM profile WHERE user_id IN (SELECT value FROM json_each(?))',
        )
        .raw(),
      version: db.prepare(
        `SELECT body, from_ms, from_code, to_ms, to_code FROM earlier_profile
         WHERE profile_id = ? AND (to_ms, to_code) >= (?, ?) ORDER BY to_ms, to_code, replaced_by LIMIT 1`,
      ),
      earliest: db
        .prepare<[number], string>(
          'SELECT body FROM earlier_profile WHERE profile_id = ? ORDER BY to_ms, to_code, replaced_by LIMIT 1',
        )
        .pluck(),
    };
    prepared.set(db, statements);
  }
  return statements;
}

/** The text of a profile now; null when there is no such profile. */
export function currentText(db: Db, userId: string): ProfileText | null {
  const row = currentRow(db, userId);
  return row === undefined
    ? null
    : { text: row.body, from: instantOrNull(row.from_ms, row.from_code), to: null };
}

/** The text of a profile as it was at an instant; null when it was not known then. */
export function textAsOf(db: Db, userId: string, at: Instant): ProfileText | null {
  const row = currentRow(db, userId);
  if (row === undefined) return null;
  const from = instantOrNull(row.from_ms, row.from_code);
  if (isAtOrBefore(row.from_ms, row.from_code, at)) return { text: row.body, from, to: null };
  return versionAt(db, row.id, at);
}

/** The texts of many profiles now, read together; a user without a profile is missing. */
export function currentTexts(db: Db, userIds: ReadonlySet<string>): Map<string, string> {
  return new Map(inPages([...userIds]).flatMap((page) => statementsOf(db).texts.all(page)));
}

function currentRow(db: Db, userId: string): CurrentRow | undefined {
  return statementsOf(db).current.get(userId);
}

function versionAt(db: Db, profileId: number, at: Instant): ProfileText | null {
  const version = statementsOf(db).version.get(profileId, at.ms, lowestCode(at) + CODES_PER_NANOSECOND);
  if (version === undefined || !isAtOrBefore(version.from_ms, version.from_code, at)) return null;
  return {
    text: version.body,
    from: instantOrNull(version.from_ms, version.from_code),
    to: { ms: version.to_ms, code: version.to_code },
  };
}

/** True when a validity that begins at (ms, code), or since ever, has begun at an instant. */
function isAtOrBefore(ms: number | null, code: number | null, at: Instant): boolean {
  if (ms === null || code === null) return true;
  return ms < at.ms || (ms === at.ms && code < lowestCode(at) + CODES_PER_NANOSECOND);
}

/** Users asked for in one statement. */
const USERS_PER_STATEMENT = 500;

/** The text that a message needs. `isLater`: what was so at the instant is not known, or was pruned, and this came after it. */
export interface RequestedText {
  readonly text: string;
  readonly isLater: boolean;
}

/**
 * Reads the profiles of a page of users; each is then given as of an instant, or (null) as it is now, and null where it is not
 * known at all. An instant before the first import of a profile, or before the versions that are kept, gets the earliest text
 * there is: a message without the user's fields would be worse than one with fields that are a little too new.
 * One statement for 500 users: a look-up each took five times as long (measured, a call outside a transaction locks and
 * unlocks). Versions are looked up one by one, as only profiles changed since then need it.
 */
export function readProfiles(
  db: Db,
  userIds: readonly string[],
): (userId: string, at: Instant | null) => RequestedText | null {
  const rows = new Map<string, RawCurrentRow>();
  for (const page of inPages(userIds))
    for (const row of statementsOf(db).page.all(page)) rows.set(row[0], row);
  return (userId, at) => {
    const row = rows.get(userId);
    if (row === undefined) return null;
    const [, id, text, fromMs, fromCode] = row;
    if (at === null || isAtOrBefore(fromMs, fromCode, at)) return { text, isLater: false };
    const version = versionAt(db, id, at);
    return version === null
      ? { text: statementsOf(db).earliest.get(id) ?? text, isLater: true }
      : { text: version.text, isLater: false };
  };
}

/** Users as JSON lists, of as many as one statement is asked for. One who is there twice is found once. */
function inPages(userIds: readonly string[]): string[] {
  return Array.from({ length: Math.ceil(userIds.length / USERS_PER_STATEMENT) }, (_, page) =>
    JSON.stringify(userIds.slice(page * USERS_PER_STATEMENT, (page + 1) * USERS_PER_STATEMENT)),
  );
}

/** How many earlier texts of a profile are kept. */
export function versionCount(db: Db, userId: string): number {
  const count = db
    .prepare<[string], number>(
      'SELECT count(*) FROM profile_version WHERE profile_id = (SELECT id FROM profile WHERE user_id = ?)',
    )
    .pluck()
    .get(userId);
  return count ?? 0;
}
