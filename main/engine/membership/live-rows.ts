import type Database from 'better-sqlite3';
import type { ChangeCause } from '../../../preload/contract/values.ts';
import { SegueError } from '../core/errors.ts';
import { compareInstants, type Instant } from '../core/instant.ts';
import { insertChanges } from '../history/insert.ts';
import type { MassChange } from '../history/mass-writer.ts';
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

/** Makes changes of memberships that the caller has read, and keeps what was read up to date. */
export interface Mover {
  enter(present: UserMemberships, userId: string, audienceId: number, at: Instant, enteredAt: Instant): void;
  exit(present: UserMemberships, userId: string, audienceId: number, at: Instant): void;
}

/** Gives each change that takes place to `add`; `counts` is kept up to date. */
export function createMover(add: (change: MassChange) => void, counts: ChangeCounts): Mover {
  return {
    enter(present, userId, audienceId, at, enteredAt) {
      if (present.has(audienceId)) return;
      present.set(audienceId, enteredAt);
      add({ at, userId, audienceId, event: 'enter', enter: enteredAt });
      counts.entered += 1;
    },
    exit(present, userId, audienceId, at) {
      const enteredAt = present.get(audienceId);
      if (enteredAt === undefined) return;
      // A source's clock may run behind: an interval never ends before it began.
      const exit = compareInstants(at, enteredAt) < 0 ? enteredAt : at;
      present.delete(audienceId);
      add({ at: exit, userId, audienceId, event: 'exit', enter: enteredAt });
      counts.exited += 1;
    },
  };
}

/** Collects how member counts change. */
export interface CountNotes {
  add(change: Pick<MassChange, 'audienceId' | 'event'>): void;
  /** Writes what was added since the last call. */
  write(db: Db): void;
}

export function createCountNotes(): CountNotes {
  const perAudience = new Map<number, number>();
  return {
    add({ audienceId, event }) {
      perAudience.set(audienceId, (perAudience.get(audienceId) ?? 0) + (event === 'enter' ? 1 : -1));
    },
    write(db) {
      for (const [audienceId, members] of perAudience) addToCount(db, audienceId, members);
      perAudience.clear();
    },
  };
}

/** Collects changes of memberships and writes them. */
export interface LiveWriter extends Mover {
  /** Writes memberships, history and member counts; more may follow. */
  finish(): void;
}

/** Changes that are held until they are written. */
const MOST_HELD = 16_384;

/** Opens a writer of one origin's changes; `counts` is kept up to date. */
export function liveWriter(db: Db, { batch, cause }: ChangeOrigin, counts: ChangeCounts): LiveWriter {
  const members = createCountNotes();
  let held: MassChange[] = [];
  function write(): void {
    writeLive(db, held);
    const exitOf = ({ event, at }: MassChange) => (event === 'exit' ? at : null);
    insertChanges(
      db,
      held.map((change) => ({ ...change, exit: exitOf(change), cause, batch })),
    );
    held = [];
  }
  function add(change: MassChange): void {
    held.push(change);
    members.add(change);
    if (held.length === MOST_HELD) write();
  }
  return {
    ...createMover(add, counts),
    finish() {
      write();
      members.write(db);
    },
  };
}

/** Changes of one bucket that are written as a segment: fewer are added to the table of live rows in less time. */
const MANY_OF_BUCKET = 32;

/** Writes memberships by bucket, so that each page of the table is written once; of several changes of one pair the last one stays. */
export function writeLive(db: Db, changes: readonly MassChange[]): void {
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
