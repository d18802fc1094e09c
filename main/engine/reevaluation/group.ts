import { SHARED_THREAD } from '../core/shared-thread.ts';

/**
 * Users that are read, evaluated and written together. Thousands share the pages of the store that they stand on and the
 * membership buckets that they fall into, a fifth of the work at a million profiles; where others wait for this thread a group
 * has to be short.
 */
export const FIRST_GROUP = 256;
const MOST_USERS = SHARED_THREAD ? FIRST_GROUP : 16_384;
/** About how much profile text one group holds, in characters. */
const GROUP_CHARS = 4_000_000;

/** How many users to take next, by the size of the profiles of the group before. */
export function nextGroup(users: number, textChars: number): number {
  const fitting = Math.floor((GROUP_CHARS * users) / Math.max(1, textChars));
  return Math.max(FIRST_GROUP, Math.min(MOST_USERS, fitting));
}
