/**
 * Switches the workflow `Triggers` of a workspace live in a process of its own, to be killed, and imports profiles that the
 * rule takes in: `node live-process.ts DIR ACCESS_KEY_ID SECRET FILE`.
 */
import { systemClock } from '../../../main/engine/core/clock.ts';
import { openEngine } from '../../../main/engine/engine.ts';

const [dir = '', accessKeyId = '', secretAccessKey = '', path = ''] = process.argv.slice(2);
const engine = await openEngine({ dir, assetsDir: dir, clock: systemClock, live: true });
await engine.call(
  'workflow.setLive',
  { name: 'Triggers', live: true },
  { credentials: { accessKeyId, secretAccessKey } },
);
await engine.call('profile.import', { path });
