import { type Instant, lowestCode, MAX_CODE } from '../core/instant.ts';
import type { Db } from '../store/store.ts';
import { CAUSE_CODES, EVENT_CODES } from './codes.ts';
import { notHidden } from './hidden.ts';

interface Row {
  audience_id: number;
  event: number;
  at_ms: number;
  at_code: number;
  enter_ms: number | null;
  enter_code: number | null;
}

/**
 * A user's memberships as they were at an instant, from the history: the last enter or exit of each audience up to then
 * decides. Archived messages do not count, as they are what another system said, not what this store's memberships were.
 */
export function membershipsAt(
  db: Db,
  userId: string,
  at: Instant,
): { audienceId: number; enteredAt: Instant }[] {
  const rows = db
    .prepare<[string, number, number, number, number], Row>(
      `SELECT audience_id, event, at_ms, at_code, enter_ms, enter_code FROM change_of_user
       WHERE user_id = ? AND (at_ms, at_code) < (?, ?) AND cause <> ? AND event <> ?
       ${notHidden(db)} ORDER BY at_ms, at_code, seq`,
    )
    .iterate(userId, at.ms, lowestCode(at) + MAX_CODE / 1_000_000, CAUSE_CODES.archive, EVENT_CODES.change);
  const present = new Map<number, Instant>();
  for (const { audience_id, event, at_ms, at_code, enter_ms, enter_code } of rows) {
    if (event === EVENT_CODES.exit) present.delete(audience_id);
    else present.set(audience_id, { ms: enter_ms ?? at_ms, code: enter_code ?? at_code });
  }
  return [...present]
    .sort((a, b) => a[0] - b[0])
    .map(([audienceId, enteredAt]) => ({ audienceId, enteredAt }));
}
