/**
 * Drains a queue in a process of its own and kills it with SIGKILL between the write of a batch and its deletion:
 * `node drain-process.ts QUEUE_URL ACCESS_KEY_ID SECRET OUT BATCH`.
 */
import { createArchiveFile } from '../../../main/engine/capture/archive-file.ts';
import { capture } from '../../../main/engine/capture/capture.ts';
import { openReceiveClient } from '../../../main/engine/queue/receive-client.ts';

const [queueUrl = '', accessKeyId = '', secretAccessKey = '', out = '', batch = '1'] = process.argv.slice(2);
const client = await openReceiveClient({
  queueUrl,
  region: 'us-east-1',
  credentials: { accessKeyId, secretAccessKey },
});
let removals = 0;
await capture(
  {
    ...client,
    remove: (handles) => {
      removals += 1;
      if (removals === Number(batch)) process.kill(process.pid, 'SIGKILL');
      return client.remove(handles);
    },
  },
  await createArchiveFile(out),
  { mode: 'drain', max: null, seconds: 60, waitSeconds: 0 },
  { signal: new AbortController().signal, progress: () => undefined },
);
