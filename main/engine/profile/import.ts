import type { z } from 'zod';
import type { ImportResult, inputFormat } from '../../../preload/contract/profile.ts';
import { createAudienceResolver } from '../audience/store.ts';
import type { CallContext, EngineContext } from '../context.ts';
import { formatInstant, type Instant, instantOfMs, requireInstant } from '../core/instant.ts';
import { chooseFormat } from '../input/format.ts';
import { type ImportRun, runImport } from '../input/import-run.ts';
import type { Input } from '../input/input.ts';
import { type JsonRecord, openCsv, readJsonRecords } from '../input/records.ts';
import type { OnReject, Reject } from '../input/reject.ts';
import { type ChangeCounts, setUserMemberships } from '../membership/membership.ts';
import { openReevaluator } from '../reevaluation/reevaluator.ts';
import { forgetOlderPlans } from '../reevaluation/timers.ts';
import { readSetting, writeSetting } from '../store/store.ts';
import { recordFieldChanges, watchedFields } from './change-fields.ts';
import { readEventTime } from './event-record.ts';
import { keyFieldOf } from './key-field.ts';
import { csvProfileWriter, EXCERPT_CHARS, type ProfileRecord, readProfileRecord } from './record.ts';
import { createSeen } from './seen.ts';
import { createProfileWriter } from './writer.ts';

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
 * in file order, the last value wins; `duplicates` counts the further lines. A field `segments` sets the memberships of
 * imported audiences. The first key field that is given becomes the workspace's. With the format `events` each line is a
 * data event `{user_id, ts, …fields}`, NDJSON: its fields are merged as of its own `ts`.
 *
 * @throws as {@link runImport}
 */
export function importProfiles(
  engine: EngineContext,
  spec: ProfileImport,
  call: CallContext,
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
      tables: ['profile', 'audience', 'history', 'batch'],
    },
    async (input, onReject) => {
      const events = spec.format === 'events';
      const format = spec.format === 'events' ? 'ndjson' : spec.format;
      const records = await openProfiles(input, { format, key }, onReject);
      return async (run) => {
        if (spec.key !== undefined && readSetting(engine.store.db, 'key_field') === undefined)
          writeSetting(engine.store.db, 'key_field', spec.key);
        const take = profileTaker(engine, run, { ...spec, key, at, createdFrom, events, onReject });
        for await (const batch of records()) await run.forEach(batch, take.one);
        run.createdAudiences(take.audiencesCreated());
      };
    },
  );
}

/**
 * Opens a profile file of any format as JSON texts, a batch for each chunk.
 *
 * @throws FILE_FORMAT as {@link chooseFormat} and {@link openCsv}
 */
export async function openProfiles(
  input: Input,
  { format, key }: { format?: z.infer<typeof inputFormat> | undefined; key: string },
  onReject: OnReject,
): Promise<() => AsyncGenerator<JsonRecord[], void, void>> {
  const chosen = await chooseFormat(input, format);
  if (chosen !== 'csv') return () => readJsonRecords(input, chosen, { onReject });
  const csv = await openCsv(input, { required: [key], onReject });
  const textOf = csvProfileWriter(csv.header);
  return async function* () {
    for await (const rows of csv.batches())
      yield rows.map(({ line, fields }) => ({ line, column: 1, text: textOf(fields) }));
  };
}

function profileTaker(
  engine: EngineContext,
  { batch, tally, writing }: ImportRun,
  {
    key,
    replace,
    at: importAt,
    createdFrom: importFrom,
    events,
    onReject,
  }: {
    key: string;
    replace: boolean;
    at: Instant;
    createdFrom: Instant | null;
    events: boolean;
    onReject: OnReject;
  },
) {
  const { db } = engine.store;
  const writer = createProfileWriter(db, { batch, replace });
  const resolver = createAudienceResolver(db, batch);
  const watched = watchedFields(db);
  const seen = createSeen();
  const reevaluator = openReevaluator(db, { batch, undoable: true });
  if (reevaluator !== undefined) forgetOlderPlans(db, batch);
  const count = ({ entered, exited }: ChangeCounts) => {
    tally.entered += entered;
    tally.exited += exited;
  };
  const cause = events ? 'event' : 'profile';
  function setAudiences(userId: string, audiences: readonly string[], at: Instant): boolean {
    const audienceIds = audiences
      .map((slug) => resolver.idOf({ slug }))
      .filter((id) => !resolver.ruleIds.has(id));
    const changes = setUserMemberships(
      db,
      { userId, audienceIds, at },
      { batch, cause, keep: resolver.ruleIds },
    );
    count(changes);
    return changes.entered + changes.exited > 0;
  }
  function one(source: JsonRecord): void {
    const profile = readProfileRecord(source, key);
    const record: Reject | (ProfileRecord & { at?: Instant }) =
      events && !('reason' in profile) ? readEventTime(profile, source) : profile;
    if ('reason' in record) {
      onReject(record);
      return;
    }
    if (!writing()) return;
    const { userId, text, audiences, at = importAt } = record;
    const createdFrom = record.at ?? importFrom;
    const put = writer.put({ userId, text, at, createdFrom });
    if (put.outcome === 'early') {
      const reason = `The store has this profile as of a later instant than ${formatInstant(at)}`;
      onReject({ line: source.line, column: source.column, reason, excerpt: text.slice(0, EXCERPT_CHARS) });
      return;
    }
    tally.read += 1;
    if (seen.add(put.id)) tally.duplicates += 1;
    else tally[put.outcome] += 1;
    if (reevaluator !== undefined && put.before !== null) count(reevaluator.catchUp(userId, put.before, at));
    const moved = audiences !== undefined && setAudiences(userId, audiences, at);
    if (reevaluator !== undefined && (moved || put.outcome !== 'unchanged'))
      count(reevaluator.profile(userId, put.after, at, cause));
    if (put.before !== null && put.outcome === 'updated') {
      const { before, after } = put;
      tally.changed += recordFieldChanges(db, watched, { userId, before, after, at, batch });
    }
  }
  return { one, audiencesCreated: () => resolver.created };
}
