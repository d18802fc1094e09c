import type { Instant } from '../core/instant.ts';
import { insertChanges, type NewChange, takeNumbers } from '../history/insert.ts';
import type { MassChange } from '../history/mass-writer.ts';
import { changesOf, MIN_PACKED, type Pack } from '../history/pack.ts';
import { openSweep } from '../history/packs.ts';
import { type Db, inTransaction } from '../store/store.ts';
import { isAwaited } from '../store/turns.ts';
import type { ChangeStage } from './change-stage.ts';

/** Packs and rows of one transaction: some 30 ms of holding the write lock; and where nobody else waits for it. */
const PER_TRANSACTION = { packs: 64, rows: 2000 };
const PER_TRANSACTION_ALONE = { packs: 1024, rows: 16_000 };

/** Rows that are written between two looks whether the engine's thread waits to write. */
const ROWS_PER_LOOK = 500;

/** Sets aside an unbroken range of sequence numbers for a batch, whose changes nobody sees while the batch is running. */
export function reserveHistory(db: Db, batch: number, count: number): number {
  return inTransaction(db, () => {
    const first = takeNumbers(db, count);
    db.prepare('INSERT INTO batch_range VALUES (?, ?, ?)').run(batch, first, first + count - 1);
    return first;
  });
}

/**
 * Writes staged changes to history from a sequence number on, in many short transactions: in packs, or as rows where they are
 * few or late. Yields after each, with the changes written so far.
 *
 * @param at the snapshot's own instant
 */
export function* writeHistory(
  db: Db,
  stage: Pick<ChangeStage, 'count' | 'packs' | 'late'>,
  {
    batch,
    at,
    first,
    alone,
    onChange,
  }: {
    batch: number;
    at: Instant;
    first: number;
    alone: boolean;
    onChange: ((change: MassChange) => void) | undefined;
  },
): Generator<number, void, void> {
  const limits = alone ? PER_TRANSACTION_ALONE : PER_TRANSACTION;
  const packed = stage.count() >= MIN_PACKED;
  let seq = first;
  if (packed) {
    const sweep = openSweep(db, { batch, cause: 'snapshot', at });
    const write = (packs: readonly Pack[]) => {
      for (const pack of packs) {
        sweep.add(pack, seq);
        seq += pack.enters + pack.exits;
        if (onChange !== undefined) for (const change of changesOf(pack)) onChange({ ...change, at });
      }
      sweep.settle();
    };
    for (const _ of inTransactions(db, stage.packs(), { most: limits.packs, perLook: 1 }, write))
      yield seq - first;
  }
  const rows = packed ? lateChanges(stage) : stagedChanges(stage, at);
  const write = (changes: readonly MassChange[]) => {
    insertChanges(
      db,
      changes.map((change, n) => rowOf(change, batch, seq + n)),
    );
    seq += changes.length;
    if (onChange !== undefined) for (const change of changes) onChange(change);
  };
  for (const _ of inTransactions(db, rows, { most: limits.rows, perLook: ROWS_PER_LOOK }, write))
    yield seq - first;
}

/** Every staged change with its instant, in the order in which the history gets them. */
export function* stagedChanges(
  stage: Pick<ChangeStage, 'packs' | 'late'>,
  at: Instant,
): Generator<MassChange, void, void> {
  for (const pack of stage.packs()) for (const change of changesOf(pack)) yield { ...change, at };
  yield* lateChanges(stage);
}

function* lateChanges(stage: Pick<ChangeStage, 'late'>): Generator<MassChange, void, void> {
  for (const change of stage.late()) yield { ...change, at: change.enter };
}

function rowOf({ userId, audienceId, event, enter, at }: MassChange, batch: number, seq: number): NewChange {
  const exit = event === 'exit' ? at : null;
  return { seq, at, userId, audienceId, event, enter, exit, cause: 'snapshot', batch };
}

/** Writes items some at a time, in transactions that end early where the engine's thread waits to write; yields after each. */
function* inTransactions<T>(
  db: Db,
  items: Iterator<T, void, void>,
  { most, perLook }: { most: number; perLook: number },
  write: (some: readonly T[]) => void,
): Generator<void, void, void> {
  let done = false;
  const take = () => {
    for (let written = 0; written < most && !done; written += perLook) {
      if (written > 0 && isAwaited(db.name)) return;
      const some: T[] = [];
      while (some.length < perLook && !done) {
        const next = items.next();
        if (next.done === true) done = true;
        else some.push(next.value);
      }
      write(some);
    }
  };
  while (!done) {
    inTransaction(db, take);
    yield;
  }
}
