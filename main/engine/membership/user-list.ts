import type { Instant } from '../core/instant.ts';
import { BUCKETS, bucketOfHash, MAX_KEY_BYTES, wordsOfKey } from './key.ts';
import type { UserAudiences } from './membership.ts';

/**
 * Users with the audiences that an import says they are in, in numbers and bytes: objects take several times as much, and the more of
 * them are set together the fewer times each bucket is written.
 */
export interface UserList {
  length(): number;
  add(user: UserAudiences & { readonly audienceIds: readonly number[] }): void;
  /** Parts of `atLeast` users or more, the last one maybe of fewer, in the order of their buckets; none are added from then on. */
  byBucket(atLeast: number): UserPart[];
}

/** The users of one or some whole buckets, those of one user in the order in which they came. */
export interface UserPart {
  readonly length: number;
  /** The key of the nth. */
  userId(n: number): string;
  users(): UserAudiences[];
}

const FIRST_ROOM = 1024;

/** An empty list. */
export function createUserList(): UserList {
  let keys = Buffer.alloc(FIRST_ROOM * 16);
  let keyEnds = new Uint32Array(FIRST_ROOM);
  let buckets = new Uint16Array(FIRST_ROOM);
  let audiences = new Uint32Array(FIRST_ROOM);
  let audienceEnds = new Uint32Array(FIRST_ROOM);
  /** Nearly all of them one and the same object. */
  const instants: Instant[] = [];
  const endOf = (ends: Uint32Array, n: number) => (n < 0 ? 0 : (ends[n] ?? 0));

  const userIdAt = (n: number) => keys.toString('utf8', endOf(keyEnds, n - 1), endOf(keyEnds, n));

  function userAt(n: number): UserAudiences {
    const audienceIds: number[] = [];
    const end = endOf(audienceEnds, n);
    // Array.from of a part of the array took as long as all else here.
    for (let at = endOf(audienceEnds, n - 1); at < end; at += 1) audienceIds.push(audiences[at] ?? 0);
    return { userId: userIdAt(n), audienceIds, at: instants[n] as Instant };
  }

  /** The users' places in the order of their buckets, and where each bucket ends in it. */
  function sorted(): { order: Uint32Array; ends: Uint32Array } {
    const ends = new Uint32Array(BUCKETS);
    const count = instants.length;
    for (let n = 0; n < count; n += 1) addTo(ends, buckets[n] ?? 0);
    let end = 0;
    for (let bucket = 0; bucket < BUCKETS; bucket += 1) {
      const users = ends[bucket] ?? 0;
      ends[bucket] = end;
      end += users;
    }
    const order = new Uint32Array(count);
    for (let n = 0; n < count; n += 1) order[addTo(ends, buckets[n] ?? 0) - 1] = n;
    return { order, ends };
  }

  function partOf(order: Uint32Array): UserPart {
    return {
      length: order.length,
      userId: (n) => userIdAt(order[n] ?? 0),
      users: () => Array.from(order, userAt),
    };
  }

  return {
    length: () => instants.length,
    add({ userId, audienceIds, at }) {
      const n = instants.push(at) - 1;
      const [keyStart, audienceStart] = [endOf(keyEnds, n - 1), endOf(audienceEnds, n - 1)];
      keys = withRoom(keys, keyStart + MAX_KEY_BYTES, (size) => Buffer.alloc(size));
      keyEnds = withRoom(keyEnds, n + 1, (size) => new Uint32Array(size));
      buckets = withRoom(buckets, n + 1, (size) => new Uint16Array(size));
      audiences = withRoom(audiences, audienceStart + audienceIds.length, (size) => new Uint32Array(size));
      audienceEnds = withRoom(audienceEnds, n + 1, (size) => new Uint32Array(size));
      buckets[n] = bucketOfHash(wordsOfKey(userId).hash);
      keyEnds[n] = keyStart + keys.write(userId, keyStart);
      audiences.set(audienceIds, audienceStart);
      audienceEnds[n] = audienceStart + audienceIds.length;
    },
    byBucket(atLeast) {
      const { order, ends } = sorted();
      const parts: UserPart[] = [];
      let first = 0;
      for (const end of ends) {
        if (end - first < atLeast && end < order.length) continue;
        if (end > first) parts.push(partOf(order.subarray(first, end)));
        first = end;
      }
      return parts;
    },
  };
}

function addTo(counts: Uint32Array, place: number): number {
  const count = (counts[place] ?? 0) + 1;
  counts[place] = count;
  return count;
}

/** An array with room for so many, twice as large where it has not. */
function withRoom<T extends Buffer | Uint16Array | Uint32Array>(
  array: T,
  count: number,
  make: (length: number) => T,
): T {
  if (count <= array.length) return array;
  const larger = make(Math.max(count, array.length * 2));
  larger.set(array);
  return larger;
}
