/**
 * Lets large imports of profiles keep their changes as packs too: as rows, with their entries in six indexes, they were nine tenths
 * of a first import of profiles with audiences.
 *
 * Users of a snapshot's packs come in the order of their buckets. An import of profiles goes over the buckets several times, as it
 * cannot hold all users, and each time is a sweep of its own; a snapshot is one. `change_pack_list` has the packs with enters of an
 * import of profiles in list -3, those with exits in -4.
 */
export const changeSweeps = `
ALTER TABLE change_pack ADD COLUMN sweep INTEGER NOT NULL DEFAULT 0;
ALTER TABLE change_pack ADD COLUMN cause INTEGER NOT NULL DEFAULT 1;
DROP INDEX change_pack_user;
CREATE INDEX change_pack_user ON change_pack (batch_id, sweep, last_bucket, first_bucket);

-- The numbers from the first pack of a sweep to the last, between which nothing else has packs.
CREATE TABLE change_sweep (
  batch_id INTEGER NOT NULL, sweep INTEGER NOT NULL,
  at_ms INTEGER NOT NULL, at_code INTEGER NOT NULL,
  first_seq INTEGER NOT NULL, last_seq INTEGER NOT NULL,
  PRIMARY KEY (batch_id, sweep)
) WITHOUT ROWID;
CREATE INDEX change_sweep_at ON change_sweep (at_ms, at_code);
INSERT INTO change_sweep
SELECT id, 0, at_ms, at_code, first_seq, last_seq FROM batch JOIN batch_range ON batch_id = id
WHERE EXISTS (SELECT 1 FROM change_pack WHERE batch_id = id);
DROP INDEX batch_snapshot_at;

DROP VIEW packed_change;
CREATE VIEW packed_change AS
SELECT one.seq, pack.at_ms, pack.at_code, one.user_id, one.audience_id, one.event, one.enter_ms, one.enter_code,
  iif(one.event = 2, pack.at_ms, NULL) AS exit_ms, iif(one.event = 2, pack.at_code, NULL) AS exit_code,
  pack.cause, pack.batch_id, NULL AS recorded_id, pack.first_seq AS pack
FROM change_pack AS pack CROSS JOIN unpacked(pack.body, pack.first_seq) AS one;

DROP VIEW packed_change_of_user;
CREATE VIEW packed_change_of_user AS
SELECT one.seq, sweep.at_ms, pack.at_code, wanted.user_id, one.audience_id, one.event, one.enter_ms, one.enter_code,
  iif(one.event = 2, pack.at_ms, NULL) AS exit_ms, iif(one.event = 2, pack.at_code, NULL) AS exit_code,
  pack.cause, pack.batch_id, NULL AS recorded_id
FROM wanted_user AS wanted CROSS JOIN change_sweep AS sweep CROSS JOIN change_pack AS pack INDEXED BY change_pack_user
ON pack.batch_id = sweep.batch_id AND pack.sweep = sweep.sweep AND pack.last_bucket BETWEEN wanted.bucket AND coalesce(
    (SELECT min(last_bucket) FROM change_pack AS above INDEXED BY change_pack_user
     WHERE above.batch_id = sweep.batch_id AND above.sweep = sweep.sweep AND above.last_bucket > wanted.bucket), wanted.bucket)
  AND pack.first_bucket <= wanted.bucket AND instr(pack.prints, wanted.print) > 0
CROSS JOIN unpacked(pack.body, pack.first_seq, wanted.user_id) AS one;

CREATE TRIGGER change_pack_of_profiles_removed BEFORE DELETE ON change_pack WHEN old.cause = 2
BEGIN
  DELETE FROM change_pack_list
  WHERE list IN (-3, -4) AND at_ms = old.at_ms AND at_code = old.at_code AND first_seq = old.first_seq;
END;
`;
