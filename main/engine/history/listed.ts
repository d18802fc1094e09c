import { CAUSE_CODES } from './codes.ts';

/** SQL of a change that has entries in `change_at`, `change_batch_at` and `change_kind_at`, which are partial by these words. */
export const LISTED = `(cause <> ${CAUSE_CODES.snapshot} OR listed = 1)`;

/** SQL of the `at_ms` that a batch has changes at, each at least once; the batch is bound twice. */
export const INSTANTS_OF_BATCH = `SELECT at_ms FROM change INDEXED BY change_batch_at WHERE batch_id = ? AND ${LISTED}
  UNION SELECT at_ms FROM change_block WHERE batch_id = ?`;
