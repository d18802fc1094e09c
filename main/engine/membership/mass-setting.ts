import type { Instant } from '../core/instant.ts';
import { createMassWriter, type MassChange, type MassOrigin } from '../history/mass-writer.ts';
import { MIN_PACKED } from '../history/pack.ts';
import type { Db } from '../store/store.ts';
import { readUsers } from './bucket.ts';
import { type ChangeCounts, createCountNotes, createMover, writeLive } from './live-rows.ts';
import { byBucket, type SetHow, setOne, type UserAudiences } from './membership.ts';

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
export function setInMass(
  db: Db,
  users: readonly UserAudiences[],
  how: MassSetting,
): Generator<Pass, void, void> {
  return passesOf(db, byBucket(users, USERS_PER_TASK), how);
}

function* passesOf(
  db: Db,
  lists: UserAudiences[][],
  { origin, counts, onSet, isApart, ...how }: MassSetting,
): Generator<Pass, void, void> {
  const userIds = lists.flatMap((list) => list.map(({ userId }) => userId));
  const lengths = lists.map(({ length }) => length);
  const changes = createChanges(userIds);
  const mover = createMover(changes.add, counts);
  yield {
    tasks: lists.map((list) => () => {
      const present = readUsers(db, new Set(list.map(({ userId }) => userId)));
      for (const user of list) {
        changes.begin();
        setOne(mover, user, present.get(user.userId) ?? new Map(), how);
      }
    }),
    settle: () => undefined,
  };

  // What users are to be in is in the changes, and would stay in memory.
  lists.length = 0;
  const history = createMassWriter(db, origin, { packed: changes.count() >= MIN_PACKED });
  const members = createCountNotes();
  yield {
    tasks: spansOf(lengths).map(([first, end]) => () => {
      for (let user = first; user < end; user += 1) {
        const apart = isApart(userIds[user] ?? '');
        for (const change of changes.of(user)) {
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
    tasks: spansOf(lengths).map(([first, end]) => () => {
      const own: MassChange[] = [];
      for (let user = first; user < end; user += 1) own.push(...changes.of(user));
      writeLive(db, own);
      onSet(userIds.slice(first, end));
    }),
    settle: () => undefined,
  };
}

/** Where lists of these lengths, one behind the other, begin and end. */
function spansOf(lengths: readonly number[]): [first: number, end: number][] {
  let end = 0;
  return lengths.map((length) => {
    end += length;
    return [end - length, end];
  });
}

/** The changes of many users in numbers: as objects they were the larger part of an import's memory. */
function createChanges(userIds: readonly string[]) {
  const starts = new Uint32Array(userIds.length + 1);
  /** Of each change the audience's row id, negative where it is left, and which of the instants it has. */
  let audiences = new Int32Array(userIds.length);
  let enters = new Uint32Array(userIds.length);
  let ats = new Uint32Array(userIds.length);
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
    of(user: number): MassChange[] {
      const userId = userIds[user] ?? '';
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
