/**
 * The profile store: profiles with their versions, audiences, memberships, the history of changes and the imports
 * (batches) that made them. Pairs of `…_ms, …_code` columns are instants, see core/instant.ts.
 */
export const profilesAndHistory = `
CREATE TABLE setting (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;

CREATE TABLE batch (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  kind TEXT NOT NULL,
  source TEXT NOT NULL,
  state TEXT NOT NULL,
  at_ms INTEGER, at_code INTEGER,
  started_ms INTEGER NOT NULL, ended_ms INTEGER,
  result TEXT
);

CREATE TABLE profile (
  id INTEGER PRIMARY KEY,
  user_id TEXT NOT NULL UNIQUE,
  body TEXT NOT NULL,
  from_ms INTEGER, from_code INTEGER,
  batch_id INTEGER NOT NULL
);

-- A body that was replaced: valid from its own beginning (null = since ever) until the instant of its successor.
CREATE TABLE profile_version (
  profile_id INTEGER NOT NULL,
  to_ms INTEGER NOT NULL, to_code INTEGER NOT NULL,
  from_ms INTEGER, from_code INTEGER,
  body TEXT NOT NULL,
  batch_id INTEGER NOT NULL,
  replaced_by INTEGER NOT NULL,
  PRIMARY KEY (profile_id, to_ms, to_code, replaced_by)
) WITHOUT ROWID;
CREATE INDEX profile_version_replaced_by ON profile_version (replaced_by);

-- Profiles that a batch created have ids from here on; what it changed is found by profile_version.replaced_by.
CREATE TABLE profile_batch (batch_id INTEGER PRIMARY KEY, first_id INTEGER NOT NULL);

CREATE TABLE audience (
  id INTEGER PRIMARY KEY,
  hex_id TEXT NOT NULL UNIQUE,
  slug TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  filter TEXT,
  batch_id INTEGER
);

-- An audience's definition as it was before a batch replaced it.
CREATE TABLE audience_replaced (
  batch_id INTEGER NOT NULL, audience_id INTEGER NOT NULL,
  hex_id TEXT NOT NULL, slug TEXT NOT NULL, name TEXT NOT NULL, filter TEXT,
  PRIMARY KEY (batch_id, audience_id)
) WITHOUT ROWID;

CREATE TABLE change (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  at_ms INTEGER NOT NULL, at_code INTEGER NOT NULL,
  user_id TEXT NOT NULL,
  audience_id INTEGER NOT NULL,
  event INTEGER NOT NULL,
  enter_ms INTEGER, enter_code INTEGER,
  exit_ms INTEGER, exit_code INTEGER,
  cause INTEGER NOT NULL,
  batch_id INTEGER NOT NULL,
  recorded_id INTEGER
);
-- Each index ends in the row id, seq, by itself.
CREATE INDEX change_at ON change (at_ms, at_code);
CREATE INDEX change_audience_at ON change (audience_id, at_ms, at_code);
CREATE INDEX change_user_at ON change (user_id, at_ms, at_code);
CREATE INDEX change_batch ON change (batch_id);
-- Serve the pages of one import, and of one cause or event, in time order.
CREATE INDEX change_batch_at ON change (batch_id, at_ms, at_code);
CREATE INDEX change_kind_at ON change (cause, event, at_ms, at_code);

-- The body of an archived message, as it came in. Several changes of one message share it.
CREATE TABLE recorded_message (id INTEGER PRIMARY KEY, body TEXT NOT NULL, batch_id INTEGER NOT NULL);
CREATE INDEX recorded_message_batch ON recorded_message (batch_id);
`;
