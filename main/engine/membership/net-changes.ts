import type { Instant } from '../core/instant.ts';
import { EVENT_CODES } from '../history/codes.ts';
import { unpackIntoRows } from '../history/packs.ts';
import type { Db } from '../store/store.ts';
import { putLive } from './live-rows.ts';

/** Changes that were one too many. */
export interface Superfluous {
  entered: number;
  exited: number;
  changed: number;
}

interface ChangeRow {
  seq: number;
  audience_id: number;
  event: number;
  enter_ms: number | null;
  enter_code: number | null;
}

/**
 * Brings what one import did to a user at one instant, in several lines, to what they come to: of entering and leaving an
 * audience again nothing is left, of leaving and entering it again neither, and the enter time is the former one. Of field
 * changes one is left for each audience. Runs in the caller's transaction.
 *
 * @returns what was removed
 */
export function keepNetChanges(
  db: Db,
  { userId, at, batch }: { userId: string; at: Instant; batch: number },
): Superfluous {
  const rows = db
    .prepare<[string, number, number, number], ChangeRow>(
      `SELECT seq, audience_id, event, enter_ms, enter_code FROM change_of_user_at
       WHERE user_id = ? AND at_ms = ? AND at_code = ? AND batch_id = ? ORDER BY seq`,
    )
    .all(userId, at.ms, at.code, batch);
  const counts: Superfluous = { entered: 0, exited: 0, changed: 0 };
  const removeRow = db.prepare('DELETE FROM change WHERE seq = ?');
  const packOf = db
    .prepare<[number], number>('SELECT max(first_seq) FROM change_pack WHERE first_seq <= ?')
    .pluck();
  const remove = (seq: number) => {
    if (removeRow.run(seq).changes > 0) return;
    unpackIntoRows(db, packOf.get(seq) ?? seq);
    removeRow.run(seq);
  };
  const byAudience = Map.groupBy(rows, ({ audience_id }) => audience_id);
  for (const [audienceId, ofAudience] of byAudience) {
    const [moves, changes] = [
      ofAudience.filter(({ event }) => event !== EVENT_CODES.change),
      ofAudience.filter(({ event }) => event === EVENT_CODES.change),
    ];
    // Entering and leaving alternate, so an odd number of them comes to the first.
    const left = moves.length % 2;
    for (const { seq, event } of moves.slice(left)) {
      remove(seq);
      counts[event === EVENT_CODES.enter ? 'entered' : 'exited'] += 1;
    }
    for (const { seq } of changes.slice(1)) {
      remove(seq);
      counts.changed += 1;
    }
    const [first] = moves;
    if (left === 1 || first?.event !== EVENT_CODES.exit) continue;
    const { enter_ms, enter_code } = first;
    if (enter_ms !== null && enter_code !== null)
      putLive(db, userId, audienceId, { ms: enter_ms, code: enter_code });
  }
  return counts;
}
