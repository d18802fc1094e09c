/**
 * Takes the changes of snapshots out of the indexes by time, by batch and by kind: in the order of time they are ranges of the
 * table itself, which `change_block` names (history/blocks.ts). Their entries were a third of writing a snapshot's history and of
 * its bytes.
 *
 * `change.listed` is 1 for a snapshot's change that keeps its entries, as it is in no block: at another instant than its
 * snapshot, behind its range (of a rule that includes its audiences), in a small snapshot or in a bundle.
 *
 * The blocks of what is there come from looks into the indexes, five hundred numbers apart, so that no change is read.
 */
export const changeBlocks = `
ALTER TABLE change ADD COLUMN listed INTEGER;

-- Changes of a batch at its own instant, one number after the other: all for event 0, else those with at most some hundred others
-- between two of the event.
CREATE TABLE change_block (
  event INTEGER NOT NULL,
  at_ms INTEGER NOT NULL, at_code INTEGER NOT NULL,
  first_seq INTEGER NOT NULL, last_seq INTEGER NOT NULL,
  batch_id INTEGER NOT NULL,
  PRIMARY KEY (event, at_ms, at_code, first_seq)
) WITHOUT ROWID;
CREATE INDEX change_block_batch ON change_block (batch_id);

CREATE TABLE blocked AS
SELECT batch_id, at_ms, at_code, first_seq, last_seq FROM batch_range JOIN batch ON batch.id = batch_id
WHERE kind = 'snapshot' AND at_ms IS NOT NULL AND last_seq - first_seq >= 999;

WITH RECURSIVE one (id) AS (
  SELECT min(batch_id) FROM change INDEXED BY change_batch_at
  UNION ALL
  SELECT (SELECT min(batch_id) FROM change INDEXED BY change_batch_at WHERE batch_id > one.id) FROM one WHERE id IS NOT NULL
),
unblocked (id) AS (
  SELECT id FROM one WHERE id NOT IN (SELECT batch_id FROM blocked)
  AND NOT EXISTS (SELECT 1 FROM batch WHERE batch.id = one.id AND kind <> 'snapshot')
)
UPDATE change SET listed = 1 WHERE +cause = 1 AND seq IN (
  SELECT seq FROM unblocked CROSS JOIN change INDEXED BY change_batch_at ON batch_id = unblocked.id
  UNION ALL
  SELECT seq FROM blocked CROSS JOIN change INDEXED BY change_batch_at
  ON change.batch_id = blocked.batch_id AND change.at_ms < blocked.at_ms
  UNION ALL
  SELECT seq FROM blocked CROSS JOIN change INDEXED BY change_batch_at
  ON change.batch_id = blocked.batch_id AND change.at_ms > blocked.at_ms
  UNION ALL
  SELECT seq FROM blocked CROSS JOIN change INDEXED BY change_batch_at
  ON change.batch_id = blocked.batch_id AND change.at_ms = blocked.at_ms AND change.at_code < blocked.at_code
  UNION ALL
  SELECT seq FROM blocked CROSS JOIN change INDEXED BY change_batch_at
  ON change.batch_id = blocked.batch_id AND change.at_ms = blocked.at_ms AND change.at_code > blocked.at_code
  UNION ALL
  SELECT seq FROM blocked CROSS JOIN change INDEXED BY change_batch_at
  ON change.batch_id = blocked.batch_id AND change.at_ms = blocked.at_ms AND change.at_code = blocked.at_code
    AND seq > last_seq
);

-- A hop goes to the first change of the event that is 500 numbers or more behind the last one found.
INSERT INTO change_block
WITH RECURSIVE hop (batch_id, at_ms, at_code, last_seq, event, seq, looks) AS (
  SELECT batch_id, at_ms, at_code, last_seq, event, first_seq - 500, 0
  FROM blocked CROSS JOIN (SELECT 0 AS event UNION ALL SELECT 1 UNION ALL SELECT 2)
  UNION ALL
  SELECT batch_id, at_ms, at_code, last_seq, event,
    CASE event
    WHEN 0 THEN (
      SELECT min(seq) FROM change INDEXED BY change_batch_at
      WHERE batch_id = hop.batch_id AND at_ms = hop.at_ms AND at_code = hop.at_code
        AND seq >= hop.seq + 500 AND seq <= hop.last_seq)
    ELSE (
      SELECT min(seq) FROM change INDEXED BY change_kind_at
      WHERE cause = 1 AND event = hop.event AND at_ms = hop.at_ms AND at_code = hop.at_code
        AND seq >= hop.seq + 500 AND seq <= hop.last_seq)
    END,
    looks + 1
  FROM hop WHERE seq IS NOT NULL
),
started AS (
  SELECT *, seq - lag(seq, 1, seq - 1001) OVER (PARTITION BY batch_id, event ORDER BY seq) > 1000 AS starts
  FROM hop WHERE looks > 0 AND seq IS NOT NULL
),
numbered AS (SELECT *, sum(starts) OVER (PARTITION BY batch_id, event ORDER BY seq) AS run FROM started)
SELECT event, at_ms, at_code, min(seq), min(max(seq) + 499, last_seq), batch_id FROM numbered
GROUP BY batch_id, event, run, at_ms, at_code, last_seq;

DROP TABLE blocked;

DROP INDEX change_at;
DROP INDEX change_batch_at;
DROP INDEX change_kind_at;
CREATE INDEX change_at ON change (at_ms, at_code) WHERE (cause <> 1 OR listed = 1);
CREATE INDEX change_batch_at ON change (batch_id, at_ms, at_code) WHERE (cause <> 1 OR listed = 1);
CREATE INDEX change_kind_at ON change (cause, event, at_ms, at_code) WHERE (cause <> 1 OR listed = 1);
`;
