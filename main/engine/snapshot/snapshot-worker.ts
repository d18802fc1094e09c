/** The thread of one snapshot import: its own connection, so that the engine's event loop is free meanwhile. */
import { parentPort, workerData } from 'node:worker_threads';
import { toErrorShape } from '../core/errors.ts';
import { openConnection } from '../store/store.ts';
import { importSnapshot } from './import.ts';
import type { WorkerInput, WorkerMessage } from './run-in-worker.ts';

const { file, spec, cancelled, nowMs } = workerData as WorkerInput;
const flag = new Int32Array(cancelled);
const send = (message: WorkerMessage) => parentPort?.postMessage(message);

/** Progress is thinned out by its receiver; a message for each piece of work would only keep it busy. */
const PROGRESS_INTERVAL_MS = 100;

const db = openConnection(file, 'write');
const began = performance.now();
let lastProgress = Number.NEGATIVE_INFINITY;
try {
  const result = await importSnapshot(db, spec, {
    nowMs: () => Math.floor(nowMs + performance.now() - began),
    cancelled: () => Atomics.load(flag, 0) === 1,
    progress(progress) {
      if (performance.now() - lastProgress < PROGRESS_INTERVAL_MS && progress.done !== progress.total) return;
      lastProgress = performance.now();
      send({ kind: 'progress', progress });
    },
  });
  send({ kind: 'done', result });
} catch (error) {
  send({ kind: 'failed', error: toErrorShape(error) });
} finally {
  db.close();
}
