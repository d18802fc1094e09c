import { z } from 'zod';
import { call } from './call.ts';
import { audienceRef, instantText, userIdText, workflowName } from './values.ts';
import { workflowFile } from './workflow.ts';

/** What a test message holds; consumers that read only `segment_events[0]` are caught by the two-event shapes. */
export const messageShape = z.enum(['enter', 'exit', 'exit-enter', 'enter-exit', 'change']);
export type MessageShape = z.infer<typeof messageShape>;

/**
 * Something that is wrong, or worth knowing, about a message or a workflow. `error` keeps it from being sent. `field`
 * names the form field it belongs to, `path` is a JSON pointer into the body.
 */
export const problem = z.object({
  severity: z.enum(['error', 'warning']),
  code: z.string(),
  message: z.string(),
  field: z.string().nullable(),
  path: z.string().nullable(),
});
export type Problem = z.infer<typeof problem>;

export const messageAttribute = z.object({
  name: z.string(),
  type: z.string(),
  value: z.string(),
});
export type MessageAttribute = z.infer<typeof messageAttribute>;

export const previewResult = z.object({
  body: z.string(),
  bytes: z.int(),
  limitBytes: z.int(),
  attributes: z.array(messageAttribute),
  problems: z.array(problem),
});
export type PreviewResult = z.infer<typeof previewResult>;

/** Whose message, in which shape; audiences default to all of the workflow's, the instant to now. */
export const messageChoice = z.object({
  userId: userIdText,
  shape: messageShape.default('enter'),
  audiences: z.array(audienceRef).default([]),
  at: instantText.optional(),
});
export type MessageChoice = z.infer<typeof messageChoice>;

export const sendResult = z.object({
  runId: z.string(),
  messageId: z.string(),
  md5: z.string(),
  sequenceNumber: z.string().nullable(),
  milliseconds: z.number(),
  queueUrl: z.string(),
  body: z.string(),
  bytes: z.int(),
  attributes: z.array(messageAttribute),
  problems: z.array(problem),
});
export type SendResult = z.infer<typeof sendResult>;

export const messageCalls = {
  /** The exact message of a stored workflow (`workflow`) or of an unsaved draft (`draft`). */
  preview: call(
    messageChoice.extend({ workflow: workflowName.optional(), draft: workflowFile.optional() }),
    previewResult,
  ),
  /** Sends one test message. `body` replaces the built body; `confirm` is the workflow's name, needed in production. */
  send: call(
    messageChoice.extend({
      workflow: workflowName,
      body: z.string().optional(),
      confirm: z.string().optional(),
      trustHost: z.string().optional(),
    }),
    sendResult,
  ),
};
