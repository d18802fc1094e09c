/**
 * Finds a user's changes of snapshots by instant first, those of every other cause as before. A snapshot changes a few users on
 * each page of an index by user alone, so writing its history wrote that index anew, which was most of an import's work; by
 * instant its entries, which come in the order of users, stand together.
 *
 * `change_of_user` is for one user's changes: it looks into each instant of a snapshot. `change_of_user_at` is for one user at
 * one `at_ms`.
 */
export const snapshotUserIndex = `
DROP INDEX change_user_at;
CREATE INDEX change_user_at ON change (user_id, at_ms, at_code) WHERE cause <> 1;
CREATE INDEX change_snapshot_user ON change (at_ms, user_id) WHERE cause = 1;

CREATE VIEW snapshot_instant AS
WITH RECURSIVE instant (at_ms) AS (
  SELECT min(at_ms) FROM change INDEXED BY change_snapshot_user WHERE cause = 1
  UNION ALL
  SELECT (SELECT min(at_ms) FROM change INDEXED BY change_snapshot_user WHERE cause = 1 AND at_ms > instant.at_ms)
  FROM instant WHERE at_ms IS NOT NULL
)
SELECT at_ms FROM instant WHERE at_ms IS NOT NULL;

CREATE VIEW change_of_user AS
SELECT * FROM change INDEXED BY change_user_at WHERE cause <> 1
UNION ALL
SELECT change.* FROM snapshot_instant CROSS JOIN change INDEXED BY change_snapshot_user
ON change.at_ms = snapshot_instant.at_ms WHERE cause = 1;

CREATE VIEW change_of_user_at AS
SELECT * FROM change INDEXED BY change_user_at WHERE cause <> 1
UNION ALL
SELECT * FROM change INDEXED BY change_snapshot_user WHERE cause = 1;
`;
