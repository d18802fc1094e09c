import { z } from 'zod';
import { runDetail } from '../../preload/contract/run.ts';
import { workflow } from '../../preload/contract/workflow.ts';
import type { Credentials } from '../engine/context.ts';
import type { EngineHost } from '../engine-host/engine-host.ts';
import type { Authorizations } from '../keychain/authorizations.ts';

/** Finds the keys that a call to the engine must carry; undefined for a call that sends nothing. */
export type FindCredentials = (name: string, input: unknown) => Promise<Credentials | undefined>;

const sendsByWorkflow = new Set(['message.send', 'run.start']);
const sendsByRun = new Set(['run.resume', 'run.retry']);
const byWorkflow = z.object({ workflow: z.string() });
const byRun = z.object({ id: z.string() });
const target = workflow.pick({ authorization: true, queueUrl: true });

/**
 * Looks up the authorization of the workflow that a sending call is about: the stored one for a new run, the run's own
 * copy for one that goes on. The embedded sandbox brings its own keys, and a workflow without an authorization is refused
 * by the engine, which knows what it needs.
 */
export function createFindCredentials(
  engine: Pick<EngineHost, 'call'>,
  authorizations: Pick<Authorizations, 'credentials'>,
): FindCredentials {
  async function findTarget(name: string, input: unknown): Promise<z.infer<typeof target> | undefined> {
    if (sendsByWorkflow.has(name)) {
      const found = await engine.call('workflow.show', { name: byWorkflow.parse(input).workflow });
      return found.ok ? target.parse(found.value) : undefined;
    }
    if (sendsByRun.has(name)) {
      const found = await engine.call('run.show', { id: byRun.parse(input).id });
      return found.ok ? target.parse(runDetail.pick({ copy: true }).parse(found.value).copy) : undefined;
    }
    return undefined;
  }

  return async (name, input) => {
    const found = await findTarget(name, input);
    if (found === undefined || found.authorization === null || found.queueUrl.startsWith('sandbox:')) {
      return undefined;
    }
    return authorizations.credentials(found.authorization);
  };
}
