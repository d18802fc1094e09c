/**
 * The errors of a run by their code, counted without reading the messages: a run may have parked a million of them, and its
 * window asks again and again.
 */
export const runErrors = `
CREATE INDEX run_message_error ON run_message (run_id, state, error_code) WHERE state IN (2, 3);
`;
