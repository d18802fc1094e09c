import { Worker } from 'node:worker_threads';
import type { ErrorShape } from '../../../preload/contract/error.ts';
import type { JobProgress } from '../../../preload/contract/events.ts';
import type { ImportResult } from '../../../preload/contract/profile.ts';
import { SegueError } from '../core/errors.ts';
import type { SnapshotImport } from './import.ts';

/** What the thread of an import is given. */
export interface WorkerInput {
  readonly file: string;
  readonly spec: SnapshotImport;
  /** Four shared bytes: 1 once the caller has cancelled. Comparing does not return to its event loop for messages. */
  readonly cancelled: SharedArrayBuffer;
  /** The engine's clock at the start. */
  readonly nowMs: number;
}

/** What it says. */
export type WorkerMessage =
  | { readonly kind: 'progress'; readonly progress: Omit<JobProgress, 'jobId'> }
  | { readonly kind: 'done'; readonly result: ImportResult }
  | { readonly kind: 'failed'; readonly error: ErrorShape };

/** Runs a snapshot import in a thread of its own. Throws as `importSnapshot`, also when the thread dies. */
export function importInWorker(
  file: string,
  spec: SnapshotImport,
  {
    signal,
    nowMs,
    progress,
  }: { signal: AbortSignal; nowMs: number; progress: (progress: Omit<JobProgress, 'jobId'>) => void },
): Promise<ImportResult> {
  const cancelled = new SharedArrayBuffer(4);
  const cancel = () => Atomics.store(new Int32Array(cancelled), 0, 1);
  if (signal.aborted) cancel();
  const workerData: WorkerInput = { file, spec, cancelled, nowMs };
  const { promise, resolve, reject } = Promise.withResolvers<ImportResult>();
  // From source the entry is TypeScript, in a bundle it lies beside whatever chunk this code is in.
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  const worker = new Worker(new URL(`./snapshot-worker.${extension}`, import.meta.url), { workerData });
  signal.addEventListener('abort', cancel);
  worker.on('message', (message: WorkerMessage) => {
    if (message.kind === 'progress') progress(message.progress);
    else if (message.kind === 'done') resolve(message.result);
    else reject(new SegueError(message.error.code, message.error.message, message.error.detail));
  });
  worker.on('error', reject);
  worker.on('exit', () => {
    signal.removeEventListener('abort', cancel);
    reject(
      new SegueError(
        'INTERNAL',
        'The import ended without a result. Open the workspace again; nothing of it was kept.',
      ),
    );
  });
  return promise;
}
