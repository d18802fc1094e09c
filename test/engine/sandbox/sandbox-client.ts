import { SQSClient, type SQSClientConfig } from '@aws-sdk/client-sqs';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { afterAll, beforeAll, onTestFinished } from 'vitest';
import { type Sandbox, type SandboxOptions, startSandbox } from '../../../main/engine/sandbox/sandbox.ts';

/** A sandbox that closes with the test. */
export async function openSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  const sandbox = await startSandbox(options);
  onTestFinished(() => sandbox.close());
  return sandbox;
}

/** A client of the SDK without retries, for a sandbox, that closes with the test. */
export function clientOf(
  sandbox: Pick<Sandbox, 'endpoint' | 'accessKeyId' | 'secretAccessKey'>,
  config: Partial<SQSClientConfig> = {},
): SQSClient {
  const client = new SQSClient({
    region: 'us-east-1',
    endpoint: sandbox.endpoint,
    credentials: { accessKeyId: sandbox.accessKeyId, secretAccessKey: sandbox.secretAccessKey },
    maxAttempts: 1,
    requestHandler: new NodeHttpHandler({ httpAgent: { maxSockets: 64 }, requestTimeout: 10_000 }),
    ...config,
  });
  onTestFinished(() => client.destroy());
  return client;
}

/** A clock that stands still until it is moved. */
export function testClock(startMs = Date.parse('2026-11-23T09:00:00Z')) {
  let nowMs = startMs;
  return {
    now: () => nowMs,
    advance: (ms: number) => {
      nowMs += ms;
    },
  };
}

interface SdkError extends Error {
  Code?: string;
  $metadata?: { httpStatusCode?: number };
}

/** What a request was refused with: the SDK's error class, name, legacy code and HTTP status. */
export async function refusal(request: Promise<unknown>) {
  const error: SdkError | null = await request.then(
    () => null,
    (thrown: SdkError) => thrown,
  );
  if (error === null) {
    return null;
  }
  return {
    class: error.constructor.name,
    name: error.name,
    code: error.Code,
    status: error.$metadata?.httpStatusCode,
    message: error.message,
  };
}

export type SharedQueue = 'standard' | 'small' | 'fifo' | 'content';

/** One sandbox for all tests of a file that only look at how a request is answered, with one queue of each kind. */
export function sharedSandbox() {
  let started: Sandbox | undefined;
  const urls: Record<SharedQueue, string> = { standard: '', small: '', fifo: '', content: '' };
  beforeAll(async () => {
    started = await startSandbox();
    urls.standard = await started.createQueue('standard');
    urls.small = await started.createQueue('small', { MaximumMessageSize: '1024' });
    urls.fifo = await started.createQueue('orders.fifo', { FifoQueue: 'true' });
    urls.content = await started.createQueue('content.fifo', {
      FifoQueue: 'true',
      ContentBasedDeduplication: 'true',
    });
  });
  afterAll(() => started?.close());
  return {
    urls,
    sandbox: (): Sandbox => {
      if (started === undefined) {
        throw new Error('the sandbox is used before it was started');
      }
      return started;
    },
  };
}
