import { compareInstants, type Instant } from '../core/instant.ts';
import type { Db } from '../store/store.ts';

interface ProfileRow {
  id: number;
  from_ms: number | null;
  from_code: number | null;
}

interface VersionRow extends ProfileRow {
  to_ms: number;
  to_code: number;
  replaced_by: number;
}

const PROFILE = 'id, user_id, body, from_ms, from_code, batch_id';
const VERSION = 'profile_id, to_ms, to_code, from_ms, from_code, body, batch_id, replaced_by';

/**
 * Copies the profile of a user as it is now and those earlier versions that messages at the given instants need (see
 * `readProfiles`: the version that was valid then, else the earliest one). A user without a profile is passed over.
 */
export function createProfileCopier(
  from: Db,
  to: Db,
): (userId: string, instants: readonly Instant[]) => void {
  const read = from.prepare<[string], ProfileRow>(`SELECT ${PROFILE} FROM profile WHERE user_id = ?`);
  // Without the bodies: most versions are looked at and left behind.
  const versions = from.prepare<[number], VersionRow>(
    `SELECT from_ms, from_code, to_ms, to_code, replaced_by FROM profile_version WHERE profile_id = ?
     ORDER BY to_ms, to_code, replaced_by`,
  );
  const readVersion = from.prepare<unknown[], VersionRow>(
    `SELECT ${VERSION} FROM earlier_profile WHERE profile_id = ? AND to_ms = ? AND to_code = ? AND replaced_by = ?`,
  );
  const write = to.prepare(insertOf('profile_row', PROFILE));
  const writeVersion = to.prepare(insertOf('profile_version', VERSION));
  return (userId, instants) => {
    const profile = read.get(userId);
    if (profile === undefined) return;
    write.run(profile);
    const earlier = instants.filter((at) => !isFrom(profile, at));
    if (earlier.length === 0) return;
    for (const { to_ms, to_code, replaced_by } of neededVersions(versions.all(profile.id), earlier)) {
      writeVersion.run(readVersion.get(profile.id, to_ms, to_code, replaced_by));
    }
  };
}

function insertOf(table: string, columns: string): string {
  const names = columns.split(', ');
  return `INSERT INTO ${table} (${columns}) VALUES (${names.map((name) => `@${name}`).join(', ')})`;
}

function neededVersions(versions: readonly VersionRow[], instants: readonly Instant[]): Set<VersionRow> {
  const needed = new Set<VersionRow>();
  for (const at of instants) {
    const next = versions.find(({ to_ms, to_code }) => compareInstants({ ms: to_ms, code: to_code }, at) > 0);
    const one = next !== undefined && isFrom(next, at) ? next : versions[0];
    if (one !== undefined) needed.add(one);
  }
  return needed;
}

/** True when what begins then is so at an instant; no beginning means since ever. */
function isFrom({ from_ms, from_code }: Pick<ProfileRow, 'from_ms' | 'from_code'>, at: Instant): boolean {
  return from_ms === null || from_code === null || compareInstants({ ms: from_ms, code: from_code }, at) <= 0;
}
