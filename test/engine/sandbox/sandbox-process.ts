/** A sandbox in a process of its own, for tests that kill it: `node sandbox-process.ts FILE`. */
import { startSandbox } from '../../../main/engine/sandbox/sandbox.ts';

const file = process.argv[2];
const sandbox = await startSandbox({
  ...(file === undefined ? {} : { file }),
  accessKeyId: 'SEGUESANDBOXCHILD',
  secretAccessKey: 'child',
});
await sandbox.createQueue('q');
await sandbox.createQueue('q.fifo', { FifoQueue: 'true' });
process.send?.({ endpoint: sandbox.endpoint });
