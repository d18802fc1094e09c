/**
 * Finds a user's changes made by the clock by the day first. The clock changes a few users of the whole store each second, so
 * in an index by user alone each change was another page to read and to write, which was a third of advancing the clock; by
 * day its entries stand together. What rules changed, all at the instant of an edit, stands with the changes of snapshots.
 *
 * `change_of_user` looks into each instant of a snapshot or a rule, and into each day of the clock; `change_of_user_at` is for
 * one user at one `at_ms`, as before.
 */
export const clockUserIndex = `
DROP VIEW change_of_user;
DROP VIEW change_of_user_at;
DROP VIEW snapshot_instant;
DROP INDEX change_user_at;
DROP INDEX change_snapshot_user;

CREATE INDEX change_user_at ON change (user_id, at_ms, at_code) WHERE cause NOT IN (1, 5, 6);
CREATE INDEX change_mass_user ON change (at_ms, user_id) WHERE cause IN (1, 5);
CREATE INDEX change_clock_user ON change (at_ms, user_id) WHERE cause = 6;
CREATE INDEX change_clock_day ON change (at_ms / 86400000, user_id) WHERE cause = 6;

CREATE VIEW mass_instant AS
WITH RECURSIVE instant (at_ms) AS (
  SELECT min(at_ms) FROM change INDEXED BY change_mass_user WHERE cause IN (1, 5)
  UNION ALL
  SELECT (SELECT min(at_ms) FROM change INDEXED BY change_mass_user WHERE cause IN (1, 5) AND at_ms > instant.at_ms)
  FROM instant WHERE at_ms IS NOT NULL
)
SELECT at_ms FROM instant WHERE at_ms IS NOT NULL;

CREATE VIEW clock_day AS
WITH RECURSIVE day (number) AS (
  SELECT min(at_ms / 86400000) FROM change INDEXED BY change_clock_day WHERE cause = 6
  UNION ALL
  SELECT (SELECT min(at_ms / 86400000) FROM change INDEXED BY change_clock_day
    WHERE cause = 6 AND at_ms / 86400000 > day.number)
  FROM day WHERE number IS NOT NULL
)
SELECT number FROM day WHERE number IS NOT NULL;

CREATE VIEW change_of_user AS
SELECT * FROM change INDEXED BY change_user_at WHERE cause NOT IN (1, 5, 6)
UNION ALL
SELECT change.* FROM mass_instant CROSS JOIN change INDEXED BY change_mass_user
ON change.at_ms = mass_instant.at_ms WHERE cause IN (1, 5)
UNION ALL
SELECT change.* FROM clock_day CROSS JOIN change INDEXED BY change_clock_day
ON change.at_ms / 86400000 = clock_day.number WHERE cause = 6;

CREATE VIEW change_of_user_at AS
SELECT * FROM change INDEXED BY change_user_at WHERE cause NOT IN (1, 5, 6)
UNION ALL
SELECT * FROM change INDEXED BY change_mass_user WHERE cause IN (1, 5)
UNION ALL
SELECT * FROM change INDEXED BY change_clock_user WHERE cause = 6;
`;
