import { z } from 'zod';
import { call } from './call.ts';
import { historyFilter } from './history.ts';
import { messageAttribute, problem } from './message.ts';
import { cursor, filePath, instantText, pageLimit, pageOf, workflowName } from './values.ts';
import { workflow } from './workflow.ts';

export const runKind = z.enum(['test', 'live', 'replay', 'backfill']);
export type RunKind = z.infer<typeof runKind>;

/** DESIGN §8: planned → running ⇄ paused → one of the ends; interrupted after a crash, resumable. */
export const runState = z.enum([
  'planned',
  'running',
  'paused',
  'interrupted',
  'completed',
  'completed_with_errors',
  'cancelled',
  'failed',
]);
export type RunState = z.infer<typeof runState>;

/** How a run is paced and bounded. `rate` is messages per second, null for as fast as the queue takes them. */
export const runOptions = z.object({
  rate: z.number().positive().max(100_000).nullable().default(null),
  concurrency: z.int().min(1).max(256).default(16),
  profile: z.enum(['as-of', 'current']).default('as-of'),
  dryRun: z.boolean().default(false),
  max: z.int().positive().nullable().default(null),
  stopAfter: z.int().positive().nullable().default(null),
  shard: z
    .object({ index: z.int().min(0), of: z.int().min(1) })
    .nullable()
    .default(null),
  requireValid: z.boolean().default(false),
});
export type RunOptions = z.infer<typeof runOptions>;

/**
 * Which changes a run sends: those of the history that a filter takes, narrowed by what earlier runs made of them. A
 * backfill has neither.
 *
 * `notSent`: only what this workflow has not sent yet to the queue that it names now (tests, backfills and dry runs do not
 * count). `failedIn`: only what is parked or failed in that run.
 */
export const runSelection = historyFilter.extend({
  notSent: z.boolean().default(false),
  failedIn: z.string().min(1).optional(),
});
export type RunSelection = z.infer<typeof runSelection>;

export const runRequest = z.object({
  workflow: workflowName,
  kind: z.enum(['replay', 'backfill']),
  selection: runSelection.prefault({}),
  options: runOptions.prefault({}),
});
export type RunRequest = z.infer<typeof runRequest>;

/** What a sender must know of a queue before it sends. */
export const queueFacts = z.object({
  fifo: z.boolean(),
  contentBasedDeduplication: z.boolean(),
  /** The queue's own limit of body and attributes; at most 1,048,576. */
  maximumMessageBytes: z.int(),
  /** Approximate: visible, in flight and delayed. Null when the queue was not asked or the keys may not read it. */
  depth: z.int().nullable(),
  encryption: z.enum(['none', 'sqs', 'kms', 'unknown']),
});
export type QueueFacts = z.infer<typeof queueFacts>;

export const plan = z.object({
  workflow: z.string(),
  kind: runKind,
  environment: z.string(),
  queueUrl: z.string(),
  /** As the queue told them for this plan; what only its URL tells where it could not be asked. */
  queue: queueFacts,
  messages: z.int(),
  changes: z.int(),
  bytes: z.int(),
  first: instantText.nullable(),
  last: instantText.nullable(),
  byDay: z.array(z.object({ day: z.string(), messages: z.int() })),
  byAudience: z.array(z.object({ audience: z.string(), enter: z.int(), exit: z.int(), change: z.int() })),
  withoutProfile: z.int(),
  invalid: z.int(),
  problems: z.array(problem.extend({ count: z.int(), example: z.string().nullable() })),
  requests: z.int(),
  costUsd: z.number(),
  seconds: z.number().nullable(),
  samples: z.array(z.object({ body: z.string(), bytes: z.int(), attributes: z.array(messageAttribute) })),
  exceedsMax: z.boolean(),
});
export type Plan = z.infer<typeof plan>;

export const runRow = z.object({
  id: z.string(),
  kind: runKind,
  workflow: z.string(),
  environment: z.string(),
  queueUrl: z.string(),
  state: runState,
  dryRun: z.boolean(),
  planned: z.int(),
  sent: z.int(),
  failed: z.int(),
  parked: z.int(),
  pending: z.int(),
  possibleDuplicates: z.int(),
  retries: z.int(),
  createdAt: instantText,
  startedAt: instantText.nullable(),
  endedAt: instantText.nullable(),
  seconds: z.number(),
  messagesPerSecond: z.number(),
  rate: z.number().nullable(),
  concurrency: z.int(),
  reason: z.string().nullable(),
});
export type RunRow = z.infer<typeof runRow>;

export const messageState = z.enum(['pending', 'in_flight', 'sent', 'parked', 'failed', 'cancelled']);
export type MessageState = z.infer<typeof messageState>;

export const runMessageRow = z.object({
  n: z.int(),
  userId: z.string(),
  at: instantText,
  state: messageState,
  attempts: z.int(),
  messageId: z.string().nullable(),
  possibleDuplicate: z.boolean(),
  errorCode: z.string().nullable(),
  errorMessage: z.string().nullable(),
});
export type RunMessageRow = z.infer<typeof runMessageRow>;

export const runDetail = runRow.extend({
  copy: workflow,
  selection: runSelection,
  options: runOptions,
  errors: z.array(z.object({ code: z.string(), message: z.string(), count: z.int() })),
  duplicates: z.array(z.object({ n: z.int(), userId: z.string(), at: instantText })),
});
export type RunDetail = z.infer<typeof runDetail>;

const runId = z.object({ id: z.string().min(1) });
const guarded = { confirm: z.string().optional(), trustHost: z.string().optional() };

export const runCalls = {
  plan: call(runRequest, plan),
  /** Plans, writes the journal and starts; answers once the run is running. `confirm` as for a test send. */
  start: call(runRequest.extend(guarded), runRow),
  list: call(z.object({ workflow: workflowName.optional(), cursor, limit: pageLimit }), pageOf(runRow)),
  show: call(runId, runDetail),
  pause: call(runId, runRow),
  resume: call(runId.extend(guarded), runRow),
  cancel: call(runId, runRow),
  /** Puts parked and failed messages back to pending and starts again. */
  retry: call(runId.extend(guarded), runRow),
  setRate: call(runId.extend({ rate: z.number().positive().max(100_000).nullable() }), runRow),
  messages: call(
    runId.extend({ state: messageState.optional(), cursor, limit: pageLimit }),
    pageOf(runMessageRow),
  ),
  /** The runs whose messages tell a change of the history, the newest first; tests and backfills tell none. */
  ofChange: call(
    z.object({ seq: z.int() }),
    z.object({
      rows: z.array(
        runRow.pick({ id: true, workflow: true, kind: true, dryRun: true, createdAt: true }).extend({
          n: z.int(),
          state: messageState,
        }),
      ),
    }),
  ),
  /** The body and attributes of one message of a run, as they were or would be sent. */
  message: call(
    runId.extend({ n: z.int() }),
    runMessageRow.extend({ body: z.string(), bytes: z.int(), attributes: z.array(messageAttribute) }),
  ),
  /**
   * Replaces the body of a parked message, and its attributes where they are given; the next retry sends it. Answers what
   * is worth knowing about the new message. `dryRun` changes nothing and answers the errors too, which are refused else.
   */
  editMessage: call(
    runId.extend({
      n: z.int().min(1),
      body: z.string(),
      attributes: z.array(messageAttribute).max(100).optional(),
      dryRun: z.boolean().default(false),
    }),
    z.object({ n: z.int(), bytes: z.int(), limitBytes: z.int(), problems: z.array(problem) }),
  ),
  /** Every message with its outcome as NDJSON. */
  export: call(runId.extend({ out: filePath }), z.object({ count: z.int(), file: z.string() })),
};
