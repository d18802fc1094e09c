import { type KernelGlobal, type KernelMemory, openKernel } from '../core/kernel.ts';
import type { Db } from '../store/store.ts';
import { LENGTH_BYTES, MOST_USERS } from './kernel/layout.ts';

/** What kernel/new-users.ts exports; its doc comments say what each is. */
interface NewUsersKernel extends KernelMemory {
  readonly count: KernelGlobal;
  readonly keysEnd: KernelGlobal;
  begin(id: number): void;
  add(start: number, end: number): number;
  sortedBytes(): number;
  sort(): void;
  write(from: number, to: number, room: number): number;
}

/** Where the keys may end for more users to wait, an address in the kernel's memory: behind some 45 MB of them. */
const LAST_KEYS_END = 64 * 1024 * 1024;
/** Users that are entered between two looks at the clock. */
const USERS_PER_STEP = 8192;
/** What is written of a user beside the key: quotes, colon, comma, and a row id. */
const WRITTEN_BYTES = 4 + 10;
/** What a kernel may read behind a key. */
const READ_AHEAD = 16;

/**
 * Users of packed profiles who are not in the index by user yet: entering them in its order, a million at a time, writes each page of
 * it once. Until then nobody finds these profiles by user.
 */
export interface NewUsers {
  /** Whether so many more may wait. */
  hasRoom(count: number): boolean;
  /**
   * Has users wait, whose profiles have the row ids next to those of the ones that already do.
   *
   * @param keys the elements of a JSON array, texts without escapes
   * @returns false, and none of them waits, where one does already, stands among them twice or is in the store
   */
  add(keys: Buffer, firstId: number): boolean;
  /** Enters those that wait, in steps. */
  enter(): Generator<void, void, void>;
}

/** Opens the waiting of users, as long as nobody else uses the store. */
export function openNewUsers(db: Db): NewUsers {
  const isStored = db
    .prepare<[string], number>(
      `SELECT EXISTS (SELECT 1 FROM json_each(?) AS new WHERE EXISTS (SELECT 1 FROM packed_profile WHERE user_id = new.value)
         OR EXISTS (SELECT 1 FROM profile_row WHERE user_id = new.value))`,
    )
    .pluck();
  const hasProfiles = db
    .prepare<[], number>('SELECT EXISTS (SELECT 1 FROM packed_profile) OR EXISTS (SELECT 1 FROM profile_row)')
    .pluck();
  const insert = db.prepare<[string]>('INSERT INTO packed_profile SELECT key, value FROM json_each(?)');
  let kernel: NewUsersKernel | undefined;
  const waiting = () => kernel?.count.value ?? 0;

  /** So many bytes of the kernel's memory. */
  function memoryFrom({ reach, memory }: NewUsersKernel, address: number, size: number): Buffer {
    reach(address + size);
    return Buffer.from(memory.buffer, address, size);
  }

  return {
    hasRoom(count) {
      return waiting() + count <= MOST_USERS && (kernel?.keysEnd.value ?? 0) < LAST_KEYS_END;
    },
    add(keys, firstId) {
      if (waiting() === 0) {
        kernel ??= openKernel<NewUsersKernel>(import.meta.url, 'new-users.wasm', {});
        kernel.begin(firstId);
      }
      if (kernel === undefined) return false;
      if (hasProfiles.get() === 1 && isStored.get(`[${keys.toString()}]`) === 1) return false;
      const start = kernel.keysEnd.value + LENGTH_BYTES;
      keys.copy(memoryFrom(kernel, start, keys.length + READ_AHEAD));
      return kernel.add(start, start + keys.length) !== 0;
    },
    *enter() {
      const count = waiting();
      if (kernel === undefined || count === 0) return;
      const room = kernel.keysEnd.value + kernel.sortedBytes();
      const written = memoryFrom(kernel, room, kernel.keysEnd.value + USERS_PER_STEP * WRITTEN_BYTES);
      kernel.sort();
      for (let from = 0; from < count; from += USERS_PER_STEP) {
        const end = kernel.write(from, Math.min(from + USERS_PER_STEP, count), room);
        insert.run(written.toString('utf8', 0, end - room));
        yield;
      }
      kernel.begin(0);
    },
  };
}
