import { statfsSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Db } from './store.ts';

/** What is left free for the largest transaction and what takes it back: the smaller of these bytes and this part of the disk. */
const RESERVE_BYTES = 16 * 1024 * 1024;
const RESERVE_PART = 1 / 3;

/** Pages of the write-ahead log (4 MB) between two checkpoints while space is short. */
const SHORT_LOG_PAGES = 500;

/**
 * Whether the disk has too little space to carry the write-ahead log over to the database, which is the only way to empty
 * the log, and to take back what was written.
 */
function isShort(db: Db): boolean {
  const { bavail, blocks, bsize } = statfsSync(dirname(db.name));
  const log = statSync(`${db.name}-wal`, { throwIfNoEntry: false })?.size ?? 0;
  return bavail * bsize < log + Math.min(RESERVE_BYTES, blocks * bsize * RESERVE_PART);
}

/**
 * Ends long work before the disk is full: a log that has filled the disk can neither be emptied nor opened again, so that
 * nobody could read the workspace or take the work back before space is made.
 *
 * @throws an error with the code ENOSPC, which `asStoreFault` words
 */
export function keepSpace(db: Db): void {
  if (!isShort(db)) return;
  throw Object.assign(new Error('Too little space is left to take back what is written'), { code: 'ENOSPC' });
}

/**
 * Keeps the log small from here on where space is short.
 *
 * @returns puts the setting back
 */
export function spareSpace(db: Db): () => void {
  if (!isShort(db)) return () => undefined;
  const pages = Number(db.pragma('wal_autocheckpoint', { simple: true }));
  db.pragma('wal_checkpoint(PASSIVE)');
  db.pragma(`wal_autocheckpoint = ${SHORT_LOG_PAGES}`);
  return () => {
    db.pragma(`wal_autocheckpoint = ${pages}`);
  };
}
