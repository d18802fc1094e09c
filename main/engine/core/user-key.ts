import { MAX_USER_ID_CHARS } from '../../../preload/contract/values.ts';

/**
 * What keeps a text from being a user's key, as the end of a sentence about it; undefined when nothing does. Any way in asks
 * here: a key that one kind of import takes names the same user in every other.
 */
export function userKeyFault(userId: string): string | undefined {
  if (userId === '') return 'is empty';
  if (userId.length > MAX_USER_ID_CHARS) return `is longer than ${MAX_USER_ID_CHARS} characters`;
  // The store keeps UTF-8, in which half a surrogate pair cannot be told from another.
  if (!userId.isWellFormed() || userId.includes('\0')) return 'holds half a character or a NUL';
  return undefined;
}

/** {@link userKeyFault} for valid UTF-8 without NUL; makes a text only of a key that may be too long. */
export function userKeyBytesFault(bytes: Buffer, start: number, end: number): string | undefined {
  if (end > start && end - start <= MAX_USER_ID_CHARS) return undefined;
  return userKeyFault(bytes.toString('utf8', start, end));
}
