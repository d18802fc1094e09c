/**
 * Which message of which run tells a change, so that a replay of what was not sent yet is found by look-ups. Runs are written
 * in the order of the changes, so the table grows at its end; an index by user would have a page written for each message.
 * It holds no state: sending leaves it alone.
 *
 * What was sent stays sent when its import is undone: a change that is removed leaves what it was behind.
 */
export const runChanges = `
CREATE TABLE run_change (
  seq INTEGER NOT NULL,
  run_id INTEGER NOT NULL,
  n INTEGER NOT NULL,
  PRIMARY KEY (seq, run_id)
) WITHOUT ROWID;

INSERT OR IGNORE INTO run_change
SELECT told.value, run_id, n
FROM run_message, json_each('[' || substr(changes, instr(changes, ':') + 1) || ']') AS told
WHERE changes NOT LIKE '[%'
ORDER BY told.value;

CREATE TABLE run_change_undone (
  at_ms INTEGER NOT NULL, at_code INTEGER NOT NULL,
  user_id TEXT NOT NULL,
  audience_id INTEGER NOT NULL,
  event INTEGER NOT NULL,
  run_id INTEGER NOT NULL,
  n INTEGER NOT NULL
);
CREATE INDEX run_change_undone_at ON run_change_undone (at_ms, user_id);

CREATE TRIGGER run_change_keep AFTER DELETE ON change WHEN EXISTS (SELECT 1 FROM run_change WHERE seq = old.seq)
BEGIN
  INSERT INTO run_change_undone
  SELECT old.at_ms, old.at_code, old.user_id, old.audience_id, old.event, run_id, n FROM run_change WHERE seq = old.seq;
  DELETE FROM run_change WHERE seq = old.seq;
END;
`;
