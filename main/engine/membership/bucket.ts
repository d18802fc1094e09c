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
  readonly bodiesOfMany: Database.Statement<[string], [bucket: number, body: Buffer]>;
  readonly liveOfUser: Database.Statement<[number, string], LiveRow>;
  readonly liveOfBucket: Database.Statement<[number], LiveRow>;
  readonly liveOfUsers: Database.Statement<[string], LiveRow>;
  readonly anyStack: Database.Statement<[], number>;
  readonly anyLive: Database.Statement<[], number>;
}

const statements = new WeakMap<Db, Statements>();

function prepared(db: Db): Statements {
  let found = statements.get(db);
  if (found === undefined) {
    const live =
      'SELECT user_id, audience_id, member, enter_ms, enter_code FROM membership_live WHERE bucket = ?';
    const stack = 'FROM membership_stack JOIN membership_segment ON id = segment_id';
    found = {
      next: db
        .prepare<[number, number], number | null>(
          `SELECT min(bucket) FROM (SELECT min(bucket) AS bucket FROM membership_stack WHERE bucket >= ?
           UNION ALL SELECT min(bucket) FROM membership_live WHERE bucket >= ?)`,
        )
        .pluck(),
      bodies: db
        .prepare<[number], Buffer>(`SELECT body ${stack} WHERE bucket = ? ORDER BY segment_id`)
        .pluck(),
      bodiesOfMany: db
        .prepare<[string], [bucket: number, body: Buffer]>(
          `SELECT bucket, body ${stack} WHERE bucket IN (SELECT value FROM json_each(?)) ORDER BY bucket, segment_id`,
        )
        .raw(),
      liveOfUser: db.prepare(`${live} AND user_id = ?`),
      liveOfBucket: db.prepare(live),
      // CROSS JOIN keeps the order: a search for each user, never a pass over the table.
      liveOfUsers: db.prepare(
        `SELECT l.user_id, l.audience_id, l.member, l.enter_ms, l.enter_code FROM json_each(?) AS u
         CROSS JOIN membership_live AS l ON l.bucket = u.value ->> 0 AND l.user_id = u.value ->> 1`,
      ),
      anyStack: db.prepare<[], number>('SELECT EXISTS (SELECT 1 FROM membership_stack)').pluck(),
      anyLive: db.prepare<[], number>('SELECT EXISTS (SELECT 1 FROM membership_live)').pluck(),
    };
    statements.set(db, found);
  }
  return found;
}

/** A user whose memberships are looked for in the segments of his bucket. */
interface Wanted {
  readonly userId: string;
  readonly bucket: number;
  readonly memberships: UserMemberships;
}

/** With the key as it stands in a segment, padded with zeros to words. */
interface WantedKey extends Wanted {
  readonly key: Buffer;
  readonly keyLength: number;
  /** The last word of the key, in which most keys differ: comparing all of them whole took several times as long. */
  readonly lastWord: number;
}

function wantedOf(userId: string): Wanted {
  return { userId, bucket: bucketOf(userId), memberships: new Map() };
}

function withKey({ userId, bucket, memberships }: Wanted): WantedKey {
  const keyLength = Buffer.byteLength(userId);
  const key = Buffer.alloc((keyLength + 3) & ~3);
  key.write(userId);
  return { userId, bucket, memberships, key, keyLength, lastWord: key.readInt32LE(key.length - 4) };
}

/** A user's memberships, in no particular order. Reads one bucket: the work does not grow with the store. */
export function readUser(db: Db, userId: string): UserMemberships {
  const { bodies, liveOfUser } = prepared(db);
  const wanted = wantedOf(userId);
  applySegments(bodies.all(wanted.bucket), [wanted]);
  for (const row of liveOfUser.all(wanted.bucket, userId)) applyLive(row, wanted.memberships);
  return wanted.memberships;
}

/** Users of one bucket from which on it is read whole: looking for each of them in each entry grows with their square. */
const MANY_OF_BUCKET = 16;

/** Buckets whose segments are read, and held in memory, together. */
const BUCKETS_PER_STATEMENT = 32;

/** Users asked for in one statement. */
const USERS_PER_STATEMENT = 500;

/**
 * The memberships of many users: each bucket's segments once, and its live rows together. The more users the cheaper each of them: a
 * bucket holds a few hundred of a million.
 */
export function readUsers(db: Db, userIds: ReadonlySet<string>): Map<string, UserMemberships> {
  const { liveOfBucket, liveOfUsers, anyStack, anyLive } = prepared(db);
  // In the order in which the tables hold them, so that neighbours are read together.
  const all = [...userIds].map(wantedOf).sort((a, b) => a.bucket - b.bucket);
  const found = new Map(all.map(({ userId, memberships }) => [userId, memberships]));
  const applyRow = (row: LiveRow) => applyLive(row, found.get(row.user_id) ?? new Map());
  const [isStacked, isLive] = [anyStack.get() === 1, anyLive.get() === 1];
  const scattered: [bucket: number, userId: string][] = [];
  const byBucket = Map.groupBy(all, (user) => user.bucket);
  if (isStacked) applyStacks(db, byBucket);
  for (const [bucket, users] of isLive ? byBucket : []) {
    if (users.length >= MANY_OF_BUCKET) liveOfBucket.all(bucket).forEach(applyRow);
    else for (const { userId } of users) scattered.push([bucket, userId]);
  }
  for (let from = 0; from < scattered.length; from += USERS_PER_STATEMENT) {
    const page = JSON.stringify(scattered.slice(from, from + USERS_PER_STATEMENT));
    liveOfUsers.all(page).forEach(applyRow);
  }
  return found;
}

/** Applies what the segments of some buckets say of these users of theirs. */
function applyStacks(db: Db, byBucket: ReadonlyMap<number, readonly Wanted[]>): void {
  const buckets = [...byBucket.keys()];
  for (let from = 0; from < buckets.length; from += BUCKETS_PER_STATEMENT) {
    const page = JSON.stringify(buckets.slice(from, from + BUCKETS_PER_STATEMENT));
    const stacks = Map.groupBy(prepared(db).bodiesOfMany.all(page), ([bucket]) => bucket);
    for (const [bucket, bodies] of stacks)
      applySegments(
        bodies.map(([, body]) => body),
        byBucket.get(bucket) ?? [],
      );
  }
}

/** Applies what the segments of a bucket say of these users of it, in one pass over each. */
function applySegments(bodies: readonly Buffer[], users: readonly Wanted[]): void {
  if (users.length >= MANY_OF_BUCKET) for (const body of bodies) applyWhole(body, users);
  else {
    const keys = users.map(withKey);
    for (const body of bodies) applyUsers(body, keys);
  }
}

function applyUsers(body: Buffer, users: readonly WantedKey[]): void {
  const view = viewOf(body);
  const cursor = segmentCursor(view, 0);
  let left = users.length;
  while (left > 0 && cursor.next()) {
    const start = cursor.keyStart();
    const length = cursor.keyLength();
    const lastWord = view.getInt32(start + ((length - 1) & ~3), true);
    for (const { lastWord: word, key, keyLength, memberships } of users) {
      if (word !== lastWord || keyLength !== length) continue;
      if (key.compare(body, start, start + length, 0, length) !== 0) continue;
      applyOperations(cursor, memberships);
      // A segment names a user once.
      left -= 1;
      break;
    }
  }
}

/** The same for many users: each entry's key is made a text once. */
function applyWhole(body: Buffer, users: readonly Wanted[]): void {
  const wanted = new Map(users.map(({ userId, memberships }) => [userId, memberships]));
  const cursor = segmentCursor(viewOf(body), 0);
  while (cursor.next()) {
    const start = cursor.keyStart();
    const memberships = wanted.get(body.toString('utf8', start, start + cursor.keyLength()));
    if (memberships !== undefined) applyOperations(cursor, memberships);
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
