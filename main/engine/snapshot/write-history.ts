import type { Instant } from '../core/instant.ts';
import { createBlockNotes, MIN_CHANGES } from '../history/blocks.ts';
import { CAUSE_CODES, EVENT_CODES } from '../history/codes.ts';
import { type Db, inTransaction } from '../store/store.ts';
import { isAwaited } from '../store/turns.ts';
import type { ImportAudience } from './audiences.ts';
import type { ChangeStage, StagedChange } from './change-stage.ts';

/** Rows of one transaction: some 30 ms of holding the write lock. */
const ROWS_PER_TRANSACTION = 4000;
/**
 * The same where nobody else waits for the lock: each commit writes the page that every index has begun, one an audience, so
 * eight times as many rows take two thirds of the time.
 */
const ROWS_PER_TRANSACTION_ALONE = 32_000;

/** Rows between two looks whether the engine's thread waits to write: some 4 ms. */
const ROWS_PER_LOOK = 500;

/** Sets aside an unbroken range of sequence numbers for a batch, whose changes nobody sees while the batch is running. */
export function reserveHistory(db: Db, batch: number, count: number): number {
  return inTransaction(db, () => {
    const last =
      db.prepare<[], number>(`SELECT seq FROM sqlite_sequence WHERE name = 'change'`).pluck().get() ??
      insertSequence(db);
    db.prepare(`UPDATE sqlite_sequence SET seq = ? WHERE name = 'change'`).run(last + count);
    db.prepare('INSERT INTO batch_range VALUES (?, ?, ?)').run(batch, last + 1, last + count);
    return last + 1;
  });
}

function insertSequence(db: Db): number {
  db.prepare(`INSERT INTO sqlite_sequence (name, seq) VALUES ('change', 0)`).run();
  return 0;
}

/**
 * Writes staged changes to history from a sequence number on, in many short transactions. Yields after each, with the
 * rows written so far.
 *
 * @param at the snapshot's own instant, which most changes are at
 */
export function* writeHistory(
  db: Db,
  stage: Pick<ChangeStage, 'count' | 'changes'>,
  {
    batch,
    at,
    first,
    audiences,
    alone,
    onChange,
  }: {
    batch: number;
    at: Instant;
    first: number;
    audiences: readonly Pick<ImportAudience, 'id'>[];
    alone: boolean;
    onChange: ((change: StagedChange) => void) | undefined;
  },
): Generator<number, void, void> {
  const rowsPerTransaction = alone ? ROWS_PER_TRANSACTION_ALONE : ROWS_PER_TRANSACTION;
  const blocks = createBlockNotes(batch, at);
  const listed = stage.count() < MIN_CHANGES;
  const writer = createRowWriter(db, batch, at, { listed, onUnlisted: blocks.add });
  const changes = stage.changes();
  let seq = first;
  let done = false;
  // Each loop calls functions made once: V8 gives up code that it compiled within a loop, which took longer than the rows.
  const addRows = () => {
    for (let row = 0; row < rowsPerTransaction && !done; row += 1) {
      if (row % ROWS_PER_LOOK === ROWS_PER_LOOK - 1 && isAwaited(db.name)) break;
      const { value: change } = changes.next();
      if (change === undefined) done = true;
      else {
        writer.add(seq, change, audiences[change.audience]?.id ?? 0);
        seq += 1;
        onChange?.(change);
      }
    }
    writer.flush();
    if (done) blocks.write(db);
  };
  while (!done) {
    inTransaction(db, addRows);
    yield seq - first;
  }
}

/** Rows of one statement: two thirds of the time of twenty at a time, and more gain nothing. */
const ROWS_PER_STATEMENT = 200;
const COLUMNS = ['user_id', 'audience_id', 'event', 'enter_ms', 'enter_code'];

/** Collects rows at one instant and writes them together; a row at another goes by itself, in its turn, and is listed. */
function createRowWriter(
  db: Db,
  batch: number,
  instant: Instant,
  { listed, onUnlisted }: { listed: boolean; onUnlisted: (event: number, seq: number) => void },
) {
  const many = insertStatement(db, batch, { rows: ROWS_PER_STATEMENT, listed, instant });
  const one = insertStatement(db, batch, { rows: 1, listed, instant });
  const other = insertStatement(db, batch, { rows: 1, listed: true });
  /** The rows' values, and behind them the number of the first. */
  const values = new Array<number | string>(ROWS_PER_STATEMENT * COLUMNS.length + 1);
  let used = 0;
  let firstSeq = 0;

  function flush(): void {
    for (let from = 0; from < used; from += COLUMNS.length) {
      const seq = firstSeq + from / COLUMNS.length;
      one.run([...values.slice(from, from + COLUMNS.length), seq]);
    }
    used = 0;
  }

  return {
    flush,
    add(seq: number, { at, userId, event, enter }: StagedChange, audienceId: number): void {
      if (at.ms !== instant.ms || at.code !== instant.code) {
        flush();
        other.run([userId, audienceId, EVENT_CODES[event], enter.ms, enter.code, at.ms, at.code, seq]);
        return;
      }
      if (!listed) onUnlisted(EVENT_CODES[event], seq);
      if (used === 0) firstSeq = seq;
      values[used] = userId;
      values[used + 1] = audienceId;
      values[used + 2] = EVENT_CODES[event];
      values[used + 3] = enter.ms;
      values[used + 4] = enter.code;
      used += COLUMNS.length;
      if (used < values.length - 1) return;
      values[used] = firstSeq;
      many.run(values);
      used = 0;
    },
  };
}

/**
 * A statement for so many rows, all at one instant or each with its own behind the other values; at last the number of the
 * first row. What rows have in common stands in the text, and their numbers are counted there, as each value that is bound
 * costs as much as an entry of an index. OR FAIL, because SQLite keeps copies of the pages that a statement changes when it
 * might have to take back a part of it; here the transaction is.
 */
function insertStatement(
  db: Db,
  batch: number,
  { rows, listed, instant }: { rows: number; listed: boolean; instant?: Instant },
) {
  const columns = instant === undefined ? [...COLUMNS, 'at_ms', 'at_code'] : COLUMNS;
  const { ms, code } = instant ?? { ms: 'at_ms', code: 'at_code' };
  const places = columns.map(() => '?').join(', ');
  return db.prepare<unknown[]>(
    `WITH row (n, ${columns.join(', ')}) AS (VALUES ${Array.from({ length: rows }, (_, n) => `(${n}, ${places})`).join(', ')})
     INSERT OR FAIL INTO change (seq, ${COLUMNS.join(', ')}, at_ms, at_code, exit_ms, exit_code, cause, batch_id, listed)
     SELECT n + ?, ${COLUMNS.join(', ')}, ${ms}, ${code},
       iif(event = ${EVENT_CODES.exit}, ${ms}, NULL), iif(event = ${EVENT_CODES.exit}, ${code}, NULL),
       ${CAUSE_CODES.snapshot}, ${batch}, ${listed ? '1' : 'NULL'} FROM row`,
  );
}
