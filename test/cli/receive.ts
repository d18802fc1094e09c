import {
  DeleteMessageBatchCommand,
  type Message,
  ReceiveMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';

/** Empties a queue as a consumer would. */
export async function receiveAll(
  queueUrl: string,
  credentials: { accessKeyId: string; secretAccessKey: string },
): Promise<Message[]> {
  const client = new SQSClient({ endpoint: new URL(queueUrl).origin, region: 'us-east-1', credentials });
  const all: Message[] = [];
  try {
    for (;;) {
      const { Messages = [] } = await client.send(
        new ReceiveMessageCommand({
          QueueUrl: queueUrl,
          MaxNumberOfMessages: 10,
          MessageAttributeNames: ['All'],
        }),
      );
      if (Messages.length === 0) return all;
      all.push(...Messages);
      await client.send(
        new DeleteMessageBatchCommand({
          QueueUrl: queueUrl,
          Entries: Messages.map(({ ReceiptHandle }, index) => ({ Id: String(index), ReceiptHandle })),
        }),
      );
    }
  } finally {
    client.destroy();
  }
}
