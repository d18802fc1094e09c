import { mkdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The folder of temporary files of a workspace, beside its database; made when it is not there. */
export function spillFolder(databaseFile: string): string {
  const folder = join(dirname(databaseFile), 'spill');
  mkdirSync(folder, { recursive: true });
  return folder;
}

/** Removes what a killed import left. Only while nothing runs. */
export function cleanSpill(databaseFile: string): void {
  rmSync(join(dirname(databaseFile), 'spill'), { recursive: true, force: true });
}
