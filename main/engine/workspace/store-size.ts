import { existsSync, statSync } from 'node:fs';

/** The store's size with its write-ahead log, in bytes. */
export function sizeOnDisk(file: string): number {
  return [file, `${file}-wal`].reduce((sum, path) => sum + (existsSync(path) ? statSync(path).size : 0), 0);
}
