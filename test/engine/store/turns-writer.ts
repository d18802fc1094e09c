/** Writes one short transaction after the other, giving way to the engine's thread, until it is told to stop. */
import { parentPort, workerData } from 'node:worker_threads';
import { inTransaction, openConnection } from '../../../main/engine/store/store.ts';
import { giveWay } from '../../../main/engine/store/turns.ts';

const { file, turns, counts } = workerData as { file: string; turns: SharedArrayBuffer; counts: Int32Array };
giveWay(file, turns);
const db = openConnection(file, 'write');
const write = db.prepare("INSERT OR REPLACE INTO setting VALUES ('thread', ?)");
let n = 0;
while (Atomics.load(counts, 1) === 0) {
  inTransaction(db, () => {
    Atomics.add(counts, 0, 1);
    Atomics.notify(counts, 0);
    const until = performance.now() + 8;
    while (performance.now() < until) write.run(String(n));
  });
  n += 1;
  if (n === 1) parentPort?.postMessage('writing');
}
db.close();
