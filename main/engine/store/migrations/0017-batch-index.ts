/**
 * Finds a batch's changes in the order of their numbers only where somebody asks for them so: those of live causes. A snapshot's
 * are one range of numbers (`batch_range`), and by time `change_batch_at` has them; an entry more for each was a fifth of writing
 * its history.
 */
export const batchIndex = `
DROP INDEX change_batch;
CREATE INDEX change_batch ON change (batch_id) WHERE cause <> 1;
`;
