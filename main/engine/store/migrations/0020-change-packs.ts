/**
 * Keeps a snapshot's changes as packs of some hundred (history/pack.ts), a row each: a row a change, with its entries in two or
 * three indexes, was a third of comparing a snapshot and nine tenths of a first one.
 *
 * What is in the store stays a row a change. Its blocks (0019) are no more: those changes stand in every index again.
 *
 * `change_pack_list` has the packs in the order of time: all in list 0, those with enters in -1, those with exits in -2, those
 * with changes of an audience in the list of its row id; each with how many changes of the list the pack has. `packed_change` gives a pack's changes as rows like those of
 * `change`; `unpacked` and `wanted_user` are functions of the connection (history/unpack.ts). `change_of_user` and
 * `change_of_user_at` look into the packs of the user's bucket, one a snapshot, and read those that have the print of the
 * user's hash.
 */
export const changePacks = `
DROP VIEW change_of_user;
DROP VIEW change_of_user_at;
DROP TABLE change_block;
DROP INDEX change_at;
DROP INDEX change_batch_at;
DROP INDEX change_kind_at;
ALTER TABLE change DROP COLUMN listed;
CREATE INDEX change_at ON change (at_ms, at_code);
CREATE INDEX change_batch_at ON change (batch_id, at_ms, at_code);
CREATE INDEX change_kind_at ON change (cause, event, at_ms, at_code);

CREATE TABLE change_pack (
  first_seq INTEGER PRIMARY KEY,
  last_seq INTEGER NOT NULL,
  at_ms INTEGER NOT NULL, at_code INTEGER NOT NULL,
  batch_id INTEGER NOT NULL,
  first_bucket INTEGER NOT NULL, last_bucket INTEGER NOT NULL,
  prints BLOB NOT NULL,
  body BLOB NOT NULL
);
CREATE INDEX change_pack_user ON change_pack (batch_id, last_bucket, first_bucket);

CREATE TABLE change_pack_list (
  list INTEGER NOT NULL,
  at_ms INTEGER NOT NULL, at_code INTEGER NOT NULL,
  first_seq INTEGER NOT NULL, last_seq INTEGER NOT NULL,
  enters INTEGER NOT NULL, exits INTEGER NOT NULL,
  PRIMARY KEY (list, at_ms, at_code, first_seq)
) WITHOUT ROWID;

CREATE INDEX batch_snapshot_at ON batch (at_ms) WHERE kind = 'snapshot';

CREATE VIEW packed_change AS
SELECT one.seq, pack.at_ms, pack.at_code, one.user_id, one.audience_id, one.event, one.enter_ms, one.enter_code,
  iif(one.event = 2, pack.at_ms, NULL) AS exit_ms, iif(one.event = 2, pack.at_code, NULL) AS exit_code,
  1 AS cause, pack.batch_id, NULL AS recorded_id, pack.first_seq AS pack
FROM change_pack AS pack CROSS JOIN unpacked(pack.body, pack.first_seq) AS one;

CREATE VIEW packed_change_of_user AS
SELECT one.seq, batch.at_ms, pack.at_code, wanted.user_id, one.audience_id, one.event, one.enter_ms, one.enter_code,
  iif(one.event = 2, pack.at_ms, NULL) AS exit_ms, iif(one.event = 2, pack.at_code, NULL) AS exit_code,
  1 AS cause, pack.batch_id, NULL AS recorded_id
FROM wanted_user AS wanted CROSS JOIN batch CROSS JOIN change_pack AS pack INDEXED BY change_pack_user
ON pack.batch_id = batch.id AND pack.last_bucket BETWEEN wanted.bucket AND coalesce(
    (SELECT min(last_bucket) FROM change_pack AS above INDEXED BY change_pack_user
     WHERE above.batch_id = batch.id AND above.last_bucket > wanted.bucket), wanted.bucket)
  AND pack.first_bucket <= wanted.bucket AND instr(pack.prints, wanted.print) > 0
CROSS JOIN unpacked(pack.body, pack.first_seq, wanted.user_id) AS one
WHERE batch.kind = 'snapshot';

-- As run_change_keep: what was sent stays sent when its import is undone.
CREATE TRIGGER change_pack_removed BEFORE DELETE ON change_pack
BEGIN
  INSERT INTO run_change_undone
  SELECT at_ms, at_code, user_id, audience_id, event, run_id, n
  FROM packed_change CROSS JOIN run_change ON run_change.seq = packed_change.seq WHERE pack = old.first_seq;
  DELETE FROM run_change WHERE seq BETWEEN old.first_seq AND old.last_seq;
  DELETE FROM change_pack_list
  WHERE list IN (SELECT audience_id FROM packed_change WHERE pack = old.first_seq UNION ALL VALUES (0), (-1), (-2))
    AND at_ms = old.at_ms AND at_code = old.at_code AND first_seq = old.first_seq;
END;

CREATE VIEW change_of_user AS
SELECT * FROM change INDEXED BY change_user_at WHERE cause NOT IN (1, 5, 6)
UNION ALL
SELECT change.* FROM mass_instant CROSS JOIN change INDEXED BY change_mass_user
ON change.at_ms = mass_instant.at_ms WHERE cause IN (1, 5)
UNION ALL
SELECT change.* FROM clock_day CROSS JOIN change INDEXED BY change_clock_day
ON change.at_ms / 86400000 = clock_day.number WHERE cause = 6
UNION ALL
SELECT * FROM packed_change_of_user;

CREATE VIEW change_of_user_at AS
SELECT * FROM change INDEXED BY change_user_at WHERE cause NOT IN (1, 5, 6)
UNION ALL
SELECT * FROM change INDEXED BY change_mass_user WHERE cause IN (1, 5)
UNION ALL
SELECT * FROM change INDEXED BY change_clock_user WHERE cause = 6
UNION ALL
SELECT * FROM packed_change_of_user;
`;
