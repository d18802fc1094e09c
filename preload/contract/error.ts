import { z } from 'zod';

/**
 * Every code that a Segue error can carry. A code is stable: the window, the command line and scripts match on it,
 * the wording of the message may change. Add a code here before it is thrown.
 */
export const ERROR_CODES = [
  'INTERNAL',
  'USAGE',
  'INVALID_INPUT',
  'NOT_FOUND',
  'CONFLICT',
  'CANCELLED',
  'FILE_NOT_FOUND',
  'FILE_UNREADABLE',
  'FILE_UNWRITABLE',
  'FILE_FORMAT',
  'FILE_CHANGED',
  'REJECTED_STRICT',
  'SNAPSHOT_OUT_OF_ORDER',
  'DISK_FULL',
  'WORKSPACE_LOCKED',
  'WORKSPACE_NEWER',
  'WORKSPACE_CORRUPT',
  'RULE_SYNTAX',
  'RULE_INVALID',
  'PROFILE_NOT_FOUND',
  'AUDIENCE_NOT_FOUND',
  'WORKFLOW_NOT_FOUND',
  'WORKFLOW_INVALID',
  'RUN_NOT_FOUND',
  'RUN_STATE',
  'MESSAGE_INVALID',
  'QUEUE_NOT_FOUND',
  'QUEUE_UNREACHABLE',
  'QUEUE_ERROR',
  'REGION_MISMATCH',
  'ENDPOINT_UNCONFIRMED',
  'CONFIRMATION_REQUIRED',
  'LIMIT_EXCEEDED',
  'CREDENTIALS_MISSING',
  'CREDENTIALS_REFUSED',
  'AUTHORIZATION_NOT_FOUND',
  'KEYCHAIN_UNAVAILABLE',
  'ENGINE_UNAVAILABLE',
  'ENGINE_RUNTIME',
  'SENDER_REFUSED',
] as const;

export type ErrorCode = (typeof ERROR_CODES)[number];

/**
 * An error as it crosses a process or reaches a terminal: a stable code, one or two sentences that say what, where and
 * what to do, and facts for a program (line, column, path, limit). Never holds a secret or a profile body.
 */
export const errorShape = z.object({
  code: z.enum(ERROR_CODES),
  message: z.string(),
  detail: z.record(z.string(), z.unknown()).optional(),
});

export type ErrorShape = z.infer<typeof errorShape>;

/** The answer of every call between processes. */
export type Answer<T> = { ok: true; value: T } | { ok: false; error: ErrorShape };
