/**
 * A hash of each profile's text as it came in, see profile/body-hash.ts, by which an import knows what has not changed without
 * reading the text. Null where it is not known: written by an
 * earlier Segue, or read from CSV or an event.
 */
export const bodyHash = `
ALTER TABLE profile ADD COLUMN hash_a INTEGER;
ALTER TABLE profile ADD COLUMN hash_b INTEGER;
ALTER TABLE profile_version ADD COLUMN hash_a INTEGER;
ALTER TABLE profile_version ADD COLUMN hash_b INTEGER;
`;
