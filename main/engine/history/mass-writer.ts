import type { ChangeCause } from '../../../preload/contract/values.ts';
import type { Instant } from '../core/instant.ts';
import type { Db } from '../store/store.ts';
import { CAUSE_CODES, EVENT_CODES } from './codes.ts';
import type { PackedChange } from './pack.ts';

/** An enter or an exit, as far as it is not the same for each of its import. */
export interface MassChange extends PackedChange {
  readonly at: Instant;
}

/** What the changes of one import have in common; `at` is the instant that most of them are at. */
export interface MassOrigin {
  readonly batch: number;
  readonly cause: ChangeCause;
  readonly at: Instant;
}

/** Writes the changes of one import in the order given, which becomes the order of their numbers. */
export interface MassWriter {
  /** Adds a change in the caller's transaction, which must `flush` before it ends or anybody reads. */
  add(change: MassChange): void;
  flush(): void;
}

/** Rows of one statement: two thirds of the time of twenty at a time, and more gain nothing. */
const ROWS_PER_STATEMENT = 200;
const COLUMNS = ['user_id', 'audience_id', 'event', 'enter_ms', 'enter_code'];

/** Opens a writer that puts rows at the origin's instant together; a row at another goes by itself, in its turn. */
export function createMassWriter(db: Db, origin: MassOrigin): MassWriter {
  const instant = origin.at;
  const many = insertStatement(db, origin, { rows: ROWS_PER_STATEMENT, instant });
  const one = insertStatement(db, origin, { rows: 1, instant });
  const other = insertStatement(db, origin, { rows: 1 });
  const values = new Array<number | string>(ROWS_PER_STATEMENT * COLUMNS.length);
  let used = 0;

  function flush(): void {
    for (let at = 0; at < used; at += COLUMNS.length) one.run(values.slice(at, at + COLUMNS.length));
    used = 0;
  }

  return {
    flush,
    add({ at, userId, audienceId, event, enter }) {
      if (at.ms !== instant.ms || at.code !== instant.code) {
        flush();
        other.run([userId, audienceId, EVENT_CODES[event], enter.ms, enter.code, at.ms, at.code]);
        return;
      }
      values[used] = userId;
      values[used + 1] = audienceId;
      values[used + 2] = EVENT_CODES[event];
      values[used + 3] = enter.ms;
      values[used + 4] = enter.code;
      used += COLUMNS.length;
      if (used < values.length) return;
      many.run(values);
      used = 0;
    },
  };
}

/**
 * A statement for so many rows, all at one instant or each with its own behind the other values. What rows have in common stands in
 * the text, as each value that is bound costs as much as an entry of an index. OR FAIL, because SQLite keeps copies of the pages that
 * a statement changes when it might have to take back a part of it; here the transaction is. Numbers that are given would make it
 * keep them all the same.
 */
function insertStatement(
  db: Db,
  { batch, cause }: MassOrigin,
  { rows, instant }: { rows: number; instant?: Instant },
) {
  const columns = instant === undefined ? [...COLUMNS, 'at_ms', 'at_code'] : COLUMNS;
  const { ms, code } = instant ?? { ms: 'at_ms', code: 'at_code' };
  const row = `(${columns.map(() => '?').join(', ')})`;
  return db.prepare<unknown[]>(
    `WITH row (${columns.join(', ')}) AS (VALUES ${Array(rows).fill(row).join(', ')})
     INSERT OR FAIL INTO change (${COLUMNS.join(', ')}, at_ms, at_code, exit_ms, exit_code, cause, batch_id)
     SELECT ${COLUMNS.join(', ')}, ${ms}, ${code},
       iif(event = ${EVENT_CODES.exit}, ${ms}, NULL), iif(event = ${EVENT_CODES.exit}, ${code}, NULL),
       ${CAUSE_CODES[cause]}, ${batch} FROM row`,
  );
}
