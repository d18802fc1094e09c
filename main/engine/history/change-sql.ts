import type { Db } from '../store/store.ts';
import { ALL_PACKS, MAX_CHANGES } from './pack.ts';

/* Changes as SQL finds them, whether they are rows of `change` or packed. */

/** A change by its number, which is bound three times: the row of `change`, or else the same columns from a pack. */
export function changeByNumber(columns: string): string {
  return `SELECT ${columns} FROM change WHERE seq = ?
    UNION ALL SELECT ${columns} FROM packed_change
    WHERE pack = (SELECT max(first_seq) FROM change_pack WHERE first_seq <= ?) AND seq = ?`;
}

/** How many changes the history has, those of an import that is running among them. */
export function countChanges(db: Db): number {
  return db
    .prepare<[], number>(
      `SELECT (SELECT count(*) FROM change)
         + (SELECT coalesce(sum(last_seq - first_seq + 1), 0) FROM change_pack_list WHERE list = ${ALL_PACKS})`,
    )
    .pluck()
    .get() as number;
}

/** The highest number that a change has; 0 where there is none. Numbers are never given twice. */
export function lastNumber(db: Db): number {
  return db
    .prepare<[], number>(
      `SELECT max(
         ifnull((SELECT max(seq) FROM change), 0),
         ifnull((SELECT last_seq FROM change_pack ORDER BY first_seq DESC LIMIT 1), 0)
       )`,
    )
    .pluck()
    .get() as number;
}

/**
 * Changes with numbers above one and up to another, in no order, as what stands behind FROM.
 *
 * @param columns those that the changes are asked for
 */
export function arisenBetween(columns: string, { after, upTo }: { after: number; upTo: number }): string {
  const numbers = `seq > ${after} AND seq <= ${upTo}`;
  return `(SELECT ${columns}, cause, batch_id FROM change NOT INDEXED WHERE ${numbers}
    UNION ALL SELECT ${columns}, cause, batch_id FROM packed_change WHERE ${numbers}
    AND pack > ${after - MAX_CHANGES} AND pack <= ${upTo}) AS change`;
}

/** SQL of the `at_ms` that a batch has changes at, each once; the batch is bound twice. */
export const INSTANTS_OF_BATCH = `SELECT at_ms FROM change INDEXED BY change_batch_at WHERE batch_id = ?
  UNION SELECT at_ms FROM change_sweep WHERE batch_id = ?`;
