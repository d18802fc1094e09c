import type Database from 'better-sqlite3';
import type { Instant } from '../core/instant.ts';
import type { Db } from '../store/store.ts';
import { bucketOf } from './key.ts';
import { segmentCursor, viewOf } from './segment.ts';

/** One user's memberships: audience row id → enter instant. */
export type UserMemberships = Map<number, Instant>;

interface LiveRow {
  user_id: string;
  audience_id: number;
  member: number;
  enter_ms: number | null;
  enter_code: number | null;
}

interface Statements {
  readonly next: Database.Statement<[number, number], number | null>;
  readonly bodies: Database.Statement<[number], Buffer>;
  readonly liveOfUser: Database.Statement<[number, string], LiveRow>;
  readonly liveOfBucket: Database.Statement<[number], LiveRow>;
  readonly liveOfUsers: Database.Statement<[string], LiveRow>;
  readonly anyStack: Database.Statement<[], number>;
}

const statements = new WeakMap<Db, Statements>();

function prepared(db: Db): Statements {
  let found = statements.get(db);
  if (found === undefined) {
    const live =
      'SELECT user_id, audience_id, member, enter_ms, enter_code FROM membership_live WHERE bucket = ?';
    found = {
      next: db
        .prepare<[number, number], number | null>(
          `SELECT min(bucket) FROM (SELECT min(bucket) AS bucket FROM membership_stack WHERE bucket >= ?
           UNION ALL SELECT min(bucket) FROM membership_live WHERE bucket >= ?)`,
        )
        .pluck(),
      bodies: db
        .prepare<[number], Buffer>(
          `SELECT body FROM membership_stack JOIN membership_segment ON id = segment_id
           WHERE bucket = ? ORDER BY segment_id`,
        )
        .pluck(),
      liveOfUser: db.prepare(`${live} AND user_id = ?`),
      liveOfBucket: db.prepare(live),
      // CROSS JOIN keeps the order: a search for each user, never a pass over the table.
      liveOfUsers: db.prepare(
        `SELECT l.user_id, l.audience_id, l.member, l.enter_ms, l.enter_code FROM json_each(?) AS u
         CROSS JOIN membership_live AS l ON l.bucket = u.value ->> 0 AND l.user_id = u.value ->> 1`,
      ),
      anyStack: db.prepare<[], number>('SELECT EXISTS (SELECT 1 FROM membership_stack)').pluck(),
    };
    statements.set(db, found);
  }
  return found;
}

/** A user's memberships, in no particular order. Reads one bucket: the work does not grow with the store. */
export function readUser(db: Db, userId: string): UserMemberships {
  const { bodies, liveOfUser } = prepared(db);
  const bucket = bucketOf(userId);
  const key = Buffer.from(userId);
  const found: UserMemberships = new Map();
  for (const body of bodies.all(bucket)) applyUser(body, key, found);
  for (const row of liveOfUser.all(bucket, userId)) applyLive(row, found);
  return found;
}

/** Users asked for in one statement. */
const USERS_PER_STATEMENT = 500;

/** The memberships of many users: one statement for 500 of them, and each bucket's segments once. */
export function readUsers(db: Db, userIds: ReadonlySet<string>): Map<string, UserMemberships> {
  const { bodies, liveOfUsers, anyStack } = prepared(db);
  // In the order in which the tables hold them, so that neighbours are read together.
  const all = [...userIds]
    .map((userId) => ({ userId, bucket: bucketOf(userId) }))
    .sort((a, b) => a.bucket - b.bucket);
  const found = new Map<string, UserMemberships>(all.map(({ userId }) => [userId, new Map()]));
  if (anyStack.get() === 1) {
    const buckets = Map.groupBy(all, ({ bucket }) => bucket);
    for (const [bucket, users] of buckets) {
      for (const body of bodies.all(bucket)) {
        for (const { userId } of users) applyUser(body, Buffer.from(userId), found.get(userId) ?? new Map());
      }
    }
  }
  for (let from = 0; from < all.length; from += USERS_PER_STATEMENT) {
    const page = all.slice(from, from + USERS_PER_STATEMENT).map(({ userId, bucket }) => [bucket, userId]);
    for (const row of liveOfUsers.iterate(JSON.stringify(page)))
      applyLive(row, found.get(row.user_id) ?? new Map());
  }
  return found;
}

function applyUser(body: Buffer, key: Buffer, found: UserMemberships): void {
  const cursor = segmentCursor(viewOf(body), 0);
  // Most keys differ in their last byte; comparing all of them whole took several times as long.
  const last = key.length - 1;
  while (cursor.next()) {
    if (cursor.keyLength() !== key.length) continue;
    const start = cursor.keyStart();
    if (body[start + last] !== key[last] || key.compare(body, start, start + key.length) !== 0) continue;
    applyOperations(cursor, found);
    // A segment names a user once.
    return;
  }
}

function applyOperations(
  cursor: { count(): number; audience(i: number): number; enteredAt(i: number): Instant | null },
  found: UserMemberships,
): void {
  for (let i = 0; i < cursor.count(); i += 1) {
    const enteredAt = cursor.enteredAt(i);
    if (enteredAt === null) found.delete(cursor.audience(i));
    else found.set(cursor.audience(i), enteredAt);
  }
}

function applyLive(row: LiveRow, found: UserMemberships): void {
  if (row.member === 1 && row.enter_ms !== null && row.enter_code !== null)
    found.set(row.audience_id, { ms: row.enter_ms, code: row.enter_code });
  else found.delete(row.audience_id);
}

/** All users of a bucket with their memberships; a user who has left everything may show with none. */
export function readBucket(db: Db, bucket: number): Map<string, UserMemberships> {
  const { bodies, liveOfBucket } = prepared(db);
  const users = new Map<string, UserMemberships>();
  const of = (userId: string): UserMemberships => {
    let found = users.get(userId);
    if (found === undefined) {
      found = new Map();
      users.set(userId, found);
    }
    return found;
  };
  for (const body of bodies.all(bucket)) {
    const cursor = segmentCursor(viewOf(body), 0);
    while (cursor.next()) {
      const start = cursor.keyStart();
      applyOperations(cursor, of(body.toString('utf8', start, start + cursor.keyLength())));
    }
  }
  for (const row of liveOfBucket.all(bucket)) applyLive(row, of(row.user_id));
  return users;
}

/** The first bucket from this one on that holds anything, undefined when there is none. */
export function nextBucket(db: Db, from: number): number | undefined {
  return prepared(db).next.get(from, from) ?? undefined;
}
