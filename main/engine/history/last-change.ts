import type { ChangeCause, EventKind } from '../../../preload/contract/values.ts';
import { hiddenChanges } from '../batch/batch.ts';
import { formatInstant } from '../core/instant.ts';
import type { Db } from '../store/store.ts';
import { causeOf, eventOf } from './codes.ts';

interface LastRow {
  at_ms: number;
  at_code: number;
  event: number;
  cause: number;
}

const NEWEST = 'ORDER BY at_ms DESC, at_code DESC, seq DESC LIMIT 1';

/** When an audience last changed, as RFC 3339 text; null when it never did. */
export function lastChangeAt(db: Db, audienceId: number): string | null {
  const row = db
    .prepare<[number], LastRow>(
      `SELECT at_ms, at_code, event, cause FROM change INDEXED BY change_audience_at
       WHERE audience_id = ? ${notHidden(db)} ${NEWEST}`,
    )
    .get(audienceId);
  return row === undefined ? null : formatInstant({ ms: row.at_ms, code: row.at_code });
}

/** A user's last change in an audience; null when there is none. */
export function lastChangeOf(
  db: Db,
  userId: string,
  audienceId: number,
): { event: EventKind; at: string; cause: ChangeCause } | null {
  const row = db
    .prepare<[string, number], LastRow>(
      `SELECT at_ms, at_code, event, cause FROM change_of_user
       WHERE user_id = ? AND audience_id = ? ${notHidden(db)} ${NEWEST}`,
    )
    .get(userId, audienceId);
  if (row === undefined) return null;
  const { at_ms, at_code, event, cause } = row;
  return { event: eventOf(event), at: formatInstant({ ms: at_ms, code: at_code }), cause: causeOf(cause) };
}

/** SQL that leaves out what no reader may see yet, see {@link hiddenChanges}; empty when nothing is hidden. */
export function notHidden(db: Db): string {
  return hiddenChanges(db)
    .map(({ first, last }) => `AND seq NOT BETWEEN ${Number(first)} AND ${Number(last)}`)
    .join(' ');
}
