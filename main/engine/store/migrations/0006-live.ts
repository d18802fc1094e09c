/**
 * Workflows that are live, each with its long-lived run. `seq` is the last change of the history that the run's journal has
 * taken; it moves in the transaction that makes the messages of those changes part of the run.
 */
export const live = `
CREATE TABLE live (
  workflow TEXT PRIMARY KEY,
  run_id INTEGER NOT NULL UNIQUE,
  seq INTEGER NOT NULL,
  since_ms INTEGER NOT NULL
) WITHOUT ROWID;
`;
