/**
 * What time alone will change for a user, planned when he is evaluated: `steps` is JSON, see reevaluation/plan.ts. A step that
 * says who enters and leaves what fires without the profile, which was most of the work of a due timer. `rule_due` has one row
 * a user, his next step: the first to fire stand together at its beginning, and only what is planned next is written elsewhere.
 *
 * Timers of before become steps at which the profile is asked.
 */
export const rulePlans = `
CREATE TABLE rule_plan (user_id TEXT PRIMARY KEY, steps TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE rule_due (due_ms INTEGER NOT NULL, user_id TEXT NOT NULL, PRIMARY KEY (due_ms, user_id)) WITHOUT ROWID;

INSERT INTO rule_plan SELECT user_id, json_array(json_array(due_ms)) FROM rule_timer ORDER BY user_id;
INSERT INTO rule_due SELECT due_ms, user_id FROM rule_timer ORDER BY due_ms, user_id;
DROP TABLE rule_timer;
`;
