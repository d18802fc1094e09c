import type { Instant } from '../core/instant.ts';
import { createMassWriter, type MassChange, type MassOrigin } from '../history/mass-writer.ts';
import { MIN_PACKED } from '../history/pack.ts';
import type { Db } from '../store/store.ts';
import { readUsers } from './bucket.ts';
import { type ChangeCounts, createCountNotes, createMover, writeLive } from './live-rows.ts';
import { type SetHow, setOne } from './membership.ts';
import type { UserList, UserPart } from './user-list.ts';

/** Tasks in the order in which they must run, by many in one transaction each; `settle` ends a transaction. */
export interface Pass {
  readonly tasks: readonly (() => void)[];
  settle(): void;
}

/** How many users' memberships are set. */
export interface MassSetting extends SetHow {
  readonly origin: MassOrigin;
  /** Kept up to date. */
  readonly counts: ChangeCounts;
  /** Whether a user's changes have to be rows, as one may be removed. */
  readonly isApart: (userId: string) => boolean;
  /** Told of users whose memberships have been set. */
  readonly onSet: (userIds: readonly string[]) => void;
}

/** Users of one task: those of a bucket or two, some milliseconds. */
const USERS_PER_TASK = 64;

/**
 * Sets the memberships of many users as `setMembershipsOfUsers` does, but by bucket and with the history in packs: three passes,
 * each to be run before the next is asked for. History and member counts
 * come before the memberships: taking a batch back goes by its history, and turning a change round that never reached the
 * memberships leaves them as they are.
 */
export function setInMass(db: Db, users: UserList, how: MassSetting): Generator<Pass, void, void> {
  return passesOf(db, users.byBucket(USERS_PER_TASK), how);
}

function* passesOf(
  db: Db,
  parts: readonly UserPart[],
  { origin, counts, onSet, isApart, ...how }: MassSetting,
): Generator<Pass, void, void> {
  const changes = createChanges(parts.reduce((users, { length }) => users + length, 0));
  const mover = createMover(changes.add, counts);
  yield {
    tasks: parts.map((part) => () => {
      const users = part.users();
      const present = readUsers(db, new Set(users.map(({ userId }) => userId)));
      for (const user of users) {
        changes.begin();
        setOne(mover, user, present.get(user.userId) ?? new Map(), how);
      }
    }),
    settle: () => undefined,
  };

  const history = createMassWriter(db, origin, { packed: changes.count() >= MIN_PACKED });
  const members = createCountNotes();
  yield {
    tasks: placed(parts).map(({ part, first }) => () => {
      for (let n = 0; n < part.length; n += 1) {
        const userId = part.userId(n);
        const apart = isApart(userId);
        for (const change of changes.of(first + n, userId)) {
          history.add(change, apart);
          members.add(change);
        }
      }
    }),
    settle() {
      history.flush();
      members.write(db);
    },
  };

  yield {
    tasks: placed(parts).map(({ part, first }) => () => {
      const userIds = Array.from({ length: part.length }, (_, n) => part.userId(n));
      writeLive(
        db,
        userIds.flatMap((userId, n) => changes.of(first + n, userId)),
      );
      onSet(userIds);
    }),
    settle: () => undefined,
  };
}

/** Parts with the place of their first users among all. */
function placed(parts: readonly UserPart[]): { readonly part: UserPart; readonly first: number }[] {
  let end = 0;
  return parts.map((part) => {
    const first = end;
    end += part.length;
    return { part, first };
  });
}

/** The changes of many users in numbers: as objects they were the larger part of an import's memory. */
function createChanges(users: number) {
  const starts = new Uint32Array(users + 1);
  /** Of each change the audience's row id, negative where it is left, and which of the instants it has. */
  let audiences = new Int32Array(users);
  let enters = new Uint32Array(users);
  let ats = new Uint32Array(users);
  const instants: Instant[] = [];
  let begun = 0;
  let count = 0;

  /** The import's own instant is that of nearly all of them. */
  function placeOf(instant: Instant): number {
    if (instant === instants[0]) return 0;
    return instant === instants.at(-1) ? instants.length - 1 : instants.push(instant) - 1;
  }

  function grow(): void {
    audiences = resized(audiences, new Int32Array(count * 2));
    enters = resized(enters, new Uint32Array(count * 2));
    ats = resized(ats, new Uint32Array(count * 2));
  }

  return {
    /** Begins the next user. */
    begin(): void {
      starts[begun] = count;
      begun += 1;
      starts[begun] = count;
    },
    add({ audienceId, event, enter, at }: MassChange): void {
      if (count === audiences.length) grow();
      audiences[count] = event === 'enter' ? audienceId : -audienceId;
      ats[count] = placeOf(at);
      enters[count] = placeOf(enter);
      count += 1;
      starts[begun] = count;
    },
    count: () => count,
    /** The changes of the nth user, whose key this is. */
    of(user: number, userId: string): MassChange[] {
      const found: MassChange[] = [];
      for (let i = starts[user] ?? 0; i < (starts[user + 1] ?? 0); i += 1) {
        const audienceId = audiences[i] as number;
        found.push({
          userId,
          audienceId: Math.abs(audienceId),
          event: audienceId > 0 ? 'enter' : 'exit',
          enter: instants[enters[i] as number] as Instant,
          at: instants[ats[i] as number] as Instant,
        });
      }
      return found;
    },
  };
}

function resized<T extends Int32Array | Uint32Array>(from: T, to: T): T {
  to.set(from);
  return to;
}
