/**
 * Finds the versions whose time was over first, for pruning and for counting what it would remove, without reading their
 * bodies. The rows of a table without row ids are found again by the rest of their key, which each index entry ends in.
 */
export const versionAge = `
CREATE INDEX profile_version_ended ON profile_version (to_ms);
`;
