import { hashKey, sameBytes } from '../../core/kernel/keys';
import { LENGTH_BYTES, MOST_USERS } from './layout';

export { reach } from '../../core/kernel/memory';

/*
 * Users of new profiles, each once, with row ids one behind the other: takes them as the file has them and gives them in the order of
 * the index by user, that of their bytes. Its memory holds, in this order, a hash table of users, by user the hash and the address
 * of the key, the keys (two bytes of length, then the bytes), and behind them whatever is read, sorted or written.
 */

const TABLE: i32 = 1024;
const SLOTS: i32 = 2 * MOST_USERS;
const LAST_SLOT: i32 = SLOTS - 1;
const USERS: i32 = TABLE + SLOTS * 4;
const USER_BYTES: i32 = 8;
const KEYS: i32 = USERS + MOST_USERS * USER_BYTES;

/** So many are removed sooner than the whole table is cleared. */
const FEW_USERS: i32 = MOST_USERS / 32;

/** A user to sort: eight bytes of the key, as a number, and the user. */
const ENTRY_BYTES: i32 = 16;
const PREFIX_BYTES: i32 = 8;

const QUOTE: i32 = 0x22;
const COMMA: i32 = 0x2c;
const COLON: i32 = 0x3a;
const ZERO: i32 = 0x30;
const OPEN_BRACE: i32 = 0x7b;
const CLOSE_BRACE: i32 = 0x7d;

/** How many users there are. */
export let count: i32 = 0;
/** Where the keys end. */
export let keysEnd: i32 = KEYS;
/** The row id of the first. */
let firstId: i32 = 0;

let sorted: i32 = 0;
/** How many bytes all keys begin with alike. */
let shared: i32 = 0;

/** Forgets all users; the next one has this row id. */
export function begin(id: i32): void {
  if (count > FEW_USERS) memory.fill(TABLE, 0, SLOTS * 4);
  else while (count > 0) removeLast();
  count = 0;
  keysEnd = KEYS;
  firstId = id;
}

/**
 * Adds users, the elements of a JSON array of texts without escapes; false, and none is added, where one of them is there already or
 * stands among them twice. What it reads may begin {@link LENGTH_BYTES} behind the keys: they grow more slowly than it is read.
 */
export function add(start: i32, end: i32): bool {
  const countBefore = count;
  const endBefore = keysEnd;
  let at = start;
  while (at < end) {
    const key = at + 1;
    at = key;
    while (load<u8>(at) !== QUOTE) at += 1;
    if (!addKey(key, at - key)) {
      while (count > countBefore) removeLast();
      keysEnd = endBefore;
      return false;
    }
    at += 2;
  }
  return true;
}

function addKey(key: i32, length: i32): bool {
  const hash = hashKey(key, length);
  let slot = hash & LAST_SLOT;
  for (let user = userIn(slot); user >= 0; user = userIn(slot)) {
    if (hashOf(user) === hash && lengthOf(user) === length && sameBytes(keyOf(user), key, length))
      return false;
    slot = (slot + 1) & LAST_SLOT;
  }
  store<i32>(TABLE + slot * 4, count + 1);
  store<i32>(USERS + count * USER_BYTES, hash);
  store<i32>(USERS + count * USER_BYTES + 4, keysEnd);
  store<u16>(keysEnd, length);
  memory.copy(keysEnd + LENGTH_BYTES, key, length);
  keysEnd += LENGTH_BYTES + length;
  count += 1;
  return true;
}

/** Removes the user that was added last, in whose slot nobody else has been looked for since. */
function removeLast(): void {
  let slot = hashOf(count - 1) & LAST_SLOT;
  while (userIn(slot) !== count - 1) slot = (slot + 1) & LAST_SLOT;
  store<i32>(TABLE + slot * 4, 0);
  count -= 1;
}

/** The user in a slot, -1 where it is free. */
function userIn(slot: i32): i32 {
  return load<i32>(TABLE + slot * 4) - 1;
}

function hashOf(user: i32): i32 {
  return load<i32>(USERS + user * USER_BYTES);
}

function keyOf(user: i32): i32 {
  return load<i32>(USERS + user * USER_BYTES + 4) + LENGTH_BYTES;
}

function lengthOf(user: i32): i32 {
  return load<u16>(load<i32>(USERS + user * USER_BYTES + 4));
}

/** What {@link sort} takes behind the keys, and what is written stands behind that. */
export function sortedBytes(): i32 {
  return 2 * count * ENTRY_BYTES + ENTRY_BYTES;
}

/** Sorts the users by the bytes of their keys. */
export function sort(): void {
  const first = (keysEnd + ENTRY_BYTES - 1) & -ENTRY_BYTES;
  shared = sharedBytes();
  for (let user = 0; user < count; user += 1) {
    store<u64>(first + user * ENTRY_BYTES, prefixOf(user));
    store<i32>(first + user * ENTRY_BYTES + PREFIX_BYTES, user);
  }
  let from = first;
  let to = first + count * ENTRY_BYTES;
  for (let width: i32 = 1; width < count; width *= 2) {
    for (let start: i32 = 0; start < count; start += 2 * width) {
      const middle = min(start + width, count);
      merge(
        from + start * ENTRY_BYTES,
        from + middle * ENTRY_BYTES,
        from + min(middle + width, count) * ENTRY_BYTES,
        to + start * ENTRY_BYTES,
      );
    }
    const other = from;
    from = to;
    to = other;
  }
  sorted = from;
}

/** Merges two sorted runs, the second from `middle` on. */
function merge(first: i32, middle: i32, end: i32, to: i32): void {
  let left = first;
  let right = middle;
  let at = to;
  while (left < middle && right < end) {
    let taken = left;
    if (isBefore(right, left)) {
      taken = right;
      right += ENTRY_BYTES;
    } else left += ENTRY_BYTES;
    memory.copy(at, taken, ENTRY_BYTES);
    at += ENTRY_BYTES;
  }
  memory.copy(at, left, middle - left);
  memory.copy(at + middle - left, right, end - right);
}

function isBefore(a: i32, b: i32): bool {
  const prefixA = load<u64>(a);
  const prefixB = load<u64>(b);
  if (prefixA !== prefixB) return prefixA < prefixB;
  const userA = load<i32>(a + PREFIX_BYTES);
  const userB = load<i32>(b + PREFIX_BYTES);
  const lengthA = lengthOf(userA);
  const lengthB = lengthOf(userB);
  const order = memory.compare(keyOf(userA), keyOf(userB), min(lengthA, lengthB));
  return order === 0 ? lengthA < lengthB : order < 0;
}

function sharedBytes(): i32 {
  let most = lengthOf(0);
  for (let user = 1; user < count && most > 0; user += 1) {
    most = min(most, lengthOf(user));
    let same: i32 = 0;
    while (same < most && load<u8>(keyOf(user) + same) === load<u8>(keyOf(0) + same)) same += 1;
    most = same;
  }
  return most;
}

/** The bytes of a key behind those that all share, the first the highest; zeros behind its end. */
function prefixOf(user: i32): u64 {
  const left = lengthOf(user) - shared;
  if (left <= 0) return 0;
  const bytes = bswap(load<u64>(keyOf(user) + shared));
  return left < PREFIX_BYTES ? bytes & (~(<u64>0) << (<u64>(PREFIX_BYTES - left) * 8)) : bytes;
}

/** Writes sorted users as a JSON object, each with its row id, and gives the address behind it. */
export function write(from: i32, to: i32, room: i32): i32 {
  let at = room;
  store<u8>(at, OPEN_BRACE);
  at += 1;
  for (let n = from; n < to; n += 1) {
    const user = load<i32>(sorted + n * ENTRY_BYTES + PREFIX_BYTES);
    const length = lengthOf(user);
    if (n > from) {
      store<u8>(at, COMMA);
      at += 1;
    }
    store<u8>(at, QUOTE);
    memory.copy(at + 1, keyOf(user), length);
    at += 1 + length;
    store<u8>(at, QUOTE);
    store<u8>(at + 1, COLON);
    at = writeNumber(at + 2, firstId + user);
  }
  store<u8>(at, CLOSE_BRACE);
  return at + 1;
}

function writeNumber(at: i32, number: i32): i32 {
  let end = at + 1;
  for (let rest = number / 10; rest > 0; rest /= 10) end += 1;
  let rest = number;
  for (let digit = end - 1; digit >= at; digit -= 1) {
    store<u8>(digit, ZERO + (rest % 10));
    rest /= 10;
  }
  return end;
}
