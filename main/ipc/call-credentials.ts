import { z } from 'zod';
import { runDetail } from '../../preload/contract/run.ts';
import { workflow } from '../../preload/contract/workflow.ts';
import type { Credentials } from '../engine/context.ts';
import type { EngineHost } from '../engine-host/engine-host.ts';
import type { Authorizations } from '../keychain/authorizations.ts';

/** Finds the keys that a call to the engine must carry; undefined for a call that reaches no queue. */
export type FindCredentials = (name: string, input: unknown) => Promise<Credentials | undefined>;

/** Calls that reach the queue of a workflow that they name; a capture may name a queue of its own. */
const reachesByWorkflow = new Set(['message.send', 'run.start', 'capture.run']);
const reachesByRun = new Set(['run.resume', 'run.retry']);
const byWorkflow = z.object({ workflow: z.string().optional(), queue: z.string().optional() });
/** A switch-on; what a switch-off has left goes with the keys that the run has. */
const byName = z.object({ name: z.string(), live: z.literal(true) });
const byRun = z.object({ id: z.string() });
const target = workflow.pick({ authorization: true, queueUrl: true });

/**
 * Looks up the authorization of the workflow that a call to a queue is about: the stored one for a new run, the run's own
 * copy for one that goes on. The embedded sandbox brings its own keys, and a workflow without an authorization is refused
 * by the engine, which knows what it needs.
 */
export function createFindCredentials(
  engine: Pick<EngineHost, 'call'>,
  authorizations: Pick<Authorizations, 'credentials'>,
): FindCredentials {
  async function findTarget(name: string, input: unknown): Promise<z.infer<typeof target> | undefined> {
    if (reachesByWorkflow.has(name)) {
      const { workflow: named, queue } = byWorkflow.parse(input);
      if (named === undefined) return undefined;
      const found = await engine.call('workflow.show', { name: named });
      if (!found.ok) return undefined;
      const stored = target.parse(found.value);
      return { ...stored, queueUrl: queue ?? stored.queueUrl };
    }
    if (name === 'workflow.setLive') {
      const switched = byName.safeParse(input).data;
      if (switched === undefined) return undefined;
      const found = await engine.call('workflow.show', { name: switched.name });
      return found.ok ? target.parse(found.value) : undefined;
    }
    if (reachesByRun.has(name)) {
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
