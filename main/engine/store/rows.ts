import type { Db } from './store.ts';

/** Rows of one statement, where there are as many: half the calls' cost. */
const ROWS_PER_STATEMENT = 32;

/** One row's values, in the order of its columns. */
export type Row = readonly (string | number | null)[];

/** Inserts rows in the order given, in the caller's transaction; without one each statement would be its own. */
export type RowsInsert = (rows: readonly Row[]) => void;

/**
 * Prepares the insertion of many rows into one table.
 *
 * @param into the table, with its columns where not all are given
 * @param columns how many values a row has
 * @param onConflict an `ON CONFLICT` clause
 */
export function prepareRows(
  db: Db,
  { into, columns, onConflict = '' }: { into: string; columns: number; onConflict?: string },
): RowsInsert {
  const row = `(${Array(columns).fill('?').join()})`;
  const one = db.prepare(`INSERT INTO ${into} VALUES ${row} ${onConflict}`);
  const many = db.prepare(
    `INSERT INTO ${into} VALUES ${Array(ROWS_PER_STATEMENT).fill(row).join()} ${onConflict}`,
  );
  const values: (string | number | null)[] = Array(ROWS_PER_STATEMENT * columns).fill(null);
  return (rows) => {
    const whole = rows.length - (rows.length % ROWS_PER_STATEMENT);
    let used = 0;
    for (const row of rows.slice(0, whole)) {
      for (const value of row) {
        values[used] = value;
        used += 1;
      }
      if (used < values.length) continue;
      many.run(values);
      used = 0;
    }
    for (const rest of rows.slice(whole)) one.run(rest);
  };
}
