import { z } from 'zod';
import { call } from './call.ts';
import { runRow } from './run.ts';
import { instantText, workflowName } from './values.ts';

/** A workflow that is live, with the run that its changes are sent by. */
export const liveRow = z.object({
  workflow: z.string(),
  since: instantText,
  /** True while nothing is sent because the keys must be given again. */
  waiting: z.boolean(),
  run: runRow,
});
export type LiveRow = z.infer<typeof liveRow>;

export const liveCalls = {
  list: call(z.object({}), z.object({ rows: z.array(liveRow) })),
};

/**
 * Switches a workflow live or off. On: its changes are sent as they arise, by a run of kind `live` with a copy of the
 * workflow as it stands. Off: what is journalled is still sent, then the run ends. Answers the run.
 */
export const setLive = call(
  z.object({
    name: workflowName,
    live: z.boolean(),
    confirm: z.string().optional(),
    trustHost: z.string().optional(),
  }),
  runRow,
);
