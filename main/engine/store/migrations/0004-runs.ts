/**
 * Runs and their journal. A message is one small row whose size does not change when it is sent (state and attempts take no
 * byte at 0 and 1, the message id has its 16 bytes from the start), so that ten million are updated in place.
 *
 * `run_batch` holds the batches in flight and nothing else: a row is written before its request leaves and deleted with its
 * outcome, so after a crash its messages are those that may have arrived.
 */
export const runs = `
CREATE TABLE run (
  id INTEGER PRIMARY KEY,
  key TEXT NOT NULL UNIQUE,
  kind TEXT NOT NULL,
  workflow TEXT NOT NULL,
  environment TEXT NOT NULL,
  queue_url TEXT NOT NULL,
  state TEXT NOT NULL,
  dry_run INTEGER NOT NULL,
  copy TEXT NOT NULL,
  selection TEXT NOT NULL,
  options TEXT NOT NULL,
  rate REAL,
  concurrency INTEGER NOT NULL,
  planned INTEGER NOT NULL DEFAULT 0,
  sent INTEGER NOT NULL DEFAULT 0,
  failed INTEGER NOT NULL DEFAULT 0,
  parked INTEGER NOT NULL DEFAULT 0,
  cancelled INTEGER NOT NULL DEFAULT 0,
  retries INTEGER NOT NULL DEFAULT 0,
  cursor INTEGER NOT NULL DEFAULT 1,
  active_ms REAL NOT NULL DEFAULT 0,
  created_ms INTEGER NOT NULL, started_ms INTEGER, ended_ms INTEGER,
  reason TEXT
);
CREATE INDEX run_workflow ON run (workflow, id);

-- state: 0 pending, 1 sent, 2 parked, 3 failed, 4 cancelled. changes: what the body is built from, see run/content.ts.
CREATE TABLE run_message (
  run_id INTEGER NOT NULL,
  n INTEGER NOT NULL,
  state INTEGER NOT NULL DEFAULT 0,
  attempts INTEGER NOT NULL DEFAULT 0,
  doubt INTEGER NOT NULL DEFAULT 0,
  message_id BLOB NOT NULL DEFAULT (zeroblob(16)),
  user_id TEXT NOT NULL,
  at_ms INTEGER NOT NULL, at_code INTEGER NOT NULL,
  changes TEXT NOT NULL,
  error_code TEXT, error_message TEXT, group_id TEXT,
  body TEXT, attributes TEXT,
  PRIMARY KEY (run_id, n)
) WITHOUT ROWID;
CREATE INDEX run_message_problem ON run_message (run_id, state, n) WHERE state >= 2;
CREATE INDEX run_message_doubt ON run_message (run_id, n) WHERE doubt = 1;

CREATE TABLE run_batch (
  run_id INTEGER NOT NULL,
  lease INTEGER NOT NULL,
  ns TEXT NOT NULL,
  PRIMARY KEY (run_id, lease)
) WITHOUT ROWID;
`;
