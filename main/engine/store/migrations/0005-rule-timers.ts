/**
 * When time alone can next change what a rule says of a user: one row a user, the earliest over all rules. `due_ms` is a
 * whole second. What a batch overwrote is kept, so that undoing it also takes its plans back.
 */
export const ruleTimers = `
CREATE TABLE rule_timer (user_id TEXT PRIMARY KEY, due_ms INTEGER NOT NULL) WITHOUT ROWID;
CREATE INDEX rule_timer_due ON rule_timer (due_ms, user_id);

CREATE TABLE rule_timer_before (
  batch_id INTEGER NOT NULL, user_id TEXT NOT NULL, due_ms INTEGER,
  PRIMARY KEY (batch_id, user_id)
) WITHOUT ROWID;
`;
