/**
 * Starts the replay of a soak's workspace, or goes on with it, in a process of its own that is killed:
 * `node sender-process.ts DIR CONCURRENCY`.
 */
import { openEngine } from '../../main/engine/engine.ts';
import { waitForRun } from '../../main/engine/run/wait.ts';
import { SANDBOX_KEYS, WORKFLOW } from './workload.ts';

const [dir = '', concurrency = '8'] = process.argv.slice(2);
const engine = await openEngine({ dir, assetsDir: '', clock: Date.now });
const [present] = (await engine.call('run.list', {})).rows;
const keys = { credentials: SANDBOX_KEYS };
const { id } =
  present === undefined
    ? await engine.call(
        'run.start',
        { workflow: WORKFLOW, kind: 'replay', options: { concurrency: Number(concurrency) } },
        keys,
      )
    : await engine.call('run.resume', { id: present.id }, keys);
await waitForRun(engine.context, id);
await engine.close();
