/** A thread that reads the whole store from end to end: an integrity check or a backup, minutes on a large one. */
import { exhaustive } from '../core/errors.ts';
import { openConnection } from '../store/store.ts';
import { answerJob } from '../thread/answer-job.ts';
import { backupStore } from './backup.ts';

/** What the thread is to do with the store in `file`. */
export type StoreJob =
  | { readonly kind: 'integrity'; readonly file: string }
  | { readonly kind: 'backup'; readonly file: string; readonly out: string };

await answerJob<StoreJob, unknown>((job) => {
  const db = openConnection(job.file, 'read');
  try {
    switch (job.kind) {
      case 'integrity':
        return String(db.pragma('integrity_check(10)', { simple: true }));
      case 'backup':
        return backupStore(db, job.out);
      default:
        return exhaustive(job);
    }
  } finally {
    db.close();
  }
});
