import type Database from 'better-sqlite3';
import type { ChangeCause } from '../../../preload/contract/values.ts';
import { SegueError } from '../core/errors.ts';
import { compareInstants, type Instant } from '../core/instant.ts';
import { insertChanges, type NewChange } from '../history/insert.ts';
import { prepareRows, type Row, type RowsInsert } from '../store/rows.ts';
import type { Db } from '../store/store.ts';
import type { UserMemberships } from './bucket.ts';
import { foldBucket, type PairState } from './fold.ts';
import { bucketOf } from './key.ts';
import { MAX_AUDIENCE_ID } from './segment.ts';

/** Which import, or tick, a change belongs to and why it happened. */
export interface ChangeOrigin {
  readonly batch: number;
  readonly cause: ChangeCause;
}

/** Changes that took place; what was already so does not count. */
export interface ChangeCounts {
  entered: number;
  exited: number;
}

interface LiveStatements {
  readonly upsert: RowsInsert;
  readonly count: Database.Statement;
}

const liveStatements = new WeakMap<Db, LiveStatements>();

function prepared(db: Db): LiveStatements {
  let found = liveStatements.get(db);
  if (found === undefined) {
    found = {
      upsert: prepareRows(db, {
        into: 'membership_live',
        columns: 6,
        onConflict: `ON CONFLICT DO UPDATE SET
         member = excluded.member, enter_ms = excluded.enter_ms, enter_code = excluded.enter_code`,
      }),
      count: db.prepare(
        'INSERT INTO membership_count VALUES (?, ?) ON CONFLICT DO UPDATE SET members = members + excluded.members',
      ),
    };
    liveStatements.set(db, found);
  }
  return found;
}

/** Puts one pair's live row: a member since an instant, or (null) not a member. Counts and history are the caller's. */
export function putLive(db: Db, userId: string, audienceId: number, enteredAt: Instant | null): void {
  refuseBeyondLimit(audienceId);
  prepared(db).upsert([liveRow(bucketOf(userId), { userId, audienceId, enteredAt })]);
}

function liveRow(bucket: number, { userId, audienceId, enteredAt }: PairState): Row {
  return [
    bucket,
    userId,
    audienceId,
    enteredAt === null ? 0 : 1,
    enteredAt?.ms ?? null,
    enteredAt?.code ?? null,
  ];
}

/** A segment has two bytes for it. */
function refuseBeyondLimit(audienceId: number): void {
  if (audienceId > MAX_AUDIENCE_ID) {
    throw new SegueError(
      'LIMIT_EXCEEDED',
      `A workspace keeps memberships of at most ${MAX_AUDIENCE_ID} audiences. Use another workspace for more.`,
      { limit: MAX_AUDIENCE_ID, audienceId },
    );
  }
}

/** Adds to an audience's member count. */
export function addToCount(db: Db, audienceId: number, members: number): void {
  prepared(db).count.run(audienceId, members);
}

/** Collects changes of memberships that the caller has read, and keeps what was read up to date. */
export interface LiveWriter {
  enter(present: UserMemberships, userId: string, audienceId: number, at: Instant, enteredAt: Instant): void;
  exit(present: UserMemberships, userId: string, audienceId: number, at: Instant): void;
  /** Writes memberships, history and member counts; more may follow. */
  finish(): void;
}

/** Changes that are held until they are written. */
const MOST_HELD = 16_384;

/** Opens a writer of one origin's changes; `counts` is kept up to date. */
export function liveWriter(db: Db, { batch, cause }: ChangeOrigin, counts: ChangeCounts): LiveWriter {
  const perAudience = new Map<number, number>();
  let held: NewChange[] = [];
  function write(): void {
    writeLive(db, held);
    insertChanges(db, held);
    held = [];
  }
  function add(change: NewChange, members: 1 | -1): void {
    held.push(change);
    perAudience.set(change.audienceId, (perAudience.get(change.audienceId) ?? 0) + members);
    if (held.length === MOST_HELD) write();
  }
  return {
    enter(present, userId, audienceId, at, enteredAt) {
      if (present.has(audienceId)) return;
      present.set(audienceId, enteredAt);
      add({ at, userId, audienceId, event: 'enter', enter: enteredAt, exit: null, cause, batch }, 1);
      counts.entered += 1;
    },
    exit(present, userId, audienceId, at) {
      const enteredAt = present.get(audienceId);
      if (enteredAt === undefined) return;
      // A source's clock may run behind: an interval never ends before it began.
      const exit = compareInstants(at, enteredAt) < 0 ? enteredAt : at;
      present.delete(audienceId);
      add({ at: exit, userId, audienceId, event: 'exit', enter: enteredAt, exit, cause, batch }, -1);
      counts.exited += 1;
    },
    finish() {
      write();
      for (const [audienceId, members] of perAudience) addToCount(db, audienceId, members);
      perAudience.clear();
    },
  };
}

/** Changes of one bucket that are written as a segment: fewer are added to the table of live rows in less time. */
const MANY_OF_BUCKET = 32;

/** By bucket, so that each page of the table is written once; of several changes of one pair the last one stays. */
function writeLive(db: Db, changes: readonly NewChange[]): void {
  const pairs = changes.map(({ userId, audienceId, event, enter }) => {
    refuseBeyondLimit(audienceId);
    return { userId, audienceId, enteredAt: event === 'enter' ? enter : null };
  });
  // A user's changes mostly follow each other.
  let last = { userId: '', bucket: bucketOf('') };
  const buckets = Map.groupBy(pairs, ({ userId }) => {
    if (userId !== last.userId) last = { userId, bucket: bucketOf(userId) };
    return last.bucket;
  });
  const rows: Row[] = [];
  for (const [bucket, own] of [...buckets].sort(([a], [b]) => a - b)) {
    if (own.length < MANY_OF_BUCKET) rows.push(...own.map((pair) => liveRow(bucket, pair)));
    else foldBucket(db, bucket, own);
  }
  prepared(db).upsert(rows);
}
