import { z } from 'zod';
import { call } from './call.ts';
import { importResult, inputFormat } from './profile.ts';
import {
  audienceRef,
  changeCause,
  cursor,
  eventKind,
  filePath,
  instantText,
  jobId,
  pageLimit,
  pageOf,
  userIdText,
} from './values.ts';

/** One change: one enter, exit or field change of one profile in one audience at one instant. */
export const changeRow = z.object({
  seq: z.int(),
  user_id: z.string(),
  audience: z.string(),
  event: eventKind,
  at: instantText,
  enter: instantText.nullable(),
  exit: instantText.nullable(),
  cause: changeCause,
  batch: z.int(),
});
export type ChangeRow = z.infer<typeof changeRow>;

/** Which changes: `from` is inclusive, `to` exclusive; an empty list of audiences means all. */
export const historyFilter = z.object({
  from: instantText.optional(),
  to: instantText.optional(),
  audiences: z.array(audienceRef).default([]),
  event: eventKind.optional(),
  userId: userIdText.optional(),
  cause: changeCause.optional(),
  batch: z.int().optional(),
});
export type HistoryFilter = z.infer<typeof historyFilter>;

export const historyCalls = {
  /** Archived messages as Lytics sent them, one JSON document a line, into the history with the recorded body. */
  import: call(z.object({ path: filePath, strict: z.boolean().default(false), jobId }), importResult),
  /** Newest first unless `order` says otherwise. */
  page: call(
    historyFilter.extend({ order: z.enum(['newest', 'oldest']).default('newest'), cursor, limit: pageLimit }),
    pageOf(changeRow),
  ),
  /** The recorded body of an archived change, null for a change that Segue found itself. */
  recorded: call(z.object({ seq: z.int() }), z.object({ body: z.string().nullable() })),
  count: call(historyFilter, z.object({ count: z.int() })),
  export: call(
    historyFilter.extend({ out: filePath, jobId }),
    z.object({ count: z.int(), file: z.string() }),
  ),
  histogram: call(
    historyFilter.extend({ bucket: z.enum(['hour', 'day']).default('day') }),
    z.object({
      buckets: z.array(z.object({ start: instantText, enter: z.int(), exit: z.int(), change: z.int() })),
    }),
  ),
};

export const snapshotCalls = {
  /** Diffs a membership export against the store. A full snapshot exits who is absent, a partial one does not. */
  import: call(
    z.object({
      path: filePath,
      at: instantText,
      format: inputFormat.optional(),
      key: z.string().min(1).optional(),
      partial: z.boolean().default(false),
      dryRun: z.boolean().default(false),
      strict: z.boolean().default(false),
      out: filePath.optional(),
      jobId,
    }),
    importResult,
  ),
};

export const batchRow = z.object({
  batch: z.int(),
  kind: z.enum(['profiles', 'snapshot', 'archive', 'events', 'audiences', 'rule', 'clock']),
  source: z.string(),
  at: instantText.nullable(),
  state: z.enum(['running', 'done', 'undone', 'failed', 'cancelled']),
  startedAt: instantText,
  entered: z.int(),
  exited: z.int(),
  rejected: z.int(),
  undoable: z.boolean(),
});
export type BatchRow = z.infer<typeof batchRow>;

export const batchCalls = {
  list: call(z.object({ limit: pageLimit }), z.object({ rows: z.array(batchRow) })),
  /** Takes the last import back; refused once another import has followed. */
  undo: call(z.object({ batch: z.int() }), z.object({ batch: z.int() })),
};
