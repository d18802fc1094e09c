import type { ProfileDetail } from '../../../preload/contract/profile.ts';
import { audienceById, requireAudience } from '../audience/store.ts';
import type { DomainHandlers, EngineContext } from '../context.ts';
import { formatInstant, type Instant, instantOfMs, requireInstant } from '../core/instant.ts';
import { SHARED_THREAD } from '../core/shared-thread.ts';
import { membershipsAt } from '../history/memberships-at.ts';
import { importInThread, isForThread } from '../import/in-thread.ts';
import { PACE_ALONE } from '../input/import-run.ts';
import { membershipsOf } from '../membership/membership.ts';
import { readPrunedUntil } from '../retention/setting.ts';
import type { Db } from '../store/store.ts';
import { countProfiles } from './all.ts';
import { importProfiles, PROFILE_TABLES } from './import.ts';
import { pageOfMembers, pageOfProfiles, profileNotFound, sampleFields } from './list.ts';
import { currentText, textAsOf, versionCount } from './read.ts';

/** Longest profile text in one answer, in characters; a longer one is clipped and says so. */
const MAX_TEXT_CHARS = 4 * 1024 * 1024;

/**
 * The calls about profiles.
 *
 * @param inThread whether a big import runs in a thread of its own; by default where other calls wait for this one
 */
export function createProfileHandlers(
  engine: EngineContext,
  inThread = SHARED_THREAD,
): DomainHandlers<'profile'> {
  const { db } = engine.store;
  return {
    import: (input, call) => {
      if (!inThread) return importProfiles(engine, input, call, PACE_ALONE);
      return isForThread(input.path)
        ? importInThread(engine, { kind: 'profiles', spec: input }, [...PROFILE_TABLES], call)
        : importProfiles(engine, input, call);
    },
    show: ({ userId, asOf }) => showProfile(db, userId, asOf),
    list: async ({ prefix, audience, cursor, limit }) => {
      const page = { prefix, after: cursor, limit };
      return audience === undefined
        ? pageOfProfiles(db, page)
        : await pageOfMembers(db, requireAudience(db, audience).id, page);
    },
    count: () => ({
      count: countProfiles(db),
      versions: db.prepare<[], number>('SELECT count(*) FROM profile_version').pluck().get() ?? 0,
    }),
    fields: () => ({ fields: [...sampleFields(db).names] }),
  };
}

/** @throws PROFILE_NOT_FOUND when the user is not known, or was not at that time; INVALID_INPUT for a time that is none */
function showProfile(db: Db, userId: string, asOf: string | undefined): ProfileDetail {
  const at = asOf === undefined ? null : requireInstant(asOf, '--as-of');
  const found = at === null ? currentText(db, userId) : textAsOf(db, userId, at);
  if (found === null) throw profileNotFound(userId, asOf, at === null ? undefined : prunedAfter(db, at));
  const { text, from, to } = found;
  const memberships = at === null ? membershipsOf(db, userId) : membershipsAt(db, userId, at);
  return {
    userId,
    text: text.slice(0, MAX_TEXT_CHARS),
    bytes: Buffer.byteLength(text),
    clipped: text.length > MAX_TEXT_CHARS,
    validFrom: from === null ? null : formatInstant(from),
    validTo: to === null ? null : formatInstant(to),
    versions: versionCount(db, userId),
    memberships: memberships.flatMap(({ audienceId, enteredAt }) => {
      const audience = audienceById(db, audienceId);
      if (audience === undefined) return [];
      const { slug, hexId, name } = audience;
      return [{ audience: slug, audienceId: hexId, name, enteredAt: formatInstant(enteredAt) }];
    }),
  };
}

/** Until when versions were pruned, where that is later than an instant. */
function prunedAfter(db: Db, at: Instant): string | undefined {
  const untilMs = readPrunedUntil(db);
  return untilMs !== null && at.ms < untilMs ? formatInstant(instantOfMs(untilMs)) : undefined;
}
