import { dirname, join } from 'node:path';
import { beginBatch, finishBatch } from '../../../main/engine/batch/batch.ts';
import type { Instant } from '../../../main/engine/core/instant.ts';
import { lastNumber } from '../../../main/engine/history/change-sql.ts';
import { CAUSE_CODES, EVENT_CODES } from '../../../main/engine/history/codes.ts';
import { createMassWriter } from '../../../main/engine/history/mass-writer.ts';
import {
  createPackWriter,
  type PackedCause,
  type PackedChange,
  type PackWriter,
} from '../../../main/engine/history/pack.ts';
import type { StoredChange } from '../../../main/engine/history/page.ts';
import { bucketOf, hashOf } from '../../../main/engine/membership/key.ts';
import { createChangeStage } from '../../../main/engine/snapshot/change-stage.ts';
import { reserveHistory, writeHistory } from '../../../main/engine/snapshot/write-history.ts';
import type { Db } from '../../../main/engine/store/store.ts';

/** A change at the snapshot's own instant, or late: at its enter instant. */
export type TestChange = Pick<PackedChange, 'userId' | 'audienceId' | 'event'> & { readonly late?: Instant };

/**
 * Writes a snapshot's changes as an import does, by bucket of their users, and gives the batch; it has taken effect unless it is
 * `running`.
 *
 * @param change tells the nth change
 * @param onChange is given each as it should come back
 */
export function addSnapshot(
  db: Db,
  {
    at,
    count,
    running = false,
    change,
    onChange,
  }: {
    at: Instant;
    count: number;
    running?: boolean;
    change: (n: number) => TestChange;
    onChange?: (stored: StoredChange) => void;
  },
): number {
  const batch = beginBatch(db, { kind: 'snapshot', source: 's.csv', at, startedMs: 0 });
  const stage = createChangeStage(join(dirname(db.name), 'snapshot.changes'));
  const [packs, late] = [createPackWriter(stage.add), createPackWriter(stage.addLate)];
  const changes = Array.from({ length: count }, (_, n) => change(n)).sort(
    (a, b) => bucketOf(a.userId) - bucketOf(b.userId),
  );
  for (const one of changes) put(one.late === undefined ? packs : late, one, at);
  packs.finish();
  late.finish();
  const first = reserveHistory(db, batch, count);
  for (const _ of writeHistory(db, stage, { batch, at, first, alone: true, onChange: undefined }));
  stage.close();
  const inOrder = [
    ...changes.filter((one) => one.late === undefined),
    ...changes.filter((one) => one.late !== undefined),
  ];
  for (const [n, one] of inOrder.entries())
    onChange?.(storedOf(one, { at, batch, seq: first + n, cause: 'snapshot' }));
  if (!running) finishBatch(db, batch, { endedMs: 0, result: { entered: 0, exited: 0, rejected: 0 } });
  return batch;
}

/**
 * Writes changes of an import of profiles in packs, in so many sweeps over the buckets, as an import of many users does.
 *
 * @param onChange is given each as it should come back
 */
export function addProfiles(
  db: Db,
  {
    at,
    sweeps,
    onChange,
  }: {
    at: Instant;
    sweeps: readonly (readonly TestChange[])[];
    onChange: (stored: StoredChange) => void;
  },
): number {
  const batch = beginBatch(db, { kind: 'profiles', source: 'p.ndjson', at, startedMs: 0 });
  for (const changes of sweeps) {
    const inOrder = changes.toSorted((a, b) => bucketOf(a.userId) - bucketOf(b.userId));
    const writer = createMassWriter(db, { batch, cause: 'profile', at }, { packed: true });
    db.transaction(() => {
      for (const change of inOrder) writer.add({ ...change, at, enter: at }, false);
      writer.flush();
    })();
    const first = lastNumber(db) - changes.length + 1;
    for (const [n, one] of inOrder.entries())
      onChange(storedOf(one, { at, batch, seq: first + n, cause: 'profile' }));
  }
  finishBatch(db, batch, { endedMs: 0, result: { entered: 0, exited: 0, rejected: 0 } });
  return batch;
}

function put(writer: PackWriter, { userId, audienceId, event, late }: TestChange, at: Instant): void {
  const length = Buffer.byteLength(userId);
  const key = Buffer.alloc((length + 3) & ~3);
  key.write(userId);
  writer.user(new Int32Array(Uint8Array.from(key).buffer), 0, length, hashOf(userId));
  writer.change(audienceId, event, late ?? at);
}

function storedOf(
  { userId, audienceId, event, late }: TestChange,
  { at: own, batch, seq, cause }: { at: Instant; batch: number; seq: number; cause: PackedCause },
): StoredChange {
  const at = late ?? own;
  return {
    seq,
    user_id: userId,
    audience_id: audienceId,
    event: EVENT_CODES[event],
    at_ms: at.ms,
    at_code: at.code,
    enter_ms: at.ms,
    enter_code: at.code,
    exit_ms: event === 'exit' ? at.ms : null,
    exit_code: event === 'exit' ? at.code : null,
    cause: CAUSE_CODES[cause],
    batch_id: batch,
  };
}
