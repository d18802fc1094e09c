import Database from 'better-sqlite3';
import { SegueError } from '../core/errors.ts';
import { ServiceError } from './service-error.ts';
import { sqliteStatements } from './sqlite-statements.ts';
import type { Storage } from './storage.ts';

/** Of the sandbox's own file, independent of the workspace's. */
const SCHEMA_VERSION = 1;
/** 'SgSb': tells the file from any other SQLite database. */
const APPLICATION_ID = 0x53675362;
/** Sequence numbers are reserved in blocks, so that one is written for many and none is given twice after a crash. */
const SEQ_BLOCK = 100_000;

const SCHEMA = `
  CREATE TABLE server (
    id INTEGER PRIMARY KEY CHECK (id = 1), next_seq INTEGER NOT NULL, port INTEGER NOT NULL
  ) STRICT;
  INSERT INTO server (id, next_seq, port) VALUES (1, 1, 0);
  CREATE TABLE queue (
    id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, attributes TEXT NOT NULL,
    created_at INTEGER NOT NULL, modified_at INTEGER NOT NULL
  ) STRICT;
  CREATE TABLE message (
    seq INTEGER PRIMARY KEY, queue_id INTEGER NOT NULL, message_id TEXT NOT NULL, group_id TEXT, dedup_id TEXT,
    sent_at INTEGER NOT NULL, bytes INTEGER NOT NULL, due_at INTEGER NOT NULL, receive_count INTEGER NOT NULL,
    first_received_at INTEGER, dead_letter_source TEXT,
    body TEXT NOT NULL, attributes TEXT, trace_header TEXT
  ) STRICT;
  CREATE INDEX message_by_queue ON message (queue_id);
  CREATE TABLE duplicate (
    queue_id INTEGER NOT NULL, key TEXT NOT NULL, message_id TEXT NOT NULL, seq INTEGER NOT NULL,
    expires_at INTEGER NOT NULL, PRIMARY KEY (queue_id, key)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX duplicate_by_expiry ON duplicate (expires_at);
`;

function openError(file: string, cause: unknown): SegueError {
  if (cause instanceof SegueError) {
    return cause;
  }
  const code = cause instanceof Database.SqliteError ? cause.code : '';
  if (code.startsWith('SQLITE_BUSY') || code.startsWith('SQLITE_LOCKED')) {
    return new SegueError(
      'WORKSPACE_LOCKED',
      `The sandbox queue file is open in another process: ${file}. Close the other one, or choose another file.`,
      { file },
      cause,
    );
  }
  if (code === 'SQLITE_NOTADB' || code.startsWith('SQLITE_CORRUPT')) {
    return new SegueError(
      'WORKSPACE_CORRUPT',
      `The sandbox queue file is not readable: ${file}.`,
      { file },
      cause,
    );
  }
  return new SegueError(
    'FILE_UNREADABLE',
    `The sandbox queue file cannot be opened: ${file} (${cause instanceof Error ? cause.message : String(cause)}).`,
    { file },
    cause,
  );
}

function prepareFile(db: Database.Database, file: string, maxBytes: number | undefined): void {
  // Exclusive: one process owns the file, and the operating system frees it when that process dies in any way.
  db.pragma('locking_mode = EXCLUSIVE');
  db.pragma('journal_mode = WAL');
  // Survives the death of the process; the last replies before a power cut may be lost. Syncing every commit would make
  // the sandbox several times slower for a guarantee that a test queue does not need.
  db.pragma('synchronous = NORMAL');
  if (maxBytes !== undefined) {
    const pageBytes = Number(db.pragma('page_size', { simple: true }));
    db.pragma(`max_page_count = ${Math.max(1, Math.floor(maxBytes / pageBytes))}`);
  }
  db.exec('BEGIN IMMEDIATE');
  const version = Number(db.pragma('user_version', { simple: true }));
  const application = Number(db.pragma('application_id', { simple: true }));
  const tables = db.prepare<[], { n: number }>('SELECT count(*) AS n FROM sqlite_schema').get()?.n ?? 0;
  if (application !== APPLICATION_ID && tables > 0) {
    throw new SegueError('FILE_FORMAT', `The file is a database, but not of a sandbox queue: ${file}.`, {
      file,
    });
  }
  if (version > SCHEMA_VERSION) {
    throw new SegueError(
      'WORKSPACE_NEWER',
      `The sandbox queue file is from a newer version of Segue: ${file}.`,
      {
        file,
        version,
      },
    );
  }
  if (version === 0) {
    db.exec(SCHEMA);
    db.pragma(`application_id = ${APPLICATION_ID}`);
    db.pragma(`user_version = ${SCHEMA_VERSION}`);
  }
  db.exec('COMMIT');
}

export interface SqliteStorageOptions {
  file: string;
  /** The most that the file may grow to; unlimited when absent. */
  maxBytes?: number;
  /** Called after a failed commit: everything since the last one is undone and the working state must be loaded anew. */
  onRollback: () => void;
}

interface Waiter {
  resolve: () => void;
  reject: (error: ServiceError) => void;
}

/**
 * Durable storage in one SQLite file. All writes of one turn of the event loop share a transaction, committed before
 * any of their replies is sent: a reply means stored. Throws SegueError WORKSPACE_LOCKED when another process has the
 * file, WORKSPACE_NEWER, WORKSPACE_CORRUPT, FILE_FORMAT or FILE_UNREADABLE.
 */
export function sqliteStorage({ file, maxBytes, onRollback }: SqliteStorageOptions): Storage {
  let db: Database.Database;
  try {
    db = new Database(file, { timeout: 0 });
  } catch (error) {
    throw openError(file, error);
  }
  try {
    prepareFile(db, file, maxBytes);
  } catch (error) {
    db.close();
    throw openError(file, error);
  }

  const statements = sqliteStatements(db);
  const begin = db.prepare('BEGIN IMMEDIATE');
  const commitNow = db.prepare('COMMIT');
  let waiters: Waiter[] = [];
  let scheduled = false;
  /** Set from a rollback to the end of the turn: what was written in this turn before it is lost. */
  let failure: ServiceError | null = null;
  let nextSeq = statements.nextSeq();
  let reservedTo = nextSeq;

  function rollback(cause: unknown): ServiceError {
    const reason = cause instanceof Error ? cause.message : String(cause);
    const error = new ServiceError('ServiceUnavailable', `The sandbox queue could not store: ${reason}.`);
    if (db.inTransaction) {
      db.exec('ROLLBACK');
    }
    reservedTo = nextSeq;
    failure = error;
    const failed = waiters;
    waiters = [];
    for (const waiter of failed) {
      waiter.reject(error);
    }
    onRollback();
    return error;
  }

  function flush(): void {
    scheduled = false;
    try {
      if (db.inTransaction) {
        commitNow.run();
      }
    } catch (error) {
      rollback(error);
    }
    failure = null;
    const stored = waiters;
    waiters = [];
    for (const waiter of stored) {
      waiter.resolve();
    }
  }

  function write<T>(work: () => T): T {
    try {
      if (!scheduled) {
        scheduled = true;
        setImmediate(flush);
      }
      if (!db.inTransaction) {
        begin.run();
      }
      return work();
    } catch (error) {
      throw rollback(error);
    }
  }

  return {
    queues: statements.queues,
    messages: statements.messages,
    duplicates: statements.duplicates,
    content: statements.content,
    nextSeq: () => {
      if (nextSeq >= reservedTo) {
        write(() => statements.saveNextSeq(nextSeq + SEQ_BLOCK));
        reservedTo = nextSeq + SEQ_BLOCK;
      }
      return nextSeq++;
    },
    port: statements.port,
    savePort: (port) => write(() => statements.savePort(port)),
    saveQueue: (queue) => write(() => statements.saveQueue(queue)),
    removeQueue: (queueId) => write(() => statements.removeQueue(queueId)),
    insert: (queueId, message, content) => write(() => statements.insert(queueId, message, content)),
    updateDelivery: (message) => write(() => statements.updateDelivery(message)),
    move: (fromSeq, message, queueId) => write(() => statements.move(fromSeq, message, queueId)),
    remove: (message) => write(() => statements.remove(message.seq)),
    removeMessages: (queueId) => write(() => statements.removeMessages(queueId)),
    saveDuplicate: (queueId, key, duplicate, nowMs) =>
      write(() => statements.saveDuplicate(queueId, key, duplicate, nowMs)),
    commit: () => {
      if (failure !== null) {
        return Promise.reject(failure);
      }
      if (!db.inTransaction) {
        return Promise.resolve();
      }
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      waiters.push({ resolve, reject });
      return promise;
    },
    close: () => {
      flush();
      db.close();
    },
  };
}
