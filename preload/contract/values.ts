import { z } from 'zod';

/** RFC 3339 with up to nine decimals and a zone, for example `2017-03-18T06:12:36.829070108Z`. */
export const instantText = z
  .string()
  .regex(
    /^\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(\.\d{1,9})?([Zz]|[+-]\d{2}:\d{2})$/,
    'Expected an RFC 3339 time such as 2026-11-23T09:00:00Z',
  );

/** Most characters of a user's key, whatever it comes from. */
export const MAX_USER_ID_CHARS = 1024;

/** A user's key, as it stands in the profile's key field. */
export const userIdText = z.string().min(1).max(MAX_USER_ID_CHARS);

/** An audience's slug or its 32 hex digit id. */
export const audienceRef = z.string().min(1).max(256);

/** A workflow's name, unique in a workspace. */
export const workflowName = z.string().trim().min(1).max(200);

/** A path the user named or chose in a dialog. */
export const filePath = z.string().min(1).max(4096);

/** Rows per page; larger answers are paged so that no single message between processes grows without bound. */
export const pageLimit = z.int().min(1).max(500).default(100);

/** An opaque keyset cursor: the `next` of the page before. */
export const cursor = z.string().max(2000).nullable().default(null);

/** Wraps a row schema in a page: rows and the cursor of the next page, null on the last one. */
export function pageOf<T extends z.ZodType>(row: T) {
  return z.object({ rows: z.array(row), next: z.string().nullable() });
}

/** The id that a caller gives a long call, so that its progress events can be told apart and it can be cancelled. */
export const jobId = z.string().min(1).max(64).optional();

export const environment = z.enum(['sandbox', 'staging', 'production']);
export type Environment = z.infer<typeof environment>;

export const eventKind = z.enum(['enter', 'exit', 'change']);
export type EventKind = z.infer<typeof eventKind>;

/** Why a change happened: a snapshot's diff, a profile import, an archived message, a data event, a rule edit, the clock. */
export const changeCause = z.enum(['snapshot', 'profile', 'archive', 'event', 'rule', 'clock']);
export type ChangeCause = z.infer<typeof changeCause>;
