import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { expect, it } from 'vitest';
import { inTransaction, openDatabase } from '../../../main/engine/store/store.ts';
import { takeTurns, turnsOf } from '../../../main/engine/store/turns.ts';

it('a write of the engine’s thread waits for one transaction of another thread, not for many', async () => {
  const file = join(mkdtempSync(join(tmpdir(), 'segue-turns-')), 'segue.db');
  const db = openDatabase(file);
  takeTurns(db);
  const counts = new Int32Array(new SharedArrayBuffer(8));
  const worker = new Worker(new URL('turns-writer.ts', import.meta.url), {
    workerData: { file, turns: turnsOf(file), counts },
  });
  await new Promise((resolve) => worker.once('message', resolve));
  const begun = () => Atomics.load(counts, 0);
  const write = db.prepare("INSERT OR REPLACE INTO setting VALUES ('engine', ?)");
  const passed: number[] = [];
  for (let n = 0; n < 40; n += 1) {
    const before = begun();
    // A transaction, and a single statement, which is one of its own.
    if (n % 2 === 0) inTransaction(db, () => write.run(String(n)));
    else write.run(String(n));
    passed.push(begun() - before);
    // Lets the other thread begin again.
    const next = begun();
    while (begun() === next) Atomics.wait(counts, 0, next, 100);
  }
  Atomics.store(counts, 1, 1);
  await new Promise((resolve) => worker.once('exit', resolve));
  db.close();
  // One may begin before this thread has said that it waits, and one when it is done; more where the machine holds this thread up.
  expect(passed.sort((a, b) => a - b)[passed.length / 2]).toBeLessThanOrEqual(2);
});
