/**
 * Has the hashes of all profiles in few pages, in the order of row ids, so that it grows at its end: an import that looks for what
 * has not changed reads them all, and read every profile's text with them.
 */
export const profileHashIndex = `
CREATE INDEX profile_hash ON profile (id, hash_a, hash_b, from_ms, from_code) WHERE hash_a IS NOT NULL;
`;
