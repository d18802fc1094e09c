import { z } from 'zod';
import { call } from './call.ts';
import { filePath, instantText, jobId } from './values.ts';

export const check = z.object({
  name: z.string(),
  ok: z.boolean(),
  value: z.string(),
  advice: z.string().nullable(),
});

export const workspaceCalls = {
  info: call(
    z.object({}),
    z.object({
      dir: z.string(),
      keyField: z.string(),
      schemaVersion: z.int(),
      profiles: z.int(),
      audiences: z.int(),
      changes: z.int(),
      workflows: z.int(),
      sizeBytes: z.int(),
    }),
  ),
  /** Integrity, sizes, versions, keychain, queue: what a person would ask for in a bug report. */
  doctor: call(z.object({}), z.object({ ok: z.boolean(), checks: z.array(check) })),
  backup: call(z.object({ out: filePath }), z.object({ file: z.string(), bytes: z.int() })),
  /** Fills an empty workspace with the sample of `assets/sample`. */
  loadSample: call(
    z.object({ jobId }),
    z.object({ profiles: z.int(), audiences: z.int(), changes: z.int() }),
  ),
};

const clockState = z.object({
  mode: z.enum(['real', 'simulated']),
  now: instantText,
  dueTimers: z.int(),
});

export const clockCalls = {
  show: call(z.object({}), clockState),
  /** Moves a simulated clock forward and records every due change at its own instant. */
  advance: call(
    z.object({ to: instantText, jobId }),
    z.object({ now: instantText, entered: z.int(), exited: z.int(), timers: z.int() }),
  ),
  /** Ends the simulation: the workspace follows the real time again. */
  useReal: call(z.object({}), clockState),
};

export const jobCalls = {
  cancel: call(z.object({ jobId: z.string() }), z.object({ cancelled: z.boolean() })),
};
