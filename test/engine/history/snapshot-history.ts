import { beginBatch, finishBatch } from '../../../main/engine/batch/batch.ts';
import type { Instant } from '../../../main/engine/core/instant.ts';
import type { StagedChange } from '../../../main/engine/snapshot/change-stage.ts';
import { reserveHistory, writeHistory } from '../../../main/engine/snapshot/write-history.ts';
import type { Db } from '../../../main/engine/store/store.ts';

/**
 * Writes a snapshot's changes as an import does, and gives the batch; it has taken effect unless it is `running`.
 *
 * @param change tells the nth change; one without an instant of its own is at the snapshot's
 */
export function addSnapshot(
  db: Db,
  {
    at,
    count,
    running = false,
    change,
  }: {
    at: Instant;
    count: number;
    running?: boolean;
    change: (n: number) => Pick<StagedChange, 'userId' | 'audience' | 'event'> & { at?: Instant };
  },
): number {
  const batch = beginBatch(db, { kind: 'snapshot', source: 's.csv', at, startedMs: 0 });
  const stage = {
    count: () => count,
    *changes() {
      for (let n = 0; n < count; n += 1) yield { at, enter: at, ...change(n) };
    },
  };
  const audiences = db.prepare<[], { id: number }>('SELECT id FROM audience ORDER BY id').all();
  const first = reserveHistory(db, batch, count);
  for (const _ of writeHistory(db, stage, { batch, at, first, audiences, alone: true, onChange: undefined }));
  if (!running) finishBatch(db, batch, { endedMs: 0, result: { entered: 0, exited: 0, rejected: 0 } });
  return batch;
}
