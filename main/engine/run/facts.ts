import type { Problem } from '../../../preload/contract/message.ts';
import type { QueueFacts } from '../../../preload/contract/run.ts';
import type { Workflow } from '../../../preload/contract/workflow.ts';
import type { Credentials, EngineContext } from '../context.ts';
import { SegueError } from '../core/errors.ts';
import { warningProblem } from '../message/problem.ts';
import { resolveTarget } from '../queue/connect.ts';
import { openSdkClient, unknownFacts } from '../queue/sdk-client.ts';
import { isHostTrusted } from '../workflow/environment.ts';
import { parseQueueUrl } from '../workflow/queue-url.ts';

/** A queue's facts as far as they can be had, and what is worth knowing about them. */
export interface KnownFacts {
  readonly facts: QueueFacts;
  readonly problems: readonly Problem[];
}

/**
 * Asks the queue for its facts where that is possible without the user's consent; a plan must also work without keys and
 * without a network, so a failure is a warning here.
 */
export async function peekFacts(
  engine: Pick<EngineContext, 'sandbox' | 'store'>,
  workflow: Workflow,
  credentials: Credentials | undefined,
): Promise<KnownFacts> {
  const url = parseQueueUrl(workflow.queueUrl);
  const fallback = unknownFacts(workflow.queueUrl);
  if (!isHostTrusted(engine.store.db, url, workflow.environment)) return { facts: fallback, problems: [] };
  try {
    const target = await resolveTarget(engine, workflow, url, credentials);
    const client = await openSdkClient(target, { sockets: 1, requestTimeoutMs: 5_000 });
    try {
      const facts = await client.facts();
      return { facts, problems: factProblems(facts) };
    } finally {
      client.close();
    }
  } catch (error) {
    if (!(error instanceof SegueError)) throw error;
    return { facts: fallback, problems: [warningProblem(error.code, error.message, { field: 'queueUrl' })] };
  }
}

function factProblems(facts: QueueFacts): Problem[] {
  if (!facts.contentBasedDeduplication) return [];
  return [
    warningProblem(
      'CONTENT_BASED_DEDUPLICATION',
      'The queue drops messages by their dedup id, or by their body where none is given. A replay within five minutes of the last one is accepted and dropped.',
      { field: 'queueUrl' },
    ),
  ];
}
