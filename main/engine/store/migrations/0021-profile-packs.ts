/**
 * Keeps new profiles of an import as packs of about a page (profile/body-pack.ts): a row and an entry of the index for each were
 * half of a first import. What is in the store stays a row a profile.
 *
 * A profile is either packed, found by `packed_profile` and by its place in the pack, or a row of `profile_row`, never both: one
 * that changes becomes a row, under the same id. The view `profile` has all of them.
 *
 * `hash_a` and `hash_b` of `profile_row` are not written any more: `profile_hash_page` has the hashes.
 */
export const profilePacks = `
ALTER TABLE profile RENAME TO profile_row;

CREATE TABLE packed_profile (user_id TEXT PRIMARY KEY, id INTEGER NOT NULL) WITHOUT ROWID;

CREATE TABLE profile_pack (
  first_id INTEGER PRIMARY KEY,
  last_id INTEGER NOT NULL,
  from_ms INTEGER, from_code INTEGER,
  batch_id INTEGER NOT NULL,
  places TEXT NOT NULL,
  bodies BLOB NOT NULL
);

CREATE VIEW profile AS
SELECT id, user_id, body, from_ms, from_code, batch_id, 0 AS packed FROM profile_row
UNION ALL
SELECT one.id, one.user_id,
  CAST(substr(pack.bodies,
    1 + CAST(substr(pack.places, 1 + 8 * (one.id - pack.first_id), 4) AS INTEGER),
    CAST(substr(pack.places, 5 + 8 * (one.id - pack.first_id), 4) AS INTEGER)
      - CAST(substr(pack.places, 1 + 8 * (one.id - pack.first_id), 4) AS INTEGER)) AS TEXT),
  pack.from_ms, pack.from_code, pack.batch_id, 1
FROM packed_profile AS one CROSS JOIN profile_pack AS pack
ON pack.first_id = (SELECT max(first_id) FROM profile_pack WHERE first_id <= one.id);
`;
