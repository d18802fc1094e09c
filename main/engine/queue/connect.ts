import type { Workflow } from '../../../preload/contract/workflow.ts';
import type { Credentials, EngineContext } from '../context.ts';
import { exhaustive, SegueError } from '../core/errors.ts';
import type { QueueUrl } from '../workflow/queue-url.ts';
import type { QueueTarget } from './sdk-client.ts';

/**
 * Where a workflow's queue is and with which keys it is asked. A queue of the embedded sandbox is made when it is not
 * there, and brings its own keys.
 *
 * @throws CREDENTIALS_MISSING when the caller resolved none
 */
export async function resolveTarget(
  engine: Pick<EngineContext, 'sandbox'>,
  workflow: Pick<Workflow, 'queueUrl' | 'region' | 'name' | 'authorization'>,
  url: QueueUrl,
  credentials: Credentials | undefined,
): Promise<QueueTarget> {
  switch (url.kind) {
    case 'sandbox':
      return sandboxTarget(engine, url.queueName, url.fifo);
    case 'aws':
      return {
        queueUrl: workflow.queueUrl,
        region: url.region,
        credentials: required(workflow, credentials),
      };
    case 'custom':
      return {
        queueUrl: workflow.queueUrl,
        region: workflow.region,
        credentials: required(workflow, credentials),
      };
    default:
      return exhaustive(url);
  }
}

async function sandboxTarget(
  engine: Pick<EngineContext, 'sandbox'>,
  queueName: string,
  fifo: boolean,
): Promise<QueueTarget> {
  const sandbox = await engine.sandbox();
  const exists = sandbox.queues().some(({ name }) => name === queueName);
  const queueUrl = exists
    ? sandbox.queueUrl(queueName)
    : await sandbox.createQueue(queueName, fifo ? { FifoQueue: 'true' } : {});
  const { region, accessKeyId, secretAccessKey } = sandbox;
  return { queueUrl, region, credentials: { accessKeyId, secretAccessKey } };
}

function required(
  { name, authorization }: Pick<Workflow, 'name' | 'authorization'>,
  credentials: Credentials | undefined,
): Credentials {
  if (credentials !== undefined) return credentials;
  throw new SegueError(
    'CREDENTIALS_MISSING',
    authorization === null
      ? `The workflow "${name}" names no authorization. Choose one, or give --credentials in a terminal.`
      : `There are no keys for the authorization "${authorization}" of the workflow "${name}". Add it, or give --credentials in a terminal.`,
    { workflow: name, authorization },
  );
}
