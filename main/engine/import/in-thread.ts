import { statSync } from 'node:fs';
import type { StoreTable } from '../../../preload/contract/events.ts';
import type { ImportResult } from '../../../preload/contract/profile.ts';
import { takenBackFor } from '../batch/left.ts';
import type { CallContext, EngineContext } from '../context.ts';
import type { ArchiveImport } from '../history/import.ts';
import type { ProfileImport } from '../profile/import.ts';
import type { Db } from '../store/store.ts';
import { turnsOf } from '../store/turns.ts';
import { runInThread, workerBeside } from '../thread/run-in-thread.ts';

/** What is imported: profiles or data events, or archived messages. */
export type ImportWork =
  | { readonly kind: 'profiles'; readonly spec: ProfileImport }
  | { readonly kind: 'archive'; readonly spec: ArchiveImport };

/** What the thread of an import is given. */
export interface ImportJob {
  readonly dir: string;
  readonly file: string;
  readonly turns: SharedArrayBuffer;
  readonly begun: SharedArrayBuffer;
  /** The workspace's time as the import begins; it stands for all of it. */
  readonly nowMs: number;
  readonly work: ImportWork;
}

/** A smaller file is read in less time than a thread takes to start. */
const SMALL_BYTES = 128 * 1024;

/** Whether a file is to be imported in a thread of its own. Standard input belongs to the main thread. */
export function isForThread(path: string): boolean {
  if (path === '-') return false;
  const found = statSync(path, { throwIfNoEntry: false });
  return found?.isFile() === true ? found.size > SMALL_BYTES : found !== undefined;
}

/**
 * Runs an import in a thread of its own, with its own connection, so that other calls and the sending of messages go on
 * meanwhile; their writes go first (see `inTurn`). Throws as the import does.
 *
 * @param tables those whose views are read again afterwards, however it ends
 */
export async function importInThread(
  { store, clock, emit }: Pick<EngineContext, 'store' | 'clock' | 'emit'>,
  work: ImportWork,
  tables: StoreTable[],
  call: Pick<CallContext, 'signal' | 'progress'>,
): Promise<ImportResult> {
  const { dir, file } = store;
  try {
    return await whileThreadWrites({ store, clock }, (begun) => {
      const job: ImportJob = { dir, file, turns: turnsOf(file), begun, nowMs: clock(), work };
      return runInThread<ImportJob, ImportResult>(workerBeside(import.meta.url, 'import'), job, call);
    });
  } finally {
    emit('storeChanged', { tables });
  }
}

/**
 * Runs an import in a thread, as {@link takenBackFor} does, and leaves the checkpoints of the write-ahead log to it meanwhile.
 *
 * @param run starts the thread and hands it `begun`
 */
export async function whileThreadWrites<T>(
  { store: { db }, clock }: Pick<EngineContext, 'store' | 'clock'>,
  run: (begun: SharedArrayBuffer) => Promise<T>,
): Promise<T> {
  const checkpointPages = leaveCheckpoints(db);
  try {
    return await takenBackFor({ db, nowMs: clock }, run);
  } finally {
    db.pragma(`wal_autocheckpoint = ${checkpointPages}`);
  }
}

/**
 * Carrying 32 MB of log over to the database takes longer than a frame: while a thread writes much, it does so itself, and
 * a small write of this connection never has to.
 *
 * @returns the setting to go back to
 */
function leaveCheckpoints(db: Db): number {
  const pages = Number(db.pragma('wal_autocheckpoint', { simple: true }));
  db.pragma('wal_autocheckpoint = 0');
  return pages;
}
