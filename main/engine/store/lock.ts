import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { SegueError } from '../core/errors.ts';

/** A held workspace; the operating system lets it go when the process ends, however it ends. */
export interface WorkspaceLock {
  release(): void;
}

/** Held locks stay reachable here: better-sqlite3 closes a database that is garbage collected, which would free the lock. */
const held = new Set<Database.Database>();

/**
 * Takes the workspace for this process (one writer). The lock is an open exclusive transaction on a database of its own:
 * Node has no flock, a pid file outlives a kill -9, and a lock on `segue.db` itself would shut out the engine's own
 * reader threads.
 *
 * @throws WORKSPACE_LOCKED when another process holds it, naming that process where known
 */
export function lockWorkspace(dir: string): WorkspaceLock {
  const ownerFile = join(dir, 'owner.json');
  const db = new Database(join(dir, 'workspace.lock'), { timeout: 0 });
  try {
    db.pragma('journal_mode = DELETE');
    db.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    db.close();
    if (error instanceof Database.SqliteError && error.code.startsWith('SQLITE_BUSY')) {
      const owner = readOwner(ownerFile);
      throw new SegueError(
        'WORKSPACE_LOCKED',
        `The workspace ${dir} is open in another Segue${owner === undefined ? '' : ` (process ${owner})`}. ` +
          'Close it there, or choose another folder with --workspace.',
        { workspace: dir, ...(owner === undefined ? {} : { pid: owner }) },
      );
    }
    throw error;
  }
  held.add(db);
  writeFileSync(ownerFile, JSON.stringify({ pid: process.pid, since: new Date().toISOString() }));
  return {
    release() {
      rmSync(ownerFile, { force: true });
      held.delete(db);
      db.close();
    },
  };
}

function readOwner(file: string): number | undefined {
  try {
    const { pid } = JSON.parse(readFileSync(file, 'utf8')) as { pid?: unknown };
    return typeof pid === 'number' ? pid : undefined;
  } catch {
    return undefined;
  }
}
