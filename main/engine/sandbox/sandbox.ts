import { randomBytes } from 'node:crypto';
import { SegueError } from '../core/errors.ts';
import { createDelivery, type DeliveryStats } from './delivery.ts';
import type { FaultSpec } from './fault-spec.ts';
import { createFaults, type FaultKind } from './faults.ts';
import { createFifoQuota } from './fifo-quota.ts';
import { type HttpServer, type HttpStats, startHttpServer } from './http-server.ts';
import type { OperationContext } from './operation.ts';
import { createQueueRegistry } from './queue-registry.ts';
import { createQueueView, type MessageDetail, type MessagePage, type QueueSummary } from './queue-view.ts';
import { createVerifier } from './signature.ts';
import { sqliteStorage } from './sqlite-storage.ts';
import { memoryStorage } from './storage.ts';
import { createWaiters } from './waiters.ts';

/** Made-up keys start like this, so that nobody takes them for keys of AWS. */
export const SANDBOX_KEY_PREFIX = 'SEGUESANDBOX';
const ACCOUNT_ID = '000000000000';
const DEFAULT_REGION = 'us-east-1';
const MEMORY_LIMIT_BYTES = 1024 ** 3;
const REQUEST_TIMEOUT_MS = 30_000;
const FIFO_CALLS_PER_SECOND = 300;

export interface SandboxOptions {
  /**
   * TCP port on loopback; 0, the default, for any free one. With a file, the one used last time when it is free, so that
   * queue URLs stay valid.
   */
  port?: number;
  /** SQLite file in which queues and messages survive; in memory when absent. */
  file?: string;
  /** The most that messages may take: in memory 1 GiB unless told, with a file unlimited. */
  maxBytes?: number;
  /** The one key pair that is accepted; made up when absent. */
  accessKeyId?: string;
  secretAccessKey?: string;
  region?: string;
  accountId?: string;
  faults?: FaultSpec;
  /** The queues' time in epoch milliseconds: delays, visibility, deduplication, retention. Signatures use real time. */
  clock?: () => number;
  /** Numbers in [0, 1) for fault injection without a seed. */
  random?: () => number;
  /** Calls a second for each operation of a FIFO queue without high throughput; 300, as on AWS, unless told. */
  fifoCallsPerSecond?: number;
  /** How long a client may take to send a request before it is cut off; 30 s unless told. */
  requestTimeoutMs?: number;
}

export interface SandboxStats extends HttpStats, DeliveryStats {
  faults: Readonly<Record<FaultKind, number>>;
}

/** A running sandbox queue server. Functions that name a queue or message throw QUEUE_NOT_FOUND or NOT_FOUND. */
export interface Sandbox {
  readonly endpoint: string;
  readonly port: number;
  readonly region: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  queueUrl(name: string): string;
  /** Creates a queue, as CreateQueue does; the existing one when it has these attributes. Returns its URL. */
  createQueue(name: string, attributes?: Readonly<Record<string, string>>): Promise<string>;
  queues(): QueueSummary[];
  /** A page of at most 500 messages after a position, in the order of sending. Receives nothing. */
  messages(queueName: string, page?: { limit?: number; afterSeq?: number }): MessagePage;
  /** One message whole, by its MessageId. Receives nothing. */
  message(queueName: string, messageId: string): MessageDetail;
  deleteMessage(queueName: string, messageId: string): Promise<void>;
  /** Deletes all messages of a queue, without the interval that PurgeQueue keeps. Returns how many. */
  purge(queueName: string): Promise<number>;
  /**
   * Moves the visible messages of a dead-letter queue, as new messages, to `to`, or each to the queue it came from when
   * `to` is absent. Returns how many; those in flight, and those whose queue is gone, stay.
   */
  redrive(from: string, to?: string): Promise<number>;
  setFaults(spec: FaultSpec): void;
  readonly stats: SandboxStats;
  close(): Promise<void>;
}

function madeUpKeys(): { accessKeyId: string; secretAccessKey: string } {
  return {
    accessKeyId: `${SANDBOX_KEY_PREFIX}${randomBytes(4).toString('hex').toUpperCase()}`,
    secretAccessKey: `${SANDBOX_KEY_PREFIX.toLowerCase()}-${randomBytes(24).toString('base64url')}`,
  };
}

function listenError(error: unknown, port: number): SegueError {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (code === 'EADDRINUSE' || code === 'EACCES') {
    return new SegueError(
      'CONFLICT',
      `Port ${port} is not free for the sandbox queue. Choose another one, or 0.`,
      { port },
    );
  }
  return new SegueError('INTERNAL', `The sandbox queue could not listen on port ${port}.`, { port }, error);
}

/**
 * Starts an SQS-compatible server on 127.0.0.1 with its own key pair. With a file, a reply means stored: queues and
 * messages survive the death of the process. Throws SegueError CONFLICT when the port is taken, WORKSPACE_LOCKED when
 * another process has the file, and what else sqliteStorage says.
 */
export async function startSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  const { region = DEFAULT_REGION, accountId = ACCOUNT_ID, clock = Date.now, port = 0 } = options;
  const keys = madeUpKeys();
  const accessKeyId = options.accessKeyId ?? keys.accessKeyId;
  const secretAccessKey = options.secretAccessKey ?? keys.secretAccessKey;
  const waiters = createWaiters();
  const { maxBytes, file } = options;
  const storage =
    file === undefined
      ? memoryStorage(maxBytes ?? MEMORY_LIMIT_BYTES)
      : sqliteStorage({
          file,
          ...(maxBytes === undefined ? {} : { maxBytes }),
          onRollback: () => registry.load(clock()),
        });
  const registry = createQueueRegistry({ storage, region, accountId });
  registry.load(clock());
  const delivery = createDelivery({ storage, registry, onAvailable: waiters.wake });
  const faults = createFaults(options.faults ?? {}, options.random ?? Math.random);
  const context: OperationContext = {
    registry,
    delivery,
    waiters,
    clock,
    fifoQuota: createFifoQuota(options.fifoCallsPerSecond ?? FIFO_CALLS_PER_SECOND),
    queueUrl: (name) => `${endpoint}/${accountId}/${name}`,
  };
  let endpoint = '';
  const listen = (onPort: number) =>
    startHttpServer({
      port: onPort,
      verify: createVerifier({ accessKeyId, secretAccessKey, region }),
      faults,
      context,
      commit: storage.commit,
      requestTimeoutMs: options.requestTimeoutMs ?? REQUEST_TIMEOUT_MS,
    });
  const lastPort = storage.port();
  let http: HttpServer;
  try {
    http = port === 0 && lastPort !== 0 ? await listen(lastPort).catch(() => listen(0)) : await listen(port);
    storage.savePort(http.port);
    await storage.commit();
  } catch (error) {
    storage.close();
    throw listenError(error, port);
  }
  endpoint = `http://127.0.0.1:${http.port}`;
  const view = createQueueView({ registry, delivery, storage, clock, queueUrl: context.queueUrl });

  return {
    endpoint,
    port: http.port,
    region,
    accessKeyId,
    secretAccessKey,
    queueUrl: context.queueUrl,
    ...view,
    setFaults: faults.set,
    get stats() {
      return { ...http.stats, ...delivery.stats, faults: { ...faults.counts } };
    },
    close: async () => {
      await http.close();
      storage.close();
    },
  };
}
