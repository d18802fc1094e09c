import type { Db } from '../store/store.ts';

/**
 * Segments are written before a stack names them and removed after none does any more, in transactions of their own, so a
 * process that is killed in between leaves some that nothing names. Finding them reads every segment, a fifth of a second for a
 * million users; so it is noted before when there may be any.
 */
const NOTE = 'loose_segments';

/**
 * Notes that there may be segments which no stack names, from here until {@link forgetLooseSegments}.
 *
 * @returns false when it was noted already: what was left behind then is still there, so the note must stay
 */
export function noteLooseSegments(db: Db): boolean {
  return db.prepare(`INSERT INTO setting VALUES (?, '1') ON CONFLICT DO NOTHING`).run(NOTE).changes === 1;
}

/** Whoever noted it has removed what it had left behind. */
export function forgetLooseSegments(db: Db): void {
  db.prepare('DELETE FROM setting WHERE name = ?').run(NOTE);
}

/** Removes the segments that no stack names, when there may be any. At opening only: an import's are not named yet. */
export function removeLooseSegments(db: Db): void {
  if (db.prepare('SELECT 1 FROM setting WHERE name = ?').get(NOTE) === undefined) return;
  db.prepare(
    'DELETE FROM membership_segment WHERE id NOT IN (SELECT segment_id FROM membership_stack)',
  ).run();
  forgetLooseSegments(db);
}
