/** Opens a workspace as the engine does, says so, and imports one snapshot: to be killed at any point. */
import { recoverBatches } from '../../../main/engine/batch/batch.ts';
import { openStore } from '../../../main/engine/store/store.ts';
import { runSnapshot } from './workspace.ts';

const [dir = '', file = '', at = '', out] = process.argv.slice(2);
const store = openStore(dir);
recoverBatches(store.db);
process.stdout.write('ready\n');
await runSnapshot(store.db, file, Number(at), { out });
store.close();
process.stdout.write('done\n');
