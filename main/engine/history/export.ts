import type { HistoryFilter } from '../../../preload/contract/history.ts';
import type { CallContext } from '../context.ts';
import { writeWhole } from '../output/whole-file.ts';
import type { Db } from '../store/store.ts';
import { changesInOrder, rowWriter } from './page.ts';

/**
 * Writes the changes of a filter, in time order, as NDJSON with exactly the contract's keys. The file appears under its
 * name only when it is complete; one that is there is replaced.
 *
 * @throws FILE_UNWRITABLE, DISK_FULL, CANCELLED, and as `planOf`
 */
export async function exportHistory(
  db: Db,
  { out, ...filter }: HistoryFilter & { out: string },
  call: Pick<CallContext, 'signal' | 'progress'>,
): Promise<{ count: number; file: string }> {
  let count = 0;
  await writeWhole(out, async (write) => {
    count = await writeChanges(db, filter, write, call);
  });
  return { count, file: out };
}

async function writeChanges(
  db: Db,
  filter: HistoryFilter,
  write: (text: string) => Promise<void>,
  { signal, progress }: Pick<CallContext, 'signal' | 'progress'>,
): Promise<number> {
  const toRow = rowWriter(db);
  const startedAt = performance.now();
  let count = 0;
  for await (const changes of changesInOrder(db, filter, signal)) {
    if (changes.length === 0) continue;
    await write(changes.map((change) => `${JSON.stringify(toRow(change))}\n`).join(''));
    count += changes.length;
    const perSecond = count / Math.max(0.001, (performance.now() - startedAt) / 1000);
    progress({
      phase: 'exporting',
      done: count,
      total: null,
      unit: 'rows',
      rows: count,
      perSecond,
      secondsLeft: null,
    });
  }
  return count;
}
