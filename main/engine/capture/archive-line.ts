import type { Message } from '@aws-sdk/client-sqs';
import { type CapturedMessage, capturedMessage } from '../../../preload/contract/capture.ts';

/** Writes a received message as a line of an archive; the body as it came, as one JSON string. */
export function archiveLine({ MessageId, Body, Attributes, MessageAttributes }: Message): string {
  const receiveCount = Number(Attributes?.ApproximateReceiveCount);
  const sentMs = Number(Attributes?.SentTimestamp);
  const line: CapturedMessage = {
    version: 1,
    kind: 'segue-capture',
    messageId: MessageId ?? '',
    receiveCount: Number.isSafeInteger(receiveCount) ? receiveCount : null,
    sentAt: Number.isSafeInteger(sentMs) ? new Date(sentMs).toISOString() : null,
    groupId: Attributes?.MessageGroupId ?? null,
    dedupId: Attributes?.MessageDeduplicationId ?? null,
    attributes: Object.entries(MessageAttributes ?? {}).map(([name, value]) => ({
      name,
      type: value.DataType ?? 'String',
      value: value.StringValue ?? Buffer.from(value.BinaryValue ?? []).toString('base64'),
    })),
    body: Body ?? '',
  };
  return `${JSON.stringify(line)}\n`;
}

/** How a line of an archive begins: keys in the order in which {@link archiveLine} writes them. */
const BEGINNING = '{"version":1,"kind":"segue-capture",';

/** The body in a line of a captured archive; undefined for any other text, such as a message that stands there itself. */
export function capturedBody(text: string): string | undefined {
  if (!text.trimStart().startsWith(BEGINNING)) return undefined;
  try {
    const parsed = capturedMessage.safeParse(JSON.parse(text));
    return parsed.success ? parsed.data.body : undefined;
  } catch {
    return undefined;
  }
}
