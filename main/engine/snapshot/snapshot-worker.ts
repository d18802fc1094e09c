/** The thread of one snapshot import: its own connection, so that the engine's event loop is free meanwhile. */
import type { ImportResult } from '../../../preload/contract/profile.ts';
import { sayBegun } from '../batch/begun.ts';
import { openConnection } from '../store/store.ts';
import { giveWay } from '../store/turns.ts';
import { answerJob } from '../thread/answer-job.ts';
import { importSnapshot, type SnapshotImport } from './import.ts';

/** What the thread is given. `nowMs` is the engine's clock at the start. */
export interface SnapshotJob {
  readonly file: string;
  readonly turns: SharedArrayBuffer;
  readonly begun: SharedArrayBuffer;
  readonly spec: SnapshotImport;
  readonly nowMs: number;
}

await answerJob<SnapshotJob, ImportResult>(async ({ file, turns, begun, spec, nowMs }, hooks) => {
  giveWay(file, turns);
  sayBegun(begun);
  const startedAt = performance.now();
  const db = openConnection(file, 'write');
  try {
    return await importSnapshot(db, spec, {
      alone: false,
      ...hooks,
      nowMs: () => Math.floor(nowMs + performance.now() - startedAt),
    });
  } finally {
    db.close();
  }
});
