import type { Db } from '../store/store.ts';
import { blankProfile, type Pack } from './body-pack.ts';

/** Opens the overwriting of texts that are versions no more, in the packs of their profiles, by row id. */
export function openBlanking(db: Db): (profileId: number) => void {
  const find = db.prepare<[number], Pack>(
    'SELECT first_id AS firstId, places, bodies FROM profile_pack WHERE first_id <= ? ORDER BY first_id DESC LIMIT 1',
  );
  const write = db.prepare('UPDATE profile_pack SET bodies = ? WHERE first_id = ?');
  return (profileId) => {
    const pack = find.get(profileId);
    if (pack === undefined) return;
    blankProfile(pack, profileId);
    write.run(pack.bodies, pack.firstId);
  };
}
