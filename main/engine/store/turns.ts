import type Database from 'better-sqlite3';

/**
 * Who writes next, where threads of one process share a store: the engine's own thread goes first. SQLite keeps no queue. Who
 * meets a lock tries again after ever longer pauses, in which a thread that goes from one transaction to the next has the lock
 * again every time; calls would wait for hundreds of milliseconds (measured). So the engine's thread says that it waits, and
 * the others begin nothing until it is done.
 */

/** By database file, one shared number: how many transactions of the engine's thread wait or run. */
const first = new Map<string, Int32Array<SharedArrayBuffer>>();
/** The same, in a thread that gives way. */
const second = new Map<string, Int32Array>();

/** Longest that a thread waits before it looks again; waking it is not always heard. */
const LOOK_MS = 20;

/** What a thread is started with so that it gives way to this one; see {@link giveWay}. */
export function turnsOf(file: string): SharedArrayBuffer {
  const known = first.get(file);
  if (known !== undefined) return known.buffer;
  const shared = new SharedArrayBuffer(4);
  first.set(file, new Int32Array(shared));
  return shared;
}

/** From now on this thread's transactions on a file wait while the engine's thread has one. */
export function giveWay(file: string, turns: SharedArrayBuffer): void {
  second.set(file, new Int32Array(turns));
}

/**
 * Makes each single statement that a connection writes with take its turn too: it is a transaction of its own. Statements that
 * were prepared before stay as they are.
 */
export function takeTurns(db: Database.Database): void {
  const inOwnTurn = <F extends (...args: never[]) => unknown>(run: F): F =>
    new Proxy(run, {
      apply: (target, statement, args) => {
        const write = (): unknown => Reflect.apply(target, statement, args);
        return db.inTransaction ? write() : inTurn(db.name, write);
      },
    });
  db.prepare = new Proxy(db.prepare, {
    apply: (prepare, connection, args) => {
      const statement = Reflect.apply(prepare, connection, args);
      if (!statement.readonly) statement.run = inOwnTurn(statement.run);
      return statement;
    },
  });
}

/** Runs a write transaction in its turn. Not for one within another. */
export function inTurn<T>(file: string, transaction: () => T): T {
  const behind = second.get(file);
  if (behind !== undefined) waitFor(behind);
  const ahead = first.get(file);
  if (ahead === undefined) return transaction();
  Atomics.add(ahead, 0, 1);
  try {
    return transaction();
  } finally {
    Atomics.sub(ahead, 0, 1);
    Atomics.notify(ahead, 0);
  }
}

/** True in a thread that gives way, while the engine's thread waits for it: what is under way should be committed soon. */
export function isAwaited(file: string): boolean {
  const others = second.get(file);
  return others !== undefined && Atomics.load(others, 0) > 0;
}

function waitFor(others: Int32Array): void {
  for (let count = Atomics.load(others, 0); count > 0; count = Atomics.load(others, 0))
    Atomics.wait(others, 0, count, LOOK_MS);
}
