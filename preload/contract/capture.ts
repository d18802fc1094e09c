import { z } from 'zod';
import { call } from './call.ts';
import { filePath, jobId, workflowName } from './values.ts';

/** `peek` leaves every message in the queue, `drain` deletes each one once its line is on the disk. */
export const captureMode = z.enum(['peek', 'drain']);
export type CaptureMode = z.infer<typeof captureMode>;

/** A line of a capture's archive: one message as the queue gave it. */
export const capturedMessage = z.object({
  version: z.literal(1),
  kind: z.literal('segue-capture'),
  messageId: z.string(),
  receiveCount: z.int().nullable(),
  sentAt: z.string().nullable(),
  groupId: z.string().nullable(),
  dedupId: z.string().nullable(),
  attributes: z.array(z.object({ name: z.string(), type: z.string(), value: z.string() })),
  body: z.string(),
});
export type CapturedMessage = z.infer<typeof capturedMessage>;

export const captureResult = z.object({
  mode: captureMode,
  queueUrl: z.string(),
  file: z.string(),
  captured: z.int(),
  deleted: z.int(),
  /** Captured and not deleted although the mode is `drain`: they are in the file and come again. */
  notDeleted: z.int(),
  /** Put back at once after a peek. The rest comes back when its visibility timeout ends. */
  returned: z.int(),
  ended: z.enum(['empty', 'max', 'time', 'cancelled', 'in_flight_limit']),
});
export type CaptureResult = z.infer<typeof captureResult>;

export const captureCalls = {
  /** Receives messages into a new archive file that `history.import` reads. The queue is the workflow's, or `queue`. */
  run: call(
    z.object({
      queue: z.string().min(1).max(2048).optional(),
      workflow: workflowName.optional(),
      region: z.string().min(1).max(64).optional(),
      mode: captureMode,
      out: filePath,
      max: z.int().positive().max(100_000).nullable().default(null),
      seconds: z.number().positive().max(36_000).default(60),
      /** How long a receive waits for a message before the queue counts as empty; 0 to 20, as SQS has it. */
      waitSeconds: z.int().min(0).max(20).default(3),
      confirm: z.string().optional(),
      trustHost: z.string().optional(),
      jobId,
    }),
    captureResult,
  ),
};
