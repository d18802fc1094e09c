import { accessSync, constants, existsSync, mkdirSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import Database from 'better-sqlite3';
import { SegueError } from '../core/errors.ts';
import { addUnpacking } from '../history/unpack.ts';
import { asStoreFault } from './fault.ts';
import { lockWorkspace } from './lock.ts';
import { MIGRATIONS } from './migrations/index.ts';
import { inTurn, takeTurns } from './turns.ts';

export type Db = Database.Database;

/** An open workspace: its folder, its database and the lock that makes this process its one writer. */
export interface Store {
  readonly dir: string;
  readonly file: string;
  readonly db: Db;
  close(): void;
}

/** Marks a SQLite file as Segue's (`PRAGMA application_id`): the letters "Segu". */
const APPLICATION_ID = 0x53656775;

/**
 * Opens the workspace in a folder, made when it is not there, and brings its database up to this version.
 *
 * @throws WORKSPACE_LOCKED when another process has it open, WORKSPACE_NEWER when a newer Segue wrote it (the file is left
 * as it is), WORKSPACE_CORRUPT when `segue.db` is not a Segue database, FILE_UNWRITABLE when the folder cannot be one,
 * DISK_FULL
 */
export function openStore(dir: string): Store {
  makeFolder(dir);
  const lock = lockWorkspace(dir);
  const file = join(dir, 'segue.db');
  try {
    const db = openDatabase(file);
    takeTurns(db);
    return {
      dir,
      file,
      db,
      close() {
        db.close();
        lock.release();
      },
    };
  } catch (error) {
    lock.release();
    throw asStoreFault(error, `Opening ${file}`);
  }
}

/** Makes a workspace's folder and those above it. Node's own recursive way never ends in `/proc`. */
function makeFolder(dir: string): void {
  const missing: string[] = [];
  for (let folder = resolve(dir); !existsSync(folder); folder = dirname(folder)) missing.push(folder);
  try {
    for (const folder of missing.reverse()) mkdirSync(folder);
    accessSync(dir, constants.R_OK | constants.W_OK | constants.X_OK);
    if (!statSync(dir).isDirectory()) throw new Error('it is a file');
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new SegueError(
      'FILE_UNWRITABLE',
      `${dir} cannot be the folder of a workspace: ${reason}. Choose another with --workspace, or check its permissions.`,
      { workspace: dir },
      error,
    );
  }
}

/** Opens and migrates one database file; {@link openStore} is the way in, this is for tests of migrations. */
export function openDatabase(file: string, migrations = MIGRATIONS): Db {
  const db = new Database(file);
  try {
    addUnpacking(db);
    refuseForeign(db, file, migrations.length);
    applyPragmas(db);
    migrate(db, migrations);
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

/**
 * A second connection to a store that this process has open, for a worker thread. Readers never wait (WAL); a writer
 * waits up to the busy timeout, so write transactions stay short.
 */
export function openConnection(file: string, mode: 'read' | 'write'): Db {
  const db = new Database(file, { readonly: mode === 'read', fileMustExist: true });
  addUnpacking(db);
  if (mode === 'write') applyPragmas(db);
  else db.pragma('busy_timeout = 10000');
  return db;
}

function applyPragmas(db: Db): void {
  // Measured in ENGINE: 8 KiB pages, a 64 MB cache and no mmap did best. NORMAL keeps the file consistent at a power
  // cut; the run journal raises this to FULL for its own transactions.
  db.pragma('page_size = 8192');
  // Before the first table: what pruning frees is then given back in short steps. No measurable cost while writing.
  db.pragma('auto_vacuum = INCREMENTAL');
  db.pragma('journal_mode = WAL');
  db.pragma('synchronous = NORMAL');
  db.pragma('cache_size = -64000');
  db.pragma('wal_autocheckpoint = 4000');
  db.pragma('busy_timeout = 10000');
  db.pragma('temp_store = MEMORY');
}

function refuseForeign(db: Db, file: string, newest: number): void {
  let applicationId: unknown;
  let version: unknown;
  try {
    applicationId = db.pragma('application_id', { simple: true });
    version = db.pragma('user_version', { simple: true });
  } catch (error) {
    throw new SegueError(
      'WORKSPACE_CORRUPT',
      `${file} is not a database that can be read. Restore it from a backup, or choose another folder.`,
      { file },
      error,
    );
  }
  const empty = db.prepare('SELECT count(*) FROM sqlite_schema').pluck().get() === 0;
  if (!empty && applicationId !== APPLICATION_ID) {
    throw new SegueError(
      'WORKSPACE_CORRUPT',
      `${file} is a database of another program. Choose another folder; it was left as it is.`,
      { file },
    );
  }
  if (Number(version) > newest) {
    throw new SegueError(
      'WORKSPACE_NEWER',
      `${file} was written by a newer Segue (schema ${Number(version)}, this one knows ${newest}). Update Segue; the file was left as it is.`,
      { file, schema: Number(version), newest },
    );
  }
}

function migrate(db: Db, migrations: typeof MIGRATIONS): void {
  const from = Number(db.pragma('user_version', { simple: true }));
  for (const [index, migration] of migrations.entries()) {
    if (index < from) continue;
    db.transaction(() => {
      db.exec(migration.sql);
      db.pragma(`application_id = ${APPLICATION_ID}`);
      db.pragma(`user_version = ${index + 1}`);
    })();
  }
}

/**
 * Runs a function inside `BEGIN IMMEDIATE … COMMIT`, so that it never fails half-way for a lock taken too late. Within
 * another transaction it is a part of that one.
 */
export function inTransaction<T>(db: Db, work: () => T): T {
  const transaction = () => db.transaction(work).immediate();
  return db.inTransaction ? transaction() : inTurn(db.name, transaction);
}

/** The size of the database, in bytes, with its free pages and without what stands in its log alone. */
export function databaseBytes(db: Db): number {
  return Number(db.pragma('page_count', { simple: true })) * Number(db.pragma('page_size', { simple: true }));
}

/** A workspace setting, undefined when it was never set. */
export function readSetting(db: Db, name: string): string | undefined {
  return db.prepare<[string], string>('SELECT value FROM setting WHERE name = ?').pluck().get(name);
}

/** Stores a workspace setting. */
export function writeSetting(db: Db, name: string, value: string): void {
  db.prepare('INSERT INTO setting VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value').run(
    name,
    value,
  );
}
