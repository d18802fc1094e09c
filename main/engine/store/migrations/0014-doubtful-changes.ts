/**
 * Changes whose message may have arrived without an answer, by a run of the workspace that a bundle was made from: its journals
 * stay behind, and what its shares send must name possible duplicates all the same. Empty in any other store.
 */
export const doubtfulChanges = `
CREATE TABLE doubtful_change (seq INTEGER PRIMARY KEY);
`;
