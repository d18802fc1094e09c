/** One snapshot import in a process of its own: `workspace file day [out]`; `out` makes it a dry run. */
import { instantOfMs } from '../../../main/engine/core/instant.ts';
import { importSnapshot } from '../../../main/engine/snapshot/import.ts';
import { openStore } from '../../../main/engine/store/store.ts';

const [dir = '', path = '', day = '0', out] = process.argv.slice(2);
const store = openStore(dir);
const { changes } = await importSnapshot(
  store.db,
  {
    path,
    at: instantOfMs((Number(day) + 1) * 86_400_000),
    format: undefined,
    key: 'user_id',
    partial: false,
    dryRun: out !== undefined,
    strict: false,
    out,
  },
  { nowMs: Date.now, cancelled: () => false, progress: () => undefined },
);
store.close();
console.log(JSON.stringify({ ...changes, peakKiB: process.resourceUsage().maxRSS }));
