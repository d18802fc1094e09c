import { z } from 'zod';
import { errorShape } from './error.ts';
import { runRow } from './run.ts';

/**
 * Progress of a long call, at most four times a second, the last one always delivered. `total` null = not known. `perSecond`
 * counts rows where the unit is bytes, otherwise what the unit says.
 */
export const jobProgress = z.object({
  jobId: z.string(),
  phase: z.string(),
  done: z.number(),
  total: z.number().nullable(),
  unit: z.enum(['bytes', 'rows', 'messages', 'timers']),
  rows: z.int(),
  perSecond: z.number(),
  secondsLeft: z.number().nullable(),
});
export type JobProgress = z.infer<typeof jobProgress>;

export const engineState = z.object({
  state: z.enum(['starting', 'running', 'not_responding', 'restarting', 'stopped']),
  message: z.string().nullable(),
  /** Why the engine could not start or stopped, where that is known. */
  error: errorShape.nullable().optional(),
  /** What opening the workspace took back of imports that were cut off, in words, since the window's Segue began. */
  takenBack: z.array(z.string()).optional(),
});
export type EngineState = z.infer<typeof engineState>;

/** The tables whose rows changed, so that a view that shows them asks again. */
export const storeTable = z.enum([
  'profile',
  'audience',
  'history',
  'batch',
  'workflow',
  'run',
  'sandbox',
  'authorization',
  'clock',
]);
export type StoreTable = z.infer<typeof storeTable>;

/** Everything that is pushed to the window, by name. */
export const events = {
  jobProgress,
  runProgress: runRow,
  storeChanged: z.object({ tables: z.array(storeTable) }),
  engineState,
  /** A menu command, by its id in the renderer's action registry. */
  command: z.object({ id: z.string() }),
};
export type EventName = keyof typeof events;
export type EventPayload<N extends EventName> = z.infer<(typeof events)[N]>;
