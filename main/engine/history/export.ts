import { randomBytes } from 'node:crypto';
import { type FileHandle, open, rename, rm, stat } from 'node:fs/promises';
import type { HistoryFilter } from '../../../preload/contract/history.ts';
import type { CallContext } from '../context.ts';
import { SegueError } from '../core/errors.ts';
import { asStoreFault } from '../store/fault.ts';
import type { Db } from '../store/store.ts';
import { changesInOrder, rowWriter } from './page.ts';

/**
 * Writes the changes of a filter, in time order, as NDJSON with exactly the contract's keys. The file appears under its
 * name only when it is complete; one that is there is replaced.
 *
 * @throws INVALID_INPUT when `out` is a folder or its folder is not there, DISK_FULL, CANCELLED, and as `planOf`
 */
export async function exportHistory(
  db: Db,
  { out, ...filter }: HistoryFilter & { out: string },
  call: Pick<CallContext, 'signal' | 'progress'>,
): Promise<{ count: number; file: string }> {
  await refuseFolder(out);
  const temporary = `${out}.${randomBytes(4).toString('hex')}.part`;
  const handle = await openNew(temporary, out);
  try {
    const count = await writeChanges(db, filter, handle, call);
    await handle.sync();
    await handle.close();
    await rename(temporary, out);
    return { count, file: out };
  } catch (error) {
    await handle.close().catch(() => undefined);
    await rm(temporary, { force: true });
    throw asStoreFault(error, `The export to ${out}`);
  }
}

async function writeChanges(
  db: Db,
  filter: HistoryFilter,
  handle: FileHandle,
  { signal, progress }: Pick<CallContext, 'signal' | 'progress'>,
): Promise<number> {
  const toRow = rowWriter(db);
  const startedAt = performance.now();
  let count = 0;
  for await (const changes of changesInOrder(db, filter, signal)) {
    if (changes.length === 0) continue;
    await handle.write(changes.map((change) => `${JSON.stringify(toRow(change))}\n`).join(''));
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

async function refuseFolder(out: string): Promise<void> {
  const present = await stat(out).catch(() => undefined);
  if (present?.isDirectory() !== true) return;
  throw new SegueError('INVALID_INPUT', `${out} is a folder. Name the file to write.`, { path: out });
}

async function openNew(temporary: string, out: string): Promise<FileHandle> {
  try {
    return await open(temporary, 'wx');
  } catch (error) {
    const reason = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    throw new SegueError(
      'INVALID_INPUT',
      `${out} cannot be written (${reason}). Check that its folder is there and may be written to.`,
      { path: out, reason },
      error,
    );
  }
}
