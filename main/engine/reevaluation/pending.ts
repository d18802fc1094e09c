import { type Db, readSetting, writeSetting } from '../store/store.ts';

const PENDING = 'rules.pending';

/** Notes that rules have changed, so that a process that is killed before all profiles are evaluated goes on at the next opening. */
export function markRulesChanged(db: Db): void {
  writeSetting(db, PENDING, 'yes');
  generations.set(db, rulesGeneration(db) + 1);
}

const generations = new WeakMap<Db, number>();

/** Another number after each edit of rules while a store is open: work under way compiles them again where it differs. */
export function rulesGeneration(db: Db): number {
  return generations.get(db) ?? 0;
}

/** True while an edit of rules has not been carried through to all profiles. */
export function rulesChanged(db: Db): boolean {
  return readSetting(db, PENDING) === 'yes';
}

/** Notes that every profile has been evaluated by the rules as they are. */
export function markRulesApplied(db: Db): void {
  writeSetting(db, PENDING, 'no');
}
