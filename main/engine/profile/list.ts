import { setImmediate } from 'node:timers/promises';
import { SegueError } from '../core/errors.ts';
import { members, membershipsOf } from '../membership/membership.ts';
import { membersOf, scanStored } from '../message/json-text.ts';
import type { Db } from '../store/store.ts';
import { lastProfileId, openProfilesById } from './all.ts';

/** One line of the list of profiles: the key, the text's size in bytes and its beginning. */
export interface ProfileRow {
  readonly userId: string;
  readonly bytes: number;
  readonly summary: string;
}

export interface ProfilePage {
  readonly rows: ProfileRow[];
  readonly next: string | null;
}

const SUMMARY_CHARS = 320;
/** Longest that a search holds the event loop, in milliseconds. */
const SLICE_MS = 10;
/** Above every character that a key can hold. */
const LAST_CHARACTER = '\u{10ffff}';

interface Row {
  userId: string;
  bytes: number;
  summary: string;
}

const COLUMNS = `user_id AS userId, octet_length(body) AS bytes, substr(body, 1, ${SUMMARY_CHARS}) AS summary`;

/** Profiles in the order of their key (by code point), from behind `after`, whose key begins with `prefix`. */
export function pageOfProfiles(
  db: Db,
  { prefix, after, limit }: { prefix: string; after: string | null; limit: number },
): ProfilePage {
  const rows = db
    .prepare<{ from: string; to: string; after: string; limit: number }, Row>(
      `SELECT ${COLUMNS} FROM profile WHERE user_id >= @from AND user_id < @to AND user_id > @after
       ORDER BY user_id LIMIT @limit`,
    )
    .all({ from: prefix, to: prefix + LAST_CHARACTER, after: after ?? '', limit: limit + 1 });
  return paged(rows, limit);
}

function paged(rows: readonly Row[], limit: number): ProfilePage {
  const shown = rows.slice(0, limit);
  return { rows: [...shown], next: rows.length > limit ? (shown.at(-1)?.userId ?? null) : null };
}

/**
 * Present members of an audience in the order of {@link members}, which stays the same from page to page but is not that of
 * keys; with a prefix in key order instead, as the profiles with that prefix are gone through. A member without a profile
 * has no text. Gives way to other work every few milliseconds.
 */
export async function pageOfMembers(
  db: Db,
  audienceId: number,
  { prefix, after, limit }: { prefix: string; after: string | null; limit: number },
): Promise<ProfilePage> {
  const found: string[] = [];
  const candidates =
    prefix === '' ? memberKeys(db, audienceId, after) : keysWithPrefix(db, audienceId, prefix, after);
  let until = performance.now() + SLICE_MS;
  for (const userId of candidates) {
    if (userId !== undefined) found.push(userId);
    if (found.length > limit) break;
    if (performance.now() < until) continue;
    await setImmediate();
    until = performance.now() + SLICE_MS;
  }
  const get = db.prepare<[string], Row>(`SELECT ${COLUMNS} FROM profile WHERE user_id = ?`);
  const rows = found.map((userId) => get.get(userId) ?? { userId, bytes: 0, summary: '' });
  return paged(rows, limit);
}

function* memberKeys(db: Db, audienceId: number, after: string | null): Generator<string | undefined> {
  for (const { userId } of members(db, [audienceId], after === null ? {} : { after })) yield userId;
}

/** Keys with a prefix that are members; undefined for one that is not, so that the caller can give way. */
function* keysWithPrefix(
  db: Db,
  audienceId: number,
  prefix: string,
  after: string | null,
): Generator<string | undefined> {
  const page = db
    .prepare<[string, string, string], string>(
      `SELECT user_id FROM profile WHERE user_id >= ? AND user_id < ? AND user_id > ? ORDER BY user_id LIMIT 200`,
    )
    .pluck();
  let last = after ?? '';
  for (;;) {
    const keys = page.all(prefix, prefix + LAST_CHARACTER, last);
    for (const key of keys) {
      const isMember = membershipsOf(db, key).some((membership) => membership.audienceId === audienceId);
      yield isMember ? key : undefined;
    }
    const end = keys.at(-1);
    if (end === undefined) return;
    last = end;
  }
}

/** Profiles, spread over the whole store, that the names of fields are learnt from. */
const SAMPLE_PROFILES = 400;
const MOST_FIELDS = 2000;

/** The names of top-level fields that profiles have, the most frequent first. */
export interface KnownFields {
  readonly names: readonly string[];
  /** Not every profile was looked at, so a rare field may be missing. */
  readonly sampled: boolean;
}

/** Learns the names of fields from a sample of profiles, from all where there are few. */
export function sampleFields(db: Db): KnownFields {
  const last = lastProfileId(db);
  const step = Math.max(1, Math.floor(last / SAMPLE_PROFILES));
  const next = openProfilesById(db);
  const counts = new Map<string, number>();
  for (let id = 1; id <= last; id += step) {
    const [profile] = next(id - 1, 1);
    if (profile === undefined) break;
    for (const { key } of membersOf(scanStored(profile.text))) counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  const names = [...counts]
    .sort((a, b) => b[1] - a[1])
    .slice(0, MOST_FIELDS)
    .map(([key]) => key);
  return { names, sampled: step > 1 || counts.size > MOST_FIELDS };
}

/**
 * The error for a user that the store does not have, or did not have at an instant.
 *
 * @param prunedUntil where versions of the time asked for were pruned: until when
 */
export function profileNotFound(userId: string, asOf?: string, prunedUntil?: string): SegueError {
  const who = `"${userId.slice(0, 100)}"`;
  const pruned =
    prunedUntil === undefined
      ? ''
      : ` Versions from before ${prunedUntil} were pruned (segue retention show).`;
  return new SegueError(
    'PROFILE_NOT_FOUND',
    asOf === undefined
      ? `There is no profile with the key ${who}. Check the key field, or import the profile first.`
      : `The profile ${who} is not known as of ${asOf}.${pruned} Ask for a later time.`,
    {
      userId: userId.slice(0, 100),
      ...(asOf === undefined ? {} : { asOf }),
      ...(prunedUntil === undefined ? {} : { prunedUntil }),
    },
  );
}
