/**
 * Who is in which audience, packed by hash of the user's key (membership/segment.ts), and what undoing an import needs.
 *
 * A bucket's state is its segments applied in order of position, then its live rows. Segments are written before they
 * count: only `membership_stack` makes one part of the state, so that an import of any size takes effect in one short
 * transaction.
 */
export const memberships = `
CREATE TABLE membership_segment (id INTEGER PRIMARY KEY AUTOINCREMENT, body BLOB NOT NULL);

-- batch_id is set while undoing that import means taking this segment away.
CREATE TABLE membership_stack (
  bucket INTEGER NOT NULL,
  segment_id INTEGER NOT NULL,
  batch_id INTEGER,
  bytes INTEGER NOT NULL,
  PRIMARY KEY (bucket, segment_id)
) WITHOUT ROWID;
CREATE INDEX membership_stack_batch ON membership_stack (batch_id) WHERE batch_id IS NOT NULL;

-- Changes since the last fold, one row a pair: member 1 with its enter instant, or 0.
CREATE TABLE membership_live (
  bucket INTEGER NOT NULL,
  user_id TEXT NOT NULL,
  audience_id INTEGER NOT NULL,
  member INTEGER NOT NULL,
  enter_ms INTEGER, enter_code INTEGER,
  PRIMARY KEY (bucket, user_id, audience_id)
) WITHOUT ROWID;

CREATE TABLE membership_count (audience_id INTEGER PRIMARY KEY, members INTEGER NOT NULL);

-- The changes of a snapshot are one unbroken range of seq; while its batch is running no reader may see them.
CREATE TABLE batch_range (
  batch_id INTEGER PRIMARY KEY, first_seq INTEGER NOT NULL, last_seq INTEGER NOT NULL
);

-- What a batch changed per audience.
CREATE TABLE batch_audience (
  batch_id INTEGER NOT NULL, audience_id INTEGER NOT NULL,
  entered INTEGER NOT NULL, exited INTEGER NOT NULL,
  PRIMARY KEY (batch_id, audience_id)
) WITHOUT ROWID;
`;
