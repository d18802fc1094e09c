import type { Instant } from '../core/instant.ts';
import { wordsOfKey } from '../membership/key.ts';
import type { Db } from '../store/store.ts';
import { insertChanges, type NewChange, takeNumbers } from './insert.ts';
import { createPackWriter, type PackedCause, type PackedChange } from './pack.ts';
import { openSweep } from './packs.ts';

/** An enter or an exit, as far as it is not the same for each of its import. */
export interface MassChange extends PackedChange {
  readonly at: Instant;
}

/** What the changes of one import have in common; `at` is the instant that most of them are at. */
export interface MassOrigin {
  readonly batch: number;
  readonly cause: PackedCause;
  readonly at: Instant;
}

/** Writes changes of many users, who come in the order of their buckets. */
export interface MassWriter {
  /**
   * Adds a change in the caller's transaction, which must `flush` before it ends or anybody reads.
   *
   * @param apart whether it has to be a row of its own
   */
  add(change: MassChange, apart: boolean): void;
  flush(): void;
}

/** Opens a writer that packs changes at the origin's instant, if they are to be packed; the others become rows. */
export function createMassWriter(
  db: Db,
  { batch, cause, at }: MassOrigin,
  { packed }: { packed: boolean },
): MassWriter {
  const sweep = openSweep(db, { batch, cause, at });
  const packs = createPackWriter((pack) => sweep.add(pack, takeNumbers(db, pack.enters + pack.exits)));
  let rows: NewChange[] = [];
  let packedUser: string | undefined;

  return {
    add(change, apart) {
      const { userId, audienceId, event, enter, at: own } = change;
      if (!packed || apart || own.ms !== at.ms || own.code !== at.code) {
        rows.push({ ...change, exit: event === 'exit' ? own : null, cause, batch });
        return;
      }
      if (userId !== packedUser) {
        const { words, length, hash } = wordsOfKey(userId);
        packs.user(words, 0, length, hash);
        packedUser = userId;
      }
      packs.change(audienceId, event, enter);
    },
    flush() {
      packs.finish();
      sweep.settle();
      insertChanges(db, rows);
      rows = [];
      packedUser = undefined;
    },
  };
}
