import type { ImportResult } from '../../../preload/contract/profile.ts';
import type { EventKind } from '../../../preload/contract/values.ts';
import { createAudienceResolver } from '../audience/store.ts';
import { capturedBody } from '../capture/archive-line.ts';
import { SegueError } from '../core/errors.ts';
import { type Instant, lowestCode, MAX_CODE } from '../core/instant.ts';
import { chooseFormat } from '../input/format.ts';
import {
  type ImportCall,
  type ImportEngine,
  type ImportRun,
  type ImportTally,
  type Pace,
  runImport,
  SHARED_PACE,
} from '../input/import-run.ts';
import { type JsonRecord, readJsonRecords } from '../input/records.ts';
import type { OnReject } from '../input/reject.ts';
import { positionOf } from '../message/json-text.ts';
import { keyFieldOf } from '../profile/key-field.ts';
import type { Db } from '../store/store.ts';
import { readArchivedMessage } from './archived.ts';
import { CAUSE_CODES, EVENT_CODES } from './codes.ts';
import { insertChanges } from './insert.ts';

const TALLIED = { enter: 'entered', exit: 'exited', change: 'changed' } as const satisfies Record<
  EventKind,
  keyof ImportTally
>;
const EXCERPT_CHARS = 200;

/** Tables whose views the window reads again after an import of archived messages. */
export const ARCHIVE_TABLES = ['audience', 'history', 'batch'] as const;

/** What `history.import` is given. */
export interface ArchiveImport {
  readonly path: string;
  readonly strict: boolean;
}

/**
 * Imports archived trigger messages (NDJSON or a JSON array) as history: each segment event becomes a change with cause
 * `archive` that keeps the message's own text. Profiles and memberships are left alone: a message is what another system
 * sent, not what this store knows. An event that the history has already from an archive is not added again (archives of
 * queues that deliver at least once hold messages twice); `profiles.read` counts messages, `profiles.duplicates` those
 * with nothing new. A line that `capture.run` wrote stands for the body in it.
 *
 * @throws as {@link runImport}; FILE_FORMAT for CSV
 */
export function importArchive(
  engine: ImportEngine,
  { path, strict }: ArchiveImport,
  call: ImportCall,
  pace: Pace = SHARED_PACE,
): Promise<ImportResult> {
  return runImport(
    engine,
    call,
    { path, kind: 'archive', strict, at: null, tables: [...ARCHIVE_TABLES], pace },
    async (input, onReject) => {
      const format = await chooseFormat(input);
      if (format === 'csv') {
        throw new SegueError(
          'FILE_FORMAT',
          `${input.name} is CSV. Archived messages are one JSON document a line, or a JSON array.`,
          { path, found: 'csv', expected: ['ndjson', 'json'] },
        );
      }
      return async (run) => {
        const taker = messageTaker(engine.store.db, run, { keyField: keyFieldOf(engine.store.db), onReject });
        for await (const batch of readJsonRecords(input, format, { onReject }))
          await run.forEach(batch, taker.one);
        run.createdAudiences(taker.audiencesCreated());
      };
    },
  );
}

function messageTaker(
  db: Db,
  { batch, tally, writing }: ImportRun,
  { keyField, onReject }: { keyField: string; onReject: OnReject },
) {
  const resolver = createAudienceResolver(db, batch);
  const isKnown = knownEvents(db);
  const record = db.prepare('INSERT INTO recorded_message (body, batch_id) VALUES (?, ?)');
  function one(source: JsonRecord): void {
    const { line, column } = source;
    const captured = capturedBody(source.text);
    const text = captured ?? source.text;
    const message = readArchivedMessage(text, keyField);
    if ('reason' in message) {
      if (captured !== undefined) {
        // The body is a string within the line: its own lines and columns are not those of the file.
        onReject({
          line,
          column,
          reason: `Captured body: ${message.reason}`,
          excerpt: text.slice(0, EXCERPT_CHARS),
        });
        return;
      }
      const place = positionOf(text, message.offset);
      onReject({
        line: line + place.line - 1,
        column: place.line === 1 ? column + place.column - 1 : place.column,
        reason: message.reason,
        excerpt: text.slice(0, EXCERPT_CHARS),
      });
      return;
    }
    if (!writing()) return;
    tally.read += 1;
    const { userId, at, events } = message;
    const fresh = events
      .map((event) => ({ ...event, audienceId: resolver.idOf(event.audience) }))
      .filter(({ audienceId, event }) => !isKnown({ userId, at, audienceId, event }));
    if (fresh.length === 0) {
      tally.duplicates += 1;
      return;
    }
    const recordedId = Number(record.run(text.trim(), batch).lastInsertRowid);
    insertChanges(
      db,
      fresh.map(({ audienceId, event, enter, exit }) => ({
        at,
        userId,
        audienceId,
        event,
        enter,
        exit,
        cause: 'archive',
        batch,
        recordedId,
      })),
    );
    for (const { event } of fresh) tally[TALLIED[event]] += 1;
  }
  return { one, audiencesCreated: () => resolver.created };
}

/** Looks whether the history has an event from an archive already. */
function knownEvents(
  db: Db,
): (event: { userId: string; at: Instant; audienceId: number; event: EventKind }) => boolean {
  const find = db
    .prepare<(string | number)[], number>(
      `SELECT 1 FROM change_of_user_at WHERE user_id = ? AND at_ms = ? AND at_code >= ? AND at_code < ?
       AND audience_id = ? AND event = ? AND cause = ${CAUSE_CODES.archive} LIMIT 1`,
    )
    .pluck();
  return ({ userId, at, audienceId, event }) => {
    const from = lowestCode(at);
    return (
      find.get(userId, at.ms, from, from + MAX_CODE / 1_000_000, audienceId, EVENT_CODES[event]) !== undefined
    );
  };
}
