/** The thread of one import of profiles, data events or archived messages: its own connection to the store. */
import type { ImportResult } from '../../../preload/contract/profile.ts';
import { sayBegun } from '../batch/begun.ts';
import { exhaustive } from '../core/errors.ts';
import { importArchive } from '../history/import.ts';
import { type ImportCall, type ImportEngine, PACE_IN_THREAD } from '../input/import-run.ts';
import { importProfiles } from '../profile/import.ts';
import { openConnection } from '../store/store.ts';
import { giveWay } from '../store/turns.ts';
import { answerJob } from '../thread/answer-job.ts';
import type { ImportJob } from './in-thread.ts';

await answerJob<ImportJob, ImportResult>(async ({ dir, file, turns, begun, nowMs, work }, hooks) => {
  giveWay(file, turns);
  sayBegun(begun);
  const db = openConnection(file, 'write');
  const engine: ImportEngine = {
    store: { dir, file, db, close: () => db.close() },
    clock: () => nowMs,
    // Whoever started the thread tells the window.
    emit: () => undefined,
  };
  const call: ImportCall = {
    signal: {
      get aborted() {
        return hooks.cancelled();
      },
    },
    progress: hooks.progress,
  };
  try {
    switch (work.kind) {
      case 'profiles':
        return await importProfiles(engine, work.spec, call, PACE_IN_THREAD);
      case 'archive':
        return await importArchive(engine, work.spec, call, PACE_IN_THREAD);
      default:
        return exhaustive(work);
    }
  } finally {
    db.close();
  }
});
