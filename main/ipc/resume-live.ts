import { z } from 'zod';
import { liveRow } from '../../preload/contract/live.ts';
import type { EngineHost } from '../engine-host/engine-host.ts';
import type { FindCredentials } from './call-credentials.ts';

const waitingRows = z.object({ rows: z.array(liveRow) });

/**
 * Gives an engine that has just started the keys of the live workflows that wait for them. Production goes on only when a
 * person resumes the run, as at its start. Never rejects.
 */
export async function resumeLive(
  engine: Pick<EngineHost, 'call'>,
  findCredentials: FindCredentials,
  log: (line: string) => void,
): Promise<void> {
  const listed = await engine.call('live.list', {});
  if (!listed.ok) return;
  for (const { workflow, waiting, run } of waitingRows.parse(listed.value).rows) {
    if (!waiting || run.environment === 'production') continue;
    const input = { id: run.id };
    try {
      const answer = await engine.call('run.resume', input, await findCredentials('run.resume', input));
      if (!answer.ok) log(`live mode of ${workflow} waits: ${answer.error.code} ${answer.error.message}`);
    } catch (error) {
      log(`live mode of ${workflow} waits: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
}
