import type { ChangeCause, EventKind } from '../../../preload/contract/values.ts';
import { formatInstant, type Instant } from '../core/instant.ts';
import type { Db } from '../store/store.ts';
import { causeOf, eventOf } from './codes.ts';
import { gapsOf, notHidden, rangesBetween } from './hidden.ts';
import { piecesOf, readPack } from './packs.ts';
import { FIRST_PLACE, LAST_PLACE } from './place.ts';
import { prepareQuery } from './prepared.ts';
import { along, isPacked, stretchesOf } from './strand.ts';

interface LastRow {
  at_ms: number;
  at_code: number;
  event: number;
  cause: number;
}

const NEWEST = 'ORDER BY at_ms DESC, at_code DESC, seq DESC LIMIT 1';

/** When an audience last changed, as RFC 3339 text; null when it never did. */
export function lastChangeAt(db: Db, audienceId: number): string | null {
  const strand = {
    source: along('change_audience_at'),
    where: 'audience_id = ?',
    values: [audienceId],
    packs: { list: audienceId },
  };
  const hidden = notHidden(db);
  const range = { after: FIRST_PLACE, before: LAST_PLACE };
  for (const between of rangesBetween(range, hidden === '' ? [] : gapsOf(db), 'newest')) {
    for (const piece of piecesOf(db, { strand, ...between }, 'newest')) {
      if (isPacked(piece)) {
        // All of its changes are at one instant, and it has one of the audience.
        const [at] = readPack(db, piece, {}, (row) => row.at);
        if (at !== undefined) return formatInstant(at);
        continue;
      }
      for (const { sql, values } of stretchesOf(piece.strand, piece.after, piece.before, 'newest')) {
        const last = prepareQuery(db, `SELECT at_ms AS ms, at_code AS code ${sql} ${hidden} ${NEWEST}`).get(
          ...values,
        );
        if (last !== undefined) return formatInstant(last as Instant);
      }
    }
  }
  return null;
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
