import type { z } from 'zod';
import type { ImportResult, inputFormat } from '../../../preload/contract/profile.ts';
import { createAudienceResolver, hasRules } from '../audience/store.ts';
import { formatInstant, type Instant, instantOfMs, requireInstant } from '../core/instant.ts';
import {
  type ImportCall,
  type ImportEngine,
  type ImportRun,
  type Pace,
  runImport,
  SHARED_PACE,
} from '../input/import-run.ts';
import { jsonTexts } from '../input/records.ts';
import type { OnReject, Reject } from '../input/reject.ts';
import type { ChangeCounts } from '../membership/live-rows.ts';
import { type Pass, setInMass } from '../membership/mass-setting.ts';
import { setMembershipsOfUsers, type UserAudiences } from '../membership/membership.ts';
import { keepNetChanges } from '../membership/net-changes.ts';
import { createUserList, type UserList } from '../membership/user-list.ts';
import type { Reevaluator } from '../reevaluation/reevaluator.ts';
import { forgetOlderPlans } from '../reevaluation/timers.ts';
import { type Db, readSetting, writeSetting } from '../store/store.ts';
import { recordFieldChanges, watchedFields } from './change-fields.ts';
import { CheckedRecord, isRecord, KnownProfiles, type Taken, type TakenRecord } from './checked-record.ts';
import { readEventTime } from './event-record.ts';
import { endOfGroup, gathered, runsOf } from './groups.ts';
import { type HashPages, openHashPages } from './hash-pages.ts';
import { keyFieldOf } from './key-field.ts';
import { openKnownBodies } from './known-bodies.ts';
import { openNewUsers } from './new-users.ts';
import { openProfiles } from './open-profiles.ts';
import { countOf, type PackedProfiles } from './packed-profiles.ts';
import { EXCERPT_CHARS, type ProfileRecord, readProfileRecord } from './record.ts';
import { createSeen } from './seen.ts';
import { createSources, type LooseSource, namingAudiences, type Source } from './sources.ts';
import { createProfileWriter, type Put, type Validity } from './writer.ts';

/** Tables whose views the window reads again after an import of profiles. */
export const PROFILE_TABLES = ['profile', 'audience', 'history', 'batch'] as const;

/** Profiles that are read and written together. */
const PROFILES_PER_GROUP = 64;
/** New profiles that are: more of them find their places in the index in one go. Many more where nothing else waits. */
const MOST_NEW_PER_GROUP = 2048;
const MOST_NEW_ALONE = 8192;
/** Users whose memberships are set together at least, between two looks at the clock: those of a bucket or two. */
const USERS_PER_SETTING = 64;
/** So many users are set in mass: for fewer, preparing its statements and sorting take longer than they spare. */
const MASS = 1000;
/** Tasks of setting memberships between two reports: half a second. */
const TASKS_PER_REPORT = 128;
/** What `profile.import` is given. */
export interface ProfileImport {
  readonly path: string;
  readonly format?: z.infer<typeof inputFormat> | 'events' | undefined;
  readonly key?: string | undefined;
  readonly replace: boolean;
  readonly at?: string | undefined;
  readonly strict: boolean;
}

/**
 * Imports profiles: upsert (fields are merged) or replace, as one batch. Without `at` a profile that is new is valid since
 * ever, as nothing older is known of it, and one that changes is so from now; with `at` both are valid from then, and a
 * profile that is already valid from a later instant is rejected. A user who stands in the file more than once is merged
 * in file order, the last value wins, and only what the lines come to is a change; `duplicates` counts the further lines. A field `segments` sets the memberships of
 * imported audiences. The first key field that is given becomes the workspace's. With the format `events` each line is a
 * data event `{user_id, ts, …fields}`, NDJSON: its fields are merged as of its own `ts`.
 *
 * @throws as {@link runImport}
 */
export function importProfiles(
  engine: ImportEngine,
  spec: ProfileImport,
  call: ImportCall,
  pace: Pace = SHARED_PACE,
): Promise<ImportResult> {
  const at = spec.at === undefined ? instantOfMs(engine.clock()) : requireInstant(spec.at, '--at');
  const createdFrom = spec.at === undefined ? null : at;
  const key = spec.key ?? keyFieldOf(engine.store.db);
  return runImport(
    engine,
    call,
    {
      path: spec.path,
      kind: spec.format === 'events' ? 'events' : 'profiles',
      strict: spec.strict,
      at,
      tables: [...PROFILE_TABLES],
      pace,
    },
    async (input, onReject) => {
      const events = spec.format === 'events';
      const format = spec.format === 'events' ? 'ndjson' : spec.format;
      const sources = createSources(key);
      const records = await openProfiles<Source>(
        input,
        { format, key },
        onReject,
        events ? jsonTexts : sources.taker,
      );
      return async (run) => {
        if (spec.key !== undefined && readSetting(engine.store.db, 'key_field') === undefined)
          writeSetting(engine.store.db, 'key_field', spec.key);
        const pages = openHashPages(engine.store.db);
        const take = profileTaker(engine, run, {
          ...spec,
          key,
          at,
          createdFrom,
          events,
          onReject,
          pages,
          pace,
          reevaluator: await reevaluatorOf(engine.store.db, run.batch),
        });
        const known =
          events || take.hasRules ? undefined : openKnownBodies(engine.store.db, { at, input, pages });
        sources.expect({ known, areNew: take.expectsNew });
        const settleAudiences = async () => {
          for (const { tasks, settle } of take.waiting()) {
            for (let from = 0; from < tasks.length; from += TASKS_PER_REPORT)
              await run.forEachStep(stepsOf(tasks.slice(from, from + TASKS_PER_REPORT)), settle);
          }
        };
        for await (const batch of gathered(records(), pace.gatheredBytes)) {
          await run.forEachStep(take.steps(batch), take.settle);
          if (take.isFull()) await settleAudiences();
        }
        await settleAudiences();
        await run.forEachStep(take.finish(), take.settle);
        run.createdAudiences(take.audiencesCreated());
      };
    },
  );
}

/** What brings rule audiences up to date. Without rules their code, a tenth of a short import, is not even loaded. */
async function reevaluatorOf(db: Db, batch: number): Promise<Reevaluator | undefined> {
  if (!hasRules(db)) return undefined;
  const { openReevaluator } = await import('../reevaluation/reevaluator.ts');
  return openReevaluator(db, { batch, undoable: true });
}

function* stepsOf(tasks: readonly (() => void)[]): Generator<void, void, void> {
  for (const task of tasks) {
    task();
    yield;
  }
}

function profileTaker(
  engine: ImportEngine,
  { batch, tally, writing }: ImportRun,
  {
    key,
    replace,
    at: importAt,
    createdFrom,
    events,
    onReject,
    pages,
    pace: { isAlone, waitingUsers },
    reevaluator,
  }: {
    key: string;
    replace: boolean;
    at: Instant;
    createdFrom: Instant | null;
    events: boolean;
    onReject: OnReject;
    pages: HashPages;
    pace: Pace;
    reevaluator: Reevaluator | undefined;
  },
) {
  const { db } = engine.store;
  const ofImport: Validity = { at: importAt, createdFrom };
  const newUsers = isAlone ? openNewUsers(db) : undefined;
  const writer = createProfileWriter(db, { batch, replace, keyField: key, hashes: pages, newUsers });
  const mostNewPerGroup = isAlone ? MOST_NEW_ALONE : MOST_NEW_PER_GROUP;
  const resolver = createAudienceResolver(db, batch);
  const watched = watchedFields(db);
  const seen = createSeen();
  const changed = createSeen();
  const bodyBefore = db
    .prepare<[number, number], string>(
      'SELECT body FROM earlier_profile WHERE profile_id = ? AND replaced_by = ? ORDER BY to_ms, to_code LIMIT 1',
    )
    .pluck();
  if (reevaluator !== undefined) forgetOlderPlans(db, batch);
  const count = ({ entered, exited }: ChangeCounts) => {
    tally.entered += entered;
    tally.exited += exited;
  };
  const cause = events ? 'event' : 'profile';
  /** Memberships can be set later where neither a rule nor a field-change event asks for them before. */
  const together = reevaluator === undefined && watched.size === 0;
  let waiting = createUserList();
  /** Users whose memberships wait, or of the group, whom an earlier line of the file has changed too. */
  const again = new Set<string>();
  let groupSize = PROFILES_PER_GROUP;
  /** Whether those that are not known have turned out to be new so far. */
  let areNew = true;
  function setAudiences(users: readonly UserAudiences[]): boolean {
    const changes = setMembershipsOfUsers(db, users, { batch, cause, keep: resolver.ruleIds });
    count(changes);
    return changes.entered + changes.exited > 0;
  }
  function setOneByOne(list: UserList): Pass[] {
    const tasks = list.byBucket(USERS_PER_SETTING).map((part) => () => {
      const users = part.users();
      setAudiences(users);
      keepNet(users.map(({ userId }) => userId));
    });
    return [{ tasks, settle: () => undefined }];
  }
  function setTogether(users: UserList): Iterable<Pass> {
    const origin = { batch, cause: 'profile', at: importAt } as const;
    const isApart = (userId: string) => again.has(userId);
    return setInMass(db, users, { origin, counts: tally, keep: resolver.ruleIds, isApart, onSet: keepNet });
  }
  function keepNet(userIds: Iterable<string>): void {
    if (again.size === 0) return;
    for (const userId of userIds) {
      if (!again.delete(userId)) continue;
      const superfluous = keepNetChanges(db, { userId, at: importAt, batch });
      tally.entered -= superfluous.entered;
      tally.exited -= superfluous.exited;
      tally.changed -= superfluous.changed;
    }
  }
  function audiencesOf({ userId, audiences, at = importAt }: TakenRecord) {
    if (audiences === undefined) return undefined;
    const audienceIds = audiences
      .map((slug) => resolver.idOf({ slug }))
      .filter((id) => !resolver.ruleIds.has(id));
    return { userId, audienceIds, at };
  }
  function read(source: Exclude<LooseSource, KnownProfiles>): TakenRecord | undefined {
    if (source instanceof CheckedRecord) return source;
    const profile = readProfileRecord(source, key);
    const record: Reject | (ProfileRecord & { at?: Instant }) =
      events && !('reason' in profile) ? readEventTime(profile, source) : profile;
    if ('reason' in record) {
      onReject(record);
      return undefined;
    }
    const { line, column, hash } = source;
    return { ...record, line, column, hash: record.audiences === undefined ? hash : namingAudiences(hash) };
  }
  function write(record: TakenRecord): void {
    const { at } = record;
    const put = writer.put(record, at === undefined ? ofImport : { at, createdFrom: at });
    if (put !== undefined) {
      noteWritten(record, put);
      return;
    }
    const { line, column, text } = record;
    const reason = `The store has this profile as of a later instant than ${formatInstant(at ?? importAt)}`;
    onReject({ line, column, reason, excerpt: text.slice(0, EXCERPT_CHARS) });
  }
  /** What follows from a written profile: counts, memberships, rules and field-change events. */
  function noteWritten(record: TakenRecord, put: Put): void {
    const { userId, at = importAt } = record;
    tally.read += 1;
    if (put.outcome === 'updated') changed.add(put.id);
    const named = audiencesOf(record);
    if (seen.add(put.id)) {
      tally.duplicates += 1;
      // Events have instants of their own, at each of which something happened.
      if (!events && put.outcome === 'updated' && (named !== undefined || !together)) again.add(userId);
    } else tally[put.outcome] += 1;
    if (reevaluator !== undefined && put.before !== null) count(reevaluator.catchUp(userId, put.before, at));
    if (named !== undefined && together) waiting.add(named);
    const moved = named !== undefined && !together && setAudiences([named]);
    if (reevaluator !== undefined && (moved || put.outcome !== 'unchanged'))
      count(reevaluator.profile(userId, put.after.text, at, cause));
    if (put.before !== null && put.outcome === 'updated') {
      const { before, after } = put;
      tally.changed += recordFieldChanges(db, watched, { userId, before, after: after.text, at, batch });
    }
  }
  /** A profile with the text that it had when the import began: still so, unless an earlier line has changed it. */
  function keep(known: number): void {
    const text = changed.has(known) ? bodyBefore.get(known, batch) : undefined;
    const record = text === undefined ? undefined : read({ line: 0, column: 0, text });
    if (record !== undefined) {
      write(record);
      return;
    }
    tally.read += 1;
    if (seen.add(known)) tally.duplicates += 1;
    else tally.unchanged += 1;
  }
  /** What is to be written of some sources, in their order. */
  function readAll(sources: readonly LooseSource[]): Taken[] {
    const taken: Taken[] = [];
    for (const source of sources) {
      const record = source instanceof KnownProfiles ? source : read(source);
      if (record !== undefined) taken.push(record);
    }
    return taken;
  }
  function writeAll(taken: readonly Taken[]): void {
    for (const one of taken) {
      if (isRecord(one)) write(one);
      else for (let id = one.first; id < one.first + one.count; id += 1) keep(id);
    }
    if (!together) keepNet(again);
  }
  /** Creates the profiles of all that was taken; false, and nothing was written, unless all of them are new. */
  function* createdAll(taken: readonly Taken[]): Generator<void, boolean, void> {
    const records = taken.filter(isRecord);
    const isWhole = !events && records.length === taken.length;
    if (newUsers?.hasRoom(records.length) === false) yield* enterUsers();
    const first = isWhole ? writer.createAll(records, ofImport) : undefined;
    if (first === undefined) return false;
    for (const [n, record] of records.entries()) {
      noteWritten(record, { outcome: 'created', id: first + n, before: null, after: record });
      if ((n + 1) % PROFILES_PER_GROUP === 0) yield;
    }
    return true;
  }
  function* steps(sources: readonly Source[]): Generator<void, void, void> {
    for (const { packed, loose } of runsOf(sources, mostNewPerGroup)) {
      if (packed.length > 0) yield* packedSteps(packed);
      yield* looseSteps(loose);
    }
  }
  function enterUsers(): Iterable<void> {
    return newUsers?.enter() ?? [];
  }
  /** Creates packed profiles; where some turn out not to be new, none are expected to be for now. */
  function* packedSteps(all: readonly PackedProfiles[]): Generator<void, void, void> {
    if (!writing()) return;
    const count = countOf(all);
    if (newUsers?.hasRoom(count) === false) yield* enterUsers();
    const first = writer.createPacked(all, ofImport);
    areNew = first !== undefined;
    if (first === undefined) yield* looseSteps(all.flatMap((packed) => [...packed.records()]));
    else {
      for (let id = first; id < first + count; id += 1) seen.add(id);
      tally.read += count;
      tally.created += count;
      yield;
    }
    for (const packed of all) packed.release();
  }
  /**
   * Takes sources group by group. New profiles mostly come in runs: while all are, the groups grow; what is not new is taken
   * by few at a time.
   */
  function* looseSteps(sources: readonly LooseSource[]): Generator<void, void, void> {
    for (let from = 0, end = 0; from < sources.length; from = end) {
      end = endOfGroup(sources, from, groupSize);
      const taken = readAll(sources.slice(from, end));
      if (!writing()) continue;
      if (groupSize > PROFILES_PER_GROUP && (yield* createdAll(taken))) {
        groupSize = Math.min(mostNewPerGroup, groupSize * 2);
        areNew = true;
        continue;
      }
      yield* enterUsers();
      let mostNew = false;
      for (let next = 0, until = 0; next < taken.length; next = until) {
        until = endOfGroup(taken, next, PROFILES_PER_GROUP);
        const group = taken.slice(next, until);
        const records = group.filter(isRecord);
        mostNew = records.length > 0 && writer.prepare(records, events ? undefined : ofImport);
        writeAll(group);
        yield;
      }
      groupSize = PROFILES_PER_GROUP * (mostNew ? 2 : 1);
      areNew = mostNew;
    }
  }
  return {
    steps,
    /** Whether so many memberships wait that they should be set now. */
    isFull: () => waiting.length() >= waitingUsers,
    /** Takes the users whose memberships wait: what is to be done to set them. */
    waiting(): Iterable<Pass> {
      const taken = writing() ? waiting : createUserList();
      waiting = createUserList();
      return events || taken.length() < MASS ? setOneByOne(taken) : setTogether(taken);
    },
    settle: writer.settle,
    *finish(): Generator<void, void, void> {
      yield* enterUsers();
      yield* writer.finish();
    },
    /** Whether profiles may be taken for new ones all at once, of which each by itself then is not looked at. */
    expectsNew: () => areNew && !events && reevaluator === undefined,
    hasRules: reevaluator !== undefined,
    audiencesCreated: () => resolver.created,
  };
}
