import { hash } from 'node:crypto';
import type { SendMessageBatchRequestEntry, SendMessageBatchResult, SQSClient } from '@aws-sdk/client-sqs';
import type { QueueFacts } from '../../../preload/contract/run.ts';
import type { Credentials } from '../context.ts';
import { isFifo } from '../message/prepare.ts';
import { md5OfAttributes } from '../sandbox/checksums.ts';
import { classifyEntry, classifyError, verdictError } from './classify.ts';
import { createHttpHandler } from './http-handler.ts';
import type { Accepted, BatchOutcome, QueueClient, QueueEntry, Verdict } from './queue-client.ts';
import { createSigner } from './signer.ts';

/** Where a queue is and with which keys it is asked. */
export interface QueueTarget {
  readonly queueUrl: string;
  /** Signed into every request; must be the region of the queue URL. */
  readonly region: string;
  readonly credentials: Credentials;
}

export interface SdkClientOptions {
  /** Sockets kept open: the most requests in flight at once. */
  readonly sockets: number;
  readonly connectionTimeoutMs?: number;
  readonly requestTimeoutMs?: number;
}

/** SQS answers within a second or two; a call without an answer for this long is taken for lost. */
const REQUEST_TIMEOUT_MS = 20_000;
const CONNECTION_TIMEOUT_MS = 5_000;
/**
 * Middleware of the SDK that does nothing for these calls: a log that is off, headers against loops of Lambda functions, a
 * user agent put together anew for each call, and a length that the handler counts itself.
 */
const IDLE_MIDDLEWARE = [
  'loggerMiddleware',
  'recursionDetectionMiddleware',
  'getUserAgentMiddleware',
  'contentLengthMiddleware',
];
export const SQS_MAX_BYTES = 1_048_576;

/**
 * Opens a queue over the AWS SDK. The SDK's own retries are off (its budget gives up under load, SQS.md), timeouts and
 * the number of sockets are set because the SDK has none and 50.
 */
export async function openSdkClient(target: QueueTarget, options: SdkClientOptions): Promise<QueueClient> {
  // Loaded at first use: the SDK takes longer to load than most commands take to run.
  const { SQSClient, SendMessageBatchCommand, GetQueueAttributesCommand } = await import(
    '@aws-sdk/client-sqs'
  );
  const client: SQSClient = new SQSClient({
    region: target.region,
    // The host of the queue URL whatever the region's own host is: what the user saw and confirmed is what is called.
    endpoint: new URL(target.queueUrl).origin,
    credentials: { ...target.credentials },
    signer: createSigner(target.credentials, { region: target.region, service: 'sqs' }),
    maxAttempts: 1,
    // Checked here instead, body and attributes alike; the SDK's MD5 is JavaScript and throws for a whole batch.
    md5: false,
    requestHandler: createHttpHandler({
      sockets: options.sockets,
      connectionTimeoutMs: options.connectionTimeoutMs ?? CONNECTION_TIMEOUT_MS,
      requestTimeoutMs: options.requestTimeoutMs ?? REQUEST_TIMEOUT_MS,
    }),
  });
  for (const name of IDLE_MIDDLEWARE) client.middlewareStack.remove(name);
  // Retries are off, yet other steps take their place from this one.
  client.middlewareStack.add((next) => next, {
    name: 'retryMiddleware',
    step: 'finalizeRequest',
    priority: 'high',
    override: true,
  });
  const { queueUrl } = target;
  return {
    async sendBatch(entries) {
      try {
        const answer = await client.send(
          new SendMessageBatchCommand({ QueueUrl: queueUrl, Entries: entries.map(toRequestEntry) }),
        );
        return readAnswer(entries, answer);
      } catch (error) {
        return { kind: 'refused', verdict: classifyError(error) };
      }
    },
    async facts() {
      try {
        const answer = await client.send(
          new GetQueueAttributesCommand({ QueueUrl: queueUrl, AttributeNames: ['All'] }),
        );
        return readFacts(queueUrl, answer.Attributes ?? {});
      } catch (error) {
        const verdict = classifyError(error);
        // A sender's policy may allow SendMessage alone; then the queue's facts stay unknown.
        if (verdict.code === 'AccessDenied' || verdict.code === 'AccessDeniedException') {
          return unknownFacts(queueUrl);
        }
        throw verdictError(verdict, queueUrl);
      }
    },
    close: () => client.destroy(),
  };
}

/** What is known of a queue without asking it: its kind, by the suffix that AWS demands of FIFO queues. */
export function unknownFacts(queueUrl: string): QueueFacts {
  return {
    fifo: isFifo(queueUrl),
    contentBasedDeduplication: false,
    maximumMessageBytes: SQS_MAX_BYTES,
    depth: null,
    encryption: 'unknown',
  };
}

function readFacts(queueUrl: string, attributes: Readonly<Record<string, string>>): QueueFacts {
  const count = (name: string) => Number(attributes[name] ?? 0);
  const limit = count('MaximumMessageSize');
  return {
    fifo: attributes.FifoQueue === 'true' || isFifo(queueUrl),
    contentBasedDeduplication: attributes.ContentBasedDeduplication === 'true',
    maximumMessageBytes: limit > 0 ? Math.min(limit, SQS_MAX_BYTES) : SQS_MAX_BYTES,
    depth:
      count('ApproximateNumberOfMessages') +
      count('ApproximateNumberOfMessagesNotVisible') +
      count('ApproximateNumberOfMessagesDelayed'),
    encryption:
      attributes.KmsMasterKeyId !== undefined && attributes.KmsMasterKeyId !== ''
        ? 'kms'
        : attributes.SqsManagedSseEnabled === 'true'
          ? 'sqs'
          : 'none',
  };
}

function toRequestEntry(entry: QueueEntry, index: number): SendMessageBatchRequestEntry {
  return {
    Id: String(index),
    MessageBody: entry.body,
    ...(entry.attributes.length === 0
      ? {}
      : {
          MessageAttributes: Object.fromEntries(
            entry.attributes.map(({ name, type, value }) => [name, { DataType: type, StringValue: value }]),
          ),
        }),
    ...(entry.groupId === undefined ? {} : { MessageGroupId: entry.groupId }),
    ...(entry.dedupId === undefined ? {} : { MessageDeduplicationId: entry.dedupId }),
  };
}

const NO_ANSWER: Verdict = {
  kind: 'retry_unknown_outcome',
  code: 'NoAnswer',
  message: 'The reply named the entry neither as sent nor as failed.',
  reached: true,
};

function readAnswer(entries: readonly QueueEntry[], answer: SendMessageBatchResult): BatchOutcome {
  const outcomes: (Accepted | Verdict)[] = entries.map(() => NO_ANSWER);
  for (const failed of answer.Failed ?? []) {
    outcomes[Number(failed.Id)] = classifyEntry(failed);
  }
  for (const done of answer.Successful ?? []) {
    const index = Number(done.Id);
    const entry = entries[index];
    if (entry === undefined) continue;
    const messageId = done.MessageId ?? '';
    const md5 = done.MD5OfMessageBody ?? '';
    outcomes[index] =
      md5 === hash('md5', entry.body) && attributesMatch(entry, done.MD5OfMessageAttributes)
        ? { kind: 'sent', messageId, md5, sequenceNumber: done.SequenceNumber ?? null }
        : {
            kind: 'flag_md5',
            code: 'Md5Mismatch',
            message: 'The queue stored the message, but its checksum differs from the one sent.',
            messageId,
          };
  }
  return { kind: 'answered', outcomes };
}

/** AWS always answers a checksum for attributes that were sent; endpoints that leave it out are taken at their word. */
function attributesMatch({ attributes }: QueueEntry, answered: string | undefined): boolean {
  if (answered === undefined) return true;
  return (
    answered ===
    md5OfAttributes(
      attributes.map(({ name, type, value }) => ({ name, dataType: type, value, binary: false })),
    )
  );
}
