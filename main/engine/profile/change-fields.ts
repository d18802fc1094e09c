import { findAudience } from '../audience/store.ts';
import { type Instant, sameInstant } from '../core/instant.ts';
import { insertChanges } from '../history/insert.ts';
import { membershipsOf } from '../membership/membership.ts';
import { scanStored, valueText } from '../message/json-text.ts';
import type { Db } from '../store/store.ts';

/** The fields whose change is an event, with the audiences (row ids) that it is an event of. */
export type WatchedFields = ReadonlyMap<string, ReadonlySet<number>>;

/** Collects `changeFields` of all workflows. Empty, and costing nothing afterwards, when no workflow watches a field. */
export function watchedFields(db: Db): WatchedFields {
  const watched = new Map<string, Set<number>>();
  const workflows = db
    .prepare<[], { fields: string | null; audiences: string | null }>(
      `SELECT json ->> '$.changeFields' AS fields, json ->> '$.audiences' AS audiences FROM workflow
       WHERE json_array_length(json, '$.changeFields') > 0`,
    )
    .all();
  for (const { fields, audiences } of workflows) {
    const ids = textsOf(audiences).flatMap((ref) => findAudience(db, ref)?.id ?? []);
    for (const field of textsOf(fields)) {
      const of = watched.get(field) ?? new Set();
      for (const id of ids) of.add(id);
      watched.set(field, of);
    }
  }
  return watched;
}

function textsOf(json: string | null): string[] {
  const list: unknown = JSON.parse(json ?? '[]');
  return Array.isArray(list) ? list.filter((item) => typeof item === 'string') : [];
}

/** One profile whose text an import has changed. */
export interface ChangedProfile {
  readonly userId: string;
  readonly before: string;
  readonly after: string;
  readonly at: Instant;
  readonly batch: number;
}

/**
 * Records a `change` event for each audience that the user is in and of which a watched field has another value now (as it
 * is written; a field that comes or goes counts). A user who entered at this very instant has that event already. Runs in
 * the caller's transaction, behind its membership changes.
 *
 * @returns the number of events
 */
export function recordFieldChanges(
  db: Db,
  watched: WatchedFields,
  { userId, before, after, at, batch }: ChangedProfile,
): number {
  if (watched.size === 0) return 0;
  const old = scanStored(before);
  const now = scanStored(after);
  const audiences = new Set<number>();
  for (const [field, ids] of watched) {
    if (valueText(old, field) !== valueText(now, field)) for (const id of ids) audiences.add(id);
  }
  if (audiences.size === 0) return 0;
  const changes = membershipsOf(db, userId)
    .filter(({ audienceId, enteredAt }) => audiences.has(audienceId) && !sameInstant(enteredAt, at))
    .map(({ audienceId, enteredAt }) => ({
      at,
      userId,
      audienceId,
      event: 'change' as const,
      enter: enteredAt,
      exit: null,
      cause: 'profile' as const,
      batch,
    }));
  insertChanges(db, changes);
  return changes.length;
}
