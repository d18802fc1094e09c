import { existsSync, renameSync, rmSync, statSync } from 'node:fs';
import { SegueError } from '../core/errors.ts';
import { asStoreFault } from '../store/fault.ts';
import type { Db } from '../store/store.ts';

/** A written backup. */
export interface Backup {
  readonly file: string;
  readonly bytes: number;
}

/**
 * Writes a compact copy of the store (`VACUUM INTO`). It is written beside its target and renamed when whole, so that
 * a copy cut off half-way is never taken for a backup.
 *
 * @throws CONFLICT when the target is there already, FILE_UNWRITABLE when it cannot be written, DISK_FULL
 */
export function backupStore(db: Db, out: string): Backup {
  if (existsSync(out)) {
    throw new SegueError('CONFLICT', `${out} is there already. Name a file that does not exist yet.`, {
      file: out,
    });
  }
  const partial = `${out}.partial`;
  try {
    rmSync(partial, { force: true });
    db.prepare('VACUUM INTO ?').run(partial);
    renameSync(partial, out);
  } catch (error) {
    rmSync(partial, { force: true });
    throw backupFault(error, out);
  }
  return { file: out, bytes: statSync(out).size };
}

function backupFault(error: unknown, out: string): unknown {
  const known = asStoreFault(error, `The backup to ${out}`);
  if (known instanceof SegueError) return known;
  const reason = error instanceof Error ? error.message : String(error);
  return new SegueError(
    'FILE_UNWRITABLE',
    `The backup cannot be written to ${out} (${reason}). Check that its folder is there and may be written to.`,
    { file: out },
    error,
  );
}
