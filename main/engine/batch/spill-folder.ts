import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { removePartial } from '../output/whole-file.ts';

/** How the name of a note ends, see {@link notePartial}. */
const NOTE = '.out';

/** The folder of temporary files of a workspace, beside its database; made when it is not there. */
export function spillFolder(databaseFile: string): string {
  const folder = folderOf(databaseFile);
  mkdirSync(folder, { recursive: true });
  return folder;
}

function folderOf(databaseFile: string): string {
  return join(dirname(databaseFile), 'spill');
}

/**
 * Notes in the spill folder that a file is about to be made elsewhere under a partial name, so that it does not stay for ever
 * where this process is killed. Call it before the file is there, and while nothing else has the name.
 *
 * @returns takes the note back
 */
export function notePartial(folder: string, name: string, partial: string): () => void {
  const note = join(folder, `${name}${NOTE}`);
  writeFileSync(note, resolve(partial));
  return () => rmSync(note, { force: true });
}

/** Removes what a killed import left, here and where a note says so. Only while nothing runs. */
export function cleanSpill(databaseFile: string): void {
  const folder = folderOf(databaseFile);
  for (const note of notesIn(folder)) removePartial(readFileSync(note, 'utf8'));
  rmSync(folder, { recursive: true, force: true });
}

function notesIn(folder: string): string[] {
  try {
    return readdirSync(folder)
      .filter((name) => name.endsWith(NOTE))
      .map((name) => join(folder, name));
  } catch {
    // Mostly there is no such folder.
    return [];
  }
}
