import type { Message, SQSClient } from '@aws-sdk/client-sqs';
import { classifyError, verdictError } from './classify.ts';
import type { QueueTarget } from './sdk-client.ts';

/** A message as it was received, and the handle that deletes it or lets it go. */
export interface ReceivedMessage {
  readonly handle: string;
  readonly message: Message;
}

/** What a receive gave; `limited` when the queue gives no more while so many are in flight. */
export interface Receipt {
  readonly messages: readonly ReceivedMessage[];
  readonly limited: boolean;
}

/** The receiving side of a queue. Every call throws QUEUE_NOT_FOUND, CREDENTIALS_REFUSED, QUEUE_UNREACHABLE, QUEUE_ERROR. */
export interface ReceiveClient {
  /** At most `max` messages (1 to 10), hidden from others for `visibilitySeconds`. */
  receive(request: {
    max: number;
    waitSeconds: number;
    visibilitySeconds: number;
    signal: AbortSignal;
  }): Promise<Receipt>;
  /** Deletes up to ten; returns the handles that the queue did not delete. */
  remove(handles: readonly string[]): Promise<string[]>;
  /** Makes up to ten visible again; returns the handles for which that failed. */
  letGo(handles: readonly string[]): Promise<string[]>;
  close(): void;
}

/** A long poll takes up to 20 s; a call without an answer for this long is taken for lost. */
const REQUEST_TIMEOUT_MS = 30_000;
const CONNECTION_TIMEOUT_MS = 5_000;

/** Opens a queue for receiving, over the AWS SDK with its own retries: receiving twice does no harm. */
export async function openReceiveClient({
  queueUrl,
  region,
  credentials,
}: QueueTarget): Promise<ReceiveClient> {
  const { SQSClient, ReceiveMessageCommand, DeleteMessageBatchCommand, ChangeMessageVisibilityBatchCommand } =
    await import('@aws-sdk/client-sqs');
  const client: SQSClient = new SQSClient({
    region,
    endpoint: new URL(queueUrl).origin,
    credentials: { ...credentials },
    requestHandler: {
      connectionTimeout: CONNECTION_TIMEOUT_MS,
      requestTimeout: REQUEST_TIMEOUT_MS,
      throwOnRequestTimeout: true,
    },
  });
  const refused = (error: unknown) => verdictError(classifyError(error), queueUrl);
  const failedOf = (handles: readonly string[], failed: readonly { Id?: string | undefined }[] | undefined) =>
    (failed ?? []).flatMap(({ Id }) => handles[Number(Id)] ?? []);
  return {
    async receive({ max, waitSeconds, visibilitySeconds, signal }) {
      try {
        const { Messages = [] } = await client.send(
          new ReceiveMessageCommand({
            QueueUrl: queueUrl,
            MaxNumberOfMessages: max,
            WaitTimeSeconds: waitSeconds,
            VisibilityTimeout: visibilitySeconds,
            MessageAttributeNames: ['All'],
            MessageSystemAttributeNames: ['All'],
          }),
          { abortSignal: signal },
        );
        const messages = Messages.flatMap((message) =>
          message.ReceiptHandle === undefined ? [] : { handle: message.ReceiptHandle, message },
        );
        return { messages, limited: false };
      } catch (error) {
        if (signal.aborted) return { messages: [], limited: false };
        if (error instanceof Error && error.name === 'OverLimit') return { messages: [], limited: true };
        throw refused(error);
      }
    },
    async remove(handles) {
      const entries = handles.map((ReceiptHandle, index) => ({ Id: String(index), ReceiptHandle }));
      try {
        const { Failed } = await client.send(
          new DeleteMessageBatchCommand({ QueueUrl: queueUrl, Entries: entries }),
        );
        return failedOf(handles, Failed);
      } catch (error) {
        throw refused(error);
      }
    },
    async letGo(handles) {
      const entries = handles.map((ReceiptHandle, index) => ({
        Id: String(index),
        ReceiptHandle,
        VisibilityTimeout: 0,
      }));
      try {
        const { Failed } = await client.send(
          new ChangeMessageVisibilityBatchCommand({ QueueUrl: queueUrl, Entries: entries }),
        );
        return failedOf(handles, Failed);
      } catch (error) {
        throw refused(error);
      }
    },
    close: () => client.destroy(),
  };
}
