/**
 * Lets a packed profile that changes stay where it is: as it became a row, two indexes by user were written all over, and its text
 * was copied to where its versions are. With that, and the hashes once a transaction, an import that changes one profile in fifty
 * wrote four times as many pages as it does now.
 *
 * `changed_body` has the present text of each packed profile whose pack has an older one. The version that the pack has stands in
 * `profile_version` with an empty body; the view `earlier_profile` has all of them with their texts.
 *
 * Both halves of `profile` give a column the same affinity, by CAST: only then does SQLite look into each with its index.
 */
export const changedBodies = `
CREATE TABLE changed_body (
  id INTEGER PRIMARY KEY,
  body TEXT NOT NULL,
  from_ms INTEGER, from_code INTEGER,
  batch_id INTEGER NOT NULL
);

DROP VIEW profile;
CREATE VIEW profile AS
SELECT id, user_id, body, from_ms, from_code, batch_id, 0 AS packed FROM profile_row
UNION ALL
SELECT one.id, one.user_id,
  CAST(coalesce(changed.body, substr(pack.bodies,
    1 + CAST(substr(pack.places, 1 + 8 * (one.id - pack.first_id), 4) AS INTEGER),
    CAST(substr(pack.places, 5 + 8 * (one.id - pack.first_id), 4) AS INTEGER)
      - CAST(substr(pack.places, 1 + 8 * (one.id - pack.first_id), 4) AS INTEGER))) AS TEXT),
  CAST(iif(changed.id IS NULL, pack.from_ms, changed.from_ms) AS INTEGER),
  CAST(iif(changed.id IS NULL, pack.from_code, changed.from_code) AS INTEGER),
  CAST(iif(changed.id IS NULL, pack.batch_id, changed.batch_id) AS INTEGER),
  iif(changed.id IS NULL, 1, 2)
FROM packed_profile AS one
LEFT JOIN changed_body AS changed ON changed.id = one.id
LEFT JOIN profile_pack AS pack
ON changed.id IS NULL AND pack.first_id = (SELECT max(first_id) FROM profile_pack WHERE first_id <= one.id);

CREATE VIEW earlier_profile AS
SELECT profile_id, to_ms, to_code, from_ms, from_code,
  CASE WHEN body <> '' THEN body ELSE (
    SELECT CAST(substr(bodies,
      1 + CAST(substr(places, 1 + 8 * (profile_id - first_id), 4) AS INTEGER),
      CAST(substr(places, 5 + 8 * (profile_id - first_id), 4) AS INTEGER)
        - CAST(substr(places, 1 + 8 * (profile_id - first_id), 4) AS INTEGER)) AS TEXT)
    FROM profile_pack WHERE first_id = (SELECT max(first_id) FROM profile_pack WHERE first_id <= profile_id)) END AS body,
  batch_id, replaced_by
FROM profile_version;
`;
