/* What the kernel of new users (WebAssembly, compiled from this folder) and the engine both know. */

/** Users that wait at most, a power of two. */
export const MOST_USERS = 1 << 20;
/** What the length of a key takes before its bytes. */
export const LENGTH_BYTES = 2;
