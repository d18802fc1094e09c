import { z } from 'zod';
import { call } from './call.ts';
import {
  audienceRef,
  cursor,
  filePath,
  instantText,
  jobId,
  pageLimit,
  pageOf,
  userIdText,
} from './values.ts';

/** Input file formats; detected from the name and the first bytes when not given. */
export const inputFormat = z.enum(['ndjson', 'json', 'csv']);

/** A line that was not taken: its number, the column and the reason. Lines and columns count from 1. */
export const rejectedLine = z.object({ line: z.int(), column: z.int(), reason: z.string() });
export type RejectedLine = z.infer<typeof rejectedLine>;

/**
 * What an import did. `rejectFile` names line, column and reason of each rejected line, null when none was rejected;
 * `firstRejects` has the first five of them.
 */
export const importResult = z.object({
  batch: z.int().nullable(),
  dryRun: z.boolean(),
  profiles: z.object({
    read: z.int(),
    created: z.int(),
    updated: z.int(),
    unchanged: z.int(),
    duplicates: z.int(),
  }),
  changes: z.object({ entered: z.int(), exited: z.int(), changed: z.int() }),
  audiencesCreated: z.array(z.string()),
  rejected: z.int(),
  rejectFile: z.string().nullable(),
  firstRejects: z.array(rejectedLine),
  bytes: z.int(),
  seconds: z.number(),
});
export type ImportResult = z.infer<typeof importResult>;

export const membershipRow = z.object({
  audience: z.string(),
  audienceId: z.string(),
  name: z.string(),
  enteredAt: instantText,
});

/** A profile's text as it came in, byte for byte, and its validity. `validFrom` null means "since ever". */
export const profileDetail = z.object({
  userId: z.string(),
  text: z.string(),
  bytes: z.int(),
  clipped: z.boolean(),
  validFrom: instantText.nullable(),
  validTo: instantText.nullable(),
  versions: z.int(),
  memberships: z.array(membershipRow),
});
export type ProfileDetail = z.infer<typeof profileDetail>;

export const profileCalls = {
  /** Reads a profile file into the store; one unit with `strict`, otherwise bad lines are rejected and counted. */
  import: call(
    z.object({
      path: filePath,
      /** `events`: data events `{user_id, ts, …fields}` as NDJSON, each merged as of its own time. */
      format: z.enum([...inputFormat.options, 'events']).optional(),
      key: z.string().min(1).optional(),
      replace: z.boolean().default(false),
      at: instantText.optional(),
      strict: z.boolean().default(false),
      jobId,
    }),
    importResult,
  ),
  show: call(z.object({ userId: userIdText, asOf: instantText.optional() }), profileDetail),
  /** Users in key order; `prefix` narrows by the start of the key, `audience` to its present members. */
  list: call(
    z.object({
      prefix: z.string().max(1024).default(''),
      audience: audienceRef.optional(),
      cursor,
      limit: pageLimit,
    }),
    pageOf(z.object({ userId: z.string(), bytes: z.int(), summary: z.string() })),
  ),
  count: call(z.object({}), z.object({ count: z.int(), versions: z.int() })),
  /** Top-level field names seen in a sample of profiles, for choosing attributes and completing rules. */
  fields: call(z.object({}), z.object({ fields: z.array(z.string()) })),
};
