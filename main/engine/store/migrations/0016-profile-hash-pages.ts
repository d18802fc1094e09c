/**
 * Packs the hashes of profiles, 1024 a row, see profile/hash-pages.ts: reading an entry of an index for each profile was a third of
 * an import that changes nothing, and writing it a part of every other.
 */
export const profileHashPages = `
CREATE TABLE profile_hash_page (page INTEGER PRIMARY KEY, hashes BLOB NOT NULL);

WITH RECURSIVE
place (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM place WHERE n < 1023),
page (number) AS (SELECT 0 UNION ALL SELECT number + 1 FROM page WHERE number < (SELECT max(id) / 1024 FROM profile))
INSERT INTO profile_hash_page
SELECT number, unhex(group_concat(coalesce(
  (SELECT printf('%08x%08x', hash_a & 0xffffffff, hash_b & 0xffffffff) FROM profile INDEXED BY profile_hash
   WHERE id = number * 1024 + n AND hash_a IS NOT NULL), '0000000000000000'), '' ORDER BY n))
FROM page CROSS JOIN place WHERE EXISTS (SELECT 1 FROM profile) GROUP BY number;

DROP INDEX profile_hash;
`;
