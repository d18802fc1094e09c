/**
 * Replays the workflow `Triggers` of a workspace in a process of its own, to be killed: `node sender-process.ts DIR
 * ACCESS_KEY_ID SECRET`. Writes the run's id, then one line per progress.
 */
import { randomBytes } from 'node:crypto';
import type { EngineContext } from '../../../main/engine/context.ts';
import { startRun } from '../../../main/engine/run/start.ts';
import { waitForRun } from '../../../main/engine/run/wait.ts';
import { openStore } from '../../../main/engine/store/store.ts';
import { runRequest } from '../../../preload/contract/run.ts';

const [dir = '', accessKeyId = '', secretAccessKey = ''] = process.argv.slice(2);
const engine: EngineContext = {
  store: openStore(dir),
  clock: Date.now,
  newId: () => randomBytes(16).toString('hex'),
  assetsDir: '',
  sandbox: () => Promise.reject(new Error('The queue is another process’s.')),
  emit: () => undefined,
};
const { id } = await startRun(
  engine,
  runRequest.parse({ workflow: 'Triggers', kind: 'replay', options: { concurrency: 8 } }),
  {
    signal: new AbortController().signal,
    progress: () => undefined,
    credentials: { accessKeyId, secretAccessKey },
  },
);
process.stdout.write(`${id}\n`);
const row = await waitForRun(engine, id, {});
process.stdout.write(`${row.state}\n`);
