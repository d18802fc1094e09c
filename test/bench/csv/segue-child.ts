/** Segue's scanner over a CSV file, in a process of its own: `FILE`. */
import { createCsvScanner } from '../../../main/engine/input/csv.ts';
import { openInput } from '../../../main/engine/input/input.ts';
import { scanned } from '../../../main/engine/input/records.ts';

const [file = ''] = process.argv.slice(2);
const input = await openInput(file);
const before = process.cpuUsage();
let rows = -1;
let fields = -4;
const scanner = createCsvScanner({
  delimiter: ',',
  onRow({ count, starts, ends }) {
    rows += 1;
    for (let field = 0; field < count; field += 1) if ((ends[field] ?? 0) > (starts[field] ?? 0)) fields += 1;
  },
  onReject({ line, reason }) {
    throw new Error(`Line ${line}: ${reason}`);
  },
});
for await (const _ of scanned(input, scanner));
const { user, system } = process.cpuUsage(before);
await input.close();
console.log(JSON.stringify({ rows, fields, cpuSeconds: (user + system) / 1e6 }));
