import type { Instant } from '../core/instant.ts';
import type { Db } from '../store/store.ts';
import { nextBucket, readBucket, readUser, readUsers, type UserMemberships } from './bucket.ts';
import { bucketOf } from './key.ts';
import { type ChangeCounts, type ChangeOrigin, liveWriter, type Mover } from './live-rows.ts';

/** One pair of the store. `audienceId` is the audience's row id. */
export interface Membership {
  readonly userId: string;
  readonly audienceId: number;
  readonly enteredAt: Instant;
}

/** One user entering or leaving one audience. */
export interface MembershipChange {
  readonly userId: string;
  readonly audienceId: number;
  readonly event: 'enter' | 'exit';
  readonly at: Instant;
}

/** A user's memberships as a map that the caller may change, in no particular order. */
export function readMemberships(db: Db, userId: string): UserMemberships {
  return readUser(db, userId);
}

/** As {@link readMemberships} for many users, read together; each of them is in the answer. */
export function readMembershipsOf(db: Db, userIds: ReadonlySet<string>): Map<string, UserMemberships> {
  return readUsers(db, userIds);
}

/** A user's memberships by audience row id, lowest first. */
export function membershipsOf(db: Db, userId: string): { audienceId: number; enteredAt: Instant }[] {
  return sorted(readUser(db, userId));
}

function sorted(memberships: UserMemberships): { audienceId: number; enteredAt: Instant }[] {
  return [...memberships]
    .map(([audienceId, enteredAt]) => ({ audienceId, enteredAt }))
    .sort((a, b) => a.audienceId - b.audienceId);
}

/** Present members per audience row id; an audience without members may be missing. */
export function memberCounts(db: Db): Map<number, number> {
  const rows = db
    .prepare<[], { audience_id: number; members: number }>(
      'SELECT audience_id, members FROM membership_count',
    )
    .all();
  return new Map(rows.map(({ audience_id, members }) => [audience_id, members]));
}

/**
 * The members of the given audiences, a user's pairs together, in an order that stays the same (by bucket, then by key),
 * so that a reader can go on after the last user that it has dealt with. Holds one bucket in memory; no statement stays
 * open between two members, so the caller may write meanwhile.
 *
 * @param after the key of a user: the iteration starts behind it
 */
export function* members(
  db: Db,
  audienceIds: Iterable<number>,
  { after }: { after?: string | undefined } = {},
): Generator<Membership, void, void> {
  const wanted = new Set(audienceIds);
  const first = after === undefined ? 0 : bucketOf(after);
  for (let bucket = nextBucket(db, first); bucket !== undefined; bucket = nextBucket(db, bucket + 1)) {
    const users = readBucket(db, bucket);
    for (const userId of [...users.keys()].sort(compareText)) {
      if (after !== undefined && bucket === first && compareText(userId, after) <= 0) continue;
      for (const { audienceId, enteredAt } of sorted(users.get(userId) ?? new Map())) {
        if (wanted.has(audienceId)) yield { userId, audienceId, enteredAt };
      }
    }
  }
}

function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

/**
 * Writes live changes (a profile import, a rule, the clock) in the caller's transaction: memberships, counts and history.
 * Entering what one is in, or leaving what one is not in, is no change. Changes apply in the order given.
 *
 * @throws LIMIT_EXCEEDED for an audience row id above 65,535
 */
export function applyMembershipChanges(
  db: Db,
  changes: Iterable<MembershipChange>,
  origin: ChangeOrigin,
): ChangeCounts {
  const counts = { entered: 0, exited: 0 };
  const write = liveWriter(db, origin, counts);
  const read = new Map<string, UserMemberships>();
  for (const { userId, audienceId, event, at } of changes) {
    const present = read.get(userId) ?? readUser(db, userId);
    read.set(userId, present);
    if (event === 'enter') write.enter(present, userId, audienceId, at, at);
    else write.exit(present, userId, audienceId, at);
  }
  write.finish();
  return counts;
}

/** Writes what rules say of many users in turn, in the caller's transaction. */
export interface MembershipWriter {
  /** What has been changed so far. */
  readonly counts: Readonly<ChangeCounts>;
  /**
   * Makes one user's memberships of the audiences `of` exactly those of `wanted`: first who leaves, lowest row id first,
   * then who enters, in the order of `wanted`. Others stay. `present` is what {@link readMemberships} gave, and is kept up to date.
   */
  replace(
    user: { userId: string; at: Instant; present: UserMemberships },
    what: { of: ReadonlySet<number>; wanted: ReadonlySet<number> },
  ): void;
  /** Lets one user leave what he is in and enter what he is not in, in the order given. */
  move(
    user: { userId: string; at: Instant; present: UserMemberships },
    what: { leaves: Iterable<number>; enters: Iterable<number> },
  ): void;
  /** Writes memberships, history and member counts, which nothing may read before. More may follow. */
  finish(): void;
}

/** Opens a writer for the changes of one origin. */
export function openMembershipWriter(db: Db, origin: ChangeOrigin): MembershipWriter {
  const counts = { entered: 0, exited: 0 };
  const write = liveWriter(db, origin, counts);
  const move: MembershipWriter['move'] = ({ userId, at, present }, { leaves, enters }) => {
    for (const id of leaves) write.exit(present, userId, id, at);
    for (const id of enters) write.enter(present, userId, id, at, at);
  };
  return {
    counts,
    move,
    replace(user, { of, wanted }) {
      const leaves = [...user.present.keys()].filter((id) => of.has(id) && !wanted.has(id));
      move(user, { leaves: leaves.sort((a, b) => a - b), enters: wanted });
    },
    finish: write.finish,
  };
}

/** A user's audiences at an instant, as an import states them. */
export interface UserAudiences {
  readonly userId: string;
  readonly audienceIds: Iterable<number>;
  readonly at: Instant;
  /** When the user entered an audience, where that is known; otherwise `at`. */
  readonly enteredAt?: ReadonlyMap<number, Instant>;
}

/**
 * Brings a user's memberships to what an import says, in the caller's transaction. Complete unless `partial`: the user
 * leaves every other audience, except those that `keep` names (audiences with a rule, which no import decides).
 */
export function setUserMemberships(db: Db, user: UserAudiences, how: SetMemberships): ChangeCounts {
  const counts = { entered: 0, exited: 0 };
  const write = liveWriter(db, how, counts);
  setOne(write, user, readUser(db, user.userId), how);
  write.finish();
  return counts;
}

/** As {@link setUserMemberships} for each of many users in turn (the same one may stand there twice), read and counted together. */
export function setMembershipsOfUsers(
  db: Db,
  users: readonly UserAudiences[],
  how: SetMemberships,
): ChangeCounts {
  const counts = { entered: 0, exited: 0 };
  const write = liveWriter(db, how, counts);
  const present = readUsers(db, new Set(users.map(({ userId }) => userId)));
  for (const user of users) setOne(write, user, present.get(user.userId) ?? new Map(), how);
  write.finish();
  return counts;
}

/** Which audiences are left alone. */
export interface SetHow {
  readonly partial?: boolean;
  readonly keep?: ReadonlySet<number>;
}

/** Whose changes they are, and which audiences they leave alone. */
export type SetMemberships = ChangeOrigin & SetHow;

/** What {@link setUserMemberships} does to a user whose memberships were read, as changes. */
export function setOne(
  write: Mover,
  { userId, audienceIds, at, enteredAt }: UserAudiences,
  present: UserMemberships,
  { partial = false, keep }: SetHow,
): void {
  const wanted = new Set(audienceIds);
  if (!partial) {
    for (const { audienceId } of sorted(present)) {
      if (!wanted.has(audienceId) && keep?.has(audienceId) !== true)
        write.exit(present, userId, audienceId, at);
    }
  }
  for (const audienceId of [...wanted].sort((a, b) => a - b)) {
    const since = enteredAt?.get(audienceId) ?? at;
    write.enter(present, userId, audienceId, since, since);
  }
}
