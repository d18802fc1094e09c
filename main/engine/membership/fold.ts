import type Database from 'better-sqlite3';
import type { Instant } from '../core/instant.ts';
import { type Db, inTransaction } from '../store/store.ts';
import { MAX_KEY_BYTES } from './key.ts';
import { createSegmentWriter, segmentCursor, viewOf } from './segment.ts';

/** Operations of one bucket: user → audience row id → enter instant, or null for "is not a member". */
type Operations = Map<string, Map<number, Instant | null>>;

const BUCKETS_PER_TRANSACTION = 64;
const MANY_LIVE_ROWS = 50_000;

interface LiveRow {
  user_id: string;
  audience_id: number;
  member: number;
  enter_ms: number | null;
  enter_code: number | null;
}

/**
 * Moves live rows into segments, bucket by bucket in short transactions. What the store says stays the same throughout,
 * so it may be cut off anywhere. Segments that an import may still have to take away are left as they are.
 */
export function foldLive(db: Db): void {
  const buckets = db
    .prepare<[], number>('SELECT DISTINCT bucket FROM membership_live ORDER BY bucket')
    .pluck()
    .all();
  for (let from = 0; from < buckets.length; from += BUCKETS_PER_TRANSACTION) {
    inTransaction(db, () => {
      for (const bucket of buckets.slice(from, from + BUCKETS_PER_TRANSACTION)) foldBucket(db, bucket);
    });
  }
}

/** As {@link foldLive}, once there are many live rows. */
export function foldLiveIfMany(db: Db): void {
  const rows = db
    .prepare<[number], number>('SELECT count(*) FROM (SELECT 1 FROM membership_live LIMIT ?)')
    .pluck()
    .get(MANY_LIVE_ROWS);
  if (rows === MANY_LIVE_ROWS) foldLive(db);
}

/** What is to be said of one pair: a member since an instant, or (null) not a member. */
export interface PairState {
  readonly userId: string;
  readonly audienceId: number;
  readonly enteredAt: Instant | null;
}

/**
 * Moves a bucket's live rows into a segment, in the caller's transaction.
 *
 * @param changes what came after them: of several of one pair the last one stays
 */
export function foldBucket(db: Db, bucket: number, changes: readonly PairState[] = []): void {
  const statements = prepared(db);
  const live = statements.live.all(bucket);
  const stack = statements.stack.all(bucket);
  // A segment is merged again only with as much new beside it, so each operation is written a few times in its life.
  const merged: number[] = [];
  let bytes = (live.length + changes.length) * 40;
  for (const segment of stack) {
    if (segment.batch !== null || segment.bytes > bytes * 2) break;
    merged.unshift(segment.id);
    bytes += segment.bytes;
  }
  const operations: Operations = new Map();
  for (const id of merged) {
    const body = statements.body.get(id);
    if (body !== undefined) collect(body, operations);
  }
  for (const { user_id, audience_id, member, enter_ms, enter_code } of live) {
    const known = member === 1 && enter_ms !== null && enter_code !== null;
    put(operations, user_id, audience_id, known ? { ms: enter_ms, code: enter_code } : null);
  }
  for (const { userId, audienceId, enteredAt } of changes) put(operations, userId, audienceId, enteredAt);
  const body = write(operations, merged.length === stack.length);
  for (const id of merged) {
    statements.pop.run(bucket, id);
    statements.remove.run(id);
  }
  if (body !== undefined) pushSegment(db, bucket, insertSegment(db, body), body.length, null);
  if (live.length > 0) statements.forgetLive.run(bucket);
}

function collect(body: Buffer, operations: Operations): void {
  const cursor = segmentCursor(viewOf(body), 0);
  while (cursor.next()) {
    const start = cursor.keyStart();
    const userId = body.toString('utf8', start, start + cursor.keyLength());
    for (let i = 0; i < cursor.count(); i += 1)
      put(operations, userId, cursor.audience(i), cursor.enteredAt(i));
  }
}

function put(operations: Operations, userId: string, audienceId: number, enteredAt: Instant | null): void {
  const own = operations.get(userId) ?? new Map<number, Instant | null>();
  if (own.size === 0) operations.set(userId, own);
  own.set(audienceId, enteredAt);
}

/** @param lowest nothing lies below, so saying that somebody is not a member is idle */
function write(operations: Operations, lowest: boolean): Buffer | undefined {
  const writer = createSegmentWriter();
  const key = Buffer.alloc(MAX_KEY_BYTES + 4);
  const words = new Int32Array(key.buffer, key.byteOffset, key.length / 4);
  for (const [userId, own] of operations) {
    const kept = [...own].filter(([, enteredAt]) => !lowest || enteredAt !== null);
    if (kept.length === 0) continue;
    const length = key.write(userId);
    key.fill(0, length, length + 4);
    writer.user(words, 0, length);
    for (const [audienceId, enteredAt] of kept) writer.operation(audienceId, enteredAt);
  }
  return writer.finish();
}

interface SegmentStatements {
  readonly insert: Database.Statement<[Buffer]>;
  readonly push: Database.Statement<[number, number, number | null, number]>;
  readonly live: Database.Statement<[number], LiveRow>;
  readonly stack: Database.Statement<[number], { id: number; batch: number | null; bytes: number }>;
  readonly body: Database.Statement<[number], Buffer>;
  readonly pop: Database.Statement<[number, number]>;
  readonly remove: Database.Statement<[number]>;
  readonly forgetLive: Database.Statement<[number]>;
}

const segmentStatements = new WeakMap<Db, SegmentStatements>();

function prepared(db: Db): SegmentStatements {
  let found = segmentStatements.get(db);
  if (found === undefined) {
    found = {
      insert: db.prepare('INSERT INTO membership_segment (body) VALUES (?)'),
      push: db.prepare('INSERT INTO membership_stack VALUES (?, ?, ?, ?)'),
      live: db.prepare(
        'SELECT user_id, audience_id, member, enter_ms, enter_code FROM membership_live WHERE bucket = ?',
      ),
      stack: db.prepare(
        `SELECT segment_id AS id, batch_id AS batch, bytes FROM membership_stack WHERE bucket = ?
         ORDER BY segment_id DESC`,
      ),
      body: db.prepare<[number], Buffer>('SELECT body FROM membership_segment WHERE id = ?').pluck(),
      pop: db.prepare('DELETE FROM membership_stack WHERE bucket = ? AND segment_id = ?'),
      remove: db.prepare('DELETE FROM membership_segment WHERE id = ?'),
      forgetLive: db.prepare('DELETE FROM membership_live WHERE bucket = ?'),
    };
    segmentStatements.set(db, found);
  }
  return found;
}

/** Stores a segment, which is no part of the state yet; gives its id. */
export function insertSegment(db: Db, body: Buffer): number {
  return Number(prepared(db).insert.run(body).lastInsertRowid);
}

/** Puts a stored segment on top of a bucket's stack: from here on it counts. */
export function pushSegment(db: Db, bucket: number, id: number, bytes: number, batch: number | null): void {
  prepared(db).push.run(bucket, id, batch, bytes);
}
