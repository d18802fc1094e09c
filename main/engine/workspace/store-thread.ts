import type { CallContext } from '../context.ts';
import { runInThread, workerBeside } from '../thread/run-in-thread.ts';
import type { Backup } from './backup.ts';
import type { StoreJob } from './store-worker.ts';

type Hooks = Pick<CallContext, 'signal' | 'progress'>;

/** SQLite's integrity check of a store, in a thread of its own: "ok", or the first fault. */
export function checkIntegrity(file: string, hooks: Hooks): Promise<string> {
  return runInThread<StoreJob, string>(ENTRY, { kind: 'integrity', file }, hooks);
}

/** Writes a backup in a thread of its own. Throws as `backupStore`. */
export function backupInThread(file: string, out: string, hooks: Hooks): Promise<Backup> {
  return runInThread<StoreJob, Backup>(ENTRY, { kind: 'backup', file, out }, hooks);
}

const ENTRY = workerBeside(import.meta.url, 'store');
