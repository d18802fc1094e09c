import { type Db, readSetting, writeSetting } from '../store/store.ts';

const DAYS = 'retention.days';
const PRUNED_UNTIL = 'retention.pruned_until_ms';
const FOREVER = 'forever';

/** How many days a version is kept once it has been replaced; null = forever, as in a workspace where nobody chose. */
export function readRetentionDays(db: Db): number | null {
  const stored = readSetting(db, DAYS) ?? FOREVER;
  return stored === FOREVER ? null : Number(stored);
}

export function writeRetentionDays(db: Db, days: number | null): void {
  writeSetting(db, DAYS, days === null ? FOREVER : String(days));
}

/** The instant (epoch milliseconds) before which as-of answers may lack a version that was pruned; null when none was. */
export function readPrunedUntil(db: Db): number | null {
  const stored = readSetting(db, PRUNED_UNTIL);
  return stored === undefined ? null : Number(stored);
}

/** Moves that instant forward. Belongs into the transaction that removes the versions. */
export function notePruned(db: Db, untilMs: number): void {
  writeSetting(db, PRUNED_UNTIL, String(Math.max(untilMs, readPrunedUntil(db) ?? untilMs)));
}
