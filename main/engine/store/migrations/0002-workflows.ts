/** Workflows as versioned JSON (the workflow file's form), and the hosts outside AWS that a user has confirmed. */
export const workflows = `
CREATE TABLE workflow (name TEXT PRIMARY KEY, json TEXT NOT NULL, saved_ms INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE trusted_host (host TEXT PRIMARY KEY, confirmed_ms INTEGER NOT NULL) WITHOUT ROWID;
`;
