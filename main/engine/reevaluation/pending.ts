import type Database from 'better-sqlite3';
import { type Db, readSetting, writeSetting } from '../store/store.ts';

const PENDING = 'rules.pending';
const GENERATION = 'rules.generation';

/** Notes that rules have changed, so that a process that is killed before all profiles are evaluated goes on at the next opening. */
export function markRulesChanged(db: Db): void {
  writeSetting(db, PENDING, 'yes');
  writeSetting(db, GENERATION, String(rulesGeneration(db) + 1));
}

const generations = new WeakMap<Db, Database.Statement<[], string>>();

/**
 * Another number after each edit of rules: work under way compiles them again where it differs. It stands in the store, as an
 * import that runs in a thread of its own must see it too.
 */
export function rulesGeneration(db: Db): number {
  let read = generations.get(db);
  if (read === undefined) {
    read = db.prepare<[], string>(`SELECT value FROM setting WHERE name = '${GENERATION}'`).pluck();
    generations.set(db, read);
  }
  return Number(read.get() ?? 0);
}

/** True while an edit of rules has not been carried through to all profiles. */
export function rulesChanged(db: Db): boolean {
  return readSetting(db, PENDING) === 'yes';
}

/** Notes that every profile has been evaluated by the rules as they are. */
export function markRulesApplied(db: Db): void {
  writeSetting(db, PENDING, 'no');
}
