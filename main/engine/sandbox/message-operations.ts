import { md5OfAttributes, md5OfText } from './checksums.ts';
import type { DeliveredMessage, SendReceipt } from './delivery.ts';
import { sequenceNumber } from './delivery.ts';
import {
  type BatchEntry,
  MAX_MESSAGE_BYTES,
  type QueueRules,
  readBatch,
  readSubmission,
  submissionBytes,
} from './limits.ts';
import type { MessageAttribute, Submission } from './message.ts';
import type { Answer, Call, Operation, OperationContext } from './operation.ts';
import { nextDueAtMs, type QueueState } from './queue-state.ts';
import { type Input, integerMember, textListMember, textMember } from './request-input.ts';
import {
  type BatchFailure,
  batchFailure,
  invalidValue,
  missingParameter,
  ServiceError,
} from './service-error.ts';

const MAX_VISIBILITY_SECONDS = 43_200;
const MAX_WAIT_SECONDS = 20;
const MAX_RECEIVED = 10;

function rulesOf({ settings }: QueueState): QueueRules {
  const { fifo, contentBasedDeduplication, maximumMessageBytes } = settings;
  return { fifo, contentBasedDeduplication, maximumMessageBytes };
}

function sendAnswer(submission: Submission, receipt: SendReceipt): Answer {
  const answer: Answer = { MD5OfMessageBody: submission.md5OfBody, MessageId: receipt.messageId };
  if (submission.md5OfAttributes !== null) {
    answer.MD5OfMessageAttributes = submission.md5OfAttributes;
  }
  if (submission.md5OfSystemAttributes !== null) {
    answer.MD5OfMessageSystemAttributes = submission.md5OfSystemAttributes;
  }
  if (receipt.sequenceNumber !== null) {
    answer.SequenceNumber = receipt.sequenceNumber;
  }
  return answer;
}

/** Runs a batch: an entry that is refused fails alone, one that could not be stored fails the whole call. */
function runBatch(entries: readonly BatchEntry[], call: Call, run: (input: Input) => Answer): Answer {
  const successful: Answer[] = [];
  const failed: BatchFailure[] = [];
  for (const { id, input } of entries) {
    const injected = call.entryError();
    if (injected !== null) {
      failed.push(batchFailure(id, injected));
      continue;
    }
    try {
      successful.push({ Id: id, ...run(input) });
    } catch (error) {
      if (!(error instanceof ServiceError) || error.name === 'ServiceUnavailable') {
        throw error;
      }
      failed.push(batchFailure(id, error));
    }
  }
  return {
    ...(successful.length === 0 ? {} : { Successful: successful }),
    ...(failed.length === 0 ? {} : { Failed: failed }),
  };
}

function sendMessageBatch(input: Input, context: OperationContext, call: Call): Answer {
  const queue = context.registry.byUrl(textMember(input, 'QueueUrl'));
  const entries = readBatch(input, 'SendMessageBatchRequestEntry');
  const rules = rulesOf(queue);
  let bytes = 0;
  for (const [index, entry] of entries.entries()) {
    const name = `SendMessageBatchRequestEntry.${index + 1}`;
    if (!textMember(entry.input, 'MessageBody')) {
      throw missingParameter(`${name}.MessageBody`);
    }
    if (rules.fifo && !textMember(entry.input, 'MessageGroupId')) {
      throw missingParameter('MessageGroupId');
    }
    bytes += submissionBytes(entry.input);
  }
  if (bytes > MAX_MESSAGE_BYTES) {
    throw new ServiceError(
      'BatchRequestTooLong',
      `Batch requests cannot be longer than ${MAX_MESSAGE_BYTES} bytes. You have sent ${bytes} bytes.`,
    );
  }
  const nowMs = context.clock();
  context.fifoQuota(queue, 'SendMessage', nowMs);
  return runBatch(entries, call, (entry) => {
    const submission = readSubmission(entry, rules);
    return sendAnswer(submission, context.delivery.send(queue, submission, nowMs));
  });
}

function inRange(input: Input, name: string, min: number, max: number): number | undefined {
  const value = integerMember(input, name);
  if (value !== undefined && (value < min || value > max)) {
    throw invalidValue(name, value, `Must be between ${min} and ${max}, if provided.`);
  }
  return value;
}

/** Which message attributes a receiver asked for: names, `All` or `.*`, and prefixes as `name.*`. */
function selectAttributes(
  attributes: readonly MessageAttribute[],
  wanted: readonly string[],
): readonly MessageAttribute[] {
  if (wanted.includes('All') || wanted.includes('.*')) {
    return attributes;
  }
  return attributes.filter(({ name }) =>
    wanted.some(
      (pattern) => pattern === name || (pattern.endsWith('.*') && name.startsWith(pattern.slice(0, -2))),
    ),
  );
}

function attributeOut(attribute: MessageAttribute): readonly [string, Record<string, string>] {
  const field = attribute.binary ? 'BinaryValue' : 'StringValue';
  return [attribute.name, { DataType: attribute.dataType, [field]: attribute.value }];
}

function systemAttributes(
  delivered: DeliveredMessage,
  queue: QueueState,
  wanted: readonly string[],
): Record<string, string> {
  const { message, content } = delivered;
  const { fifo } = queue.settings;
  const values: Record<string, string | null> = {
    SenderId: 'AIDASEGUESANDBOX',
    SentTimestamp: String(message.sentAtMs),
    ApproximateReceiveCount: String(message.receiveCount),
    ApproximateFirstReceiveTimestamp: String(message.firstReceivedAtMs ?? ''),
    MessageGroupId: message.groupId,
    MessageDeduplicationId: message.dedupId,
    SequenceNumber: fifo ? sequenceNumber(message.seq) : null,
    AWSTraceHeader: content.traceHeader,
    DeadLetterQueueSourceArn: message.deadLetterSource,
  };
  const all = wanted.includes('All');
  const chosen: Record<string, string> = {};
  for (const [name, value] of Object.entries(values)) {
    if (value !== null && (all || wanted.includes(name))) {
      chosen[name] = value;
    }
  }
  return chosen;
}

function receivedAnswer(delivered: DeliveredMessage, queue: QueueState, input: Input): Answer {
  const system = [
    ...textListMember(input, 'AttributeNames'),
    ...textListMember(input, 'MessageSystemAttributeNames'),
  ];
  const answer: Answer = {
    MessageId: delivered.message.messageId,
    ReceiptHandle: delivered.receiptHandle,
    MD5OfBody: md5OfText(delivered.content.body),
    Body: delivered.content.body,
  };
  const attributes = systemAttributes(delivered, queue, system);
  if (Object.keys(attributes).length > 0) {
    answer.Attributes = attributes;
  }
  const selected = selectAttributes(
    delivered.content.attributes,
    textListMember(input, 'MessageAttributeNames'),
  );
  if (selected.length > 0) {
    answer.MD5OfMessageAttributes = md5OfAttributes(selected);
    answer.MessageAttributes = Object.fromEntries(selected.map(attributeOut));
  }
  return answer;
}

async function receiveMessage(input: Input, context: OperationContext, call: Call): Promise<Answer> {
  const { registry, delivery, waiters, clock } = context;
  const url = textMember(input, 'QueueUrl');
  const max = inRange(input, 'MaxNumberOfMessages', 1, MAX_RECEIVED) ?? 1;
  const visibility = inRange(input, 'VisibilityTimeout', 0, MAX_VISIBILITY_SECONDS);
  const waitSeconds = inRange(input, 'WaitTimeSeconds', 0, MAX_WAIT_SECONDS);
  let queue = registry.byUrl(url);
  context.fifoQuota(queue, 'ReceiveMessage', clock());
  // A wait is real time, whatever the queue's clock says: a client counts it by its own.
  const untilMs = performance.now() + (waitSeconds ?? queue.settings.receiveWaitSeconds) * 1000;
  for (;;) {
    const nowMs = clock();
    const delivered = delivery.receive(queue, max, visibility ?? queue.settings.visibilitySeconds, nowMs);
    const leftMs = untilMs - performance.now();
    if (delivered.length > 0) {
      const from = queue;
      return { Messages: delivered.map((one) => receivedAnswer(one, from, input)) };
    }
    if (leftMs <= 0 || call.signal.aborted) {
      return {};
    }
    const dueInMs = (nextDueAtMs(queue) ?? Number.POSITIVE_INFINITY) - nowMs;
    await waiters.wait(queue.name, Math.min(leftMs, Math.max(dueInMs, 1)), call.signal);
    if (call.signal.aborted) {
      return {};
    }
    queue = registry.byUrl(url);
  }
}

function handleIn(input: Input): string {
  const handle = textMember(input, 'ReceiptHandle');
  if (handle === undefined || handle === '') {
    throw missingParameter('ReceiptHandle');
  }
  return handle;
}

function changeVisibility(queue: QueueState, input: Input, context: OperationContext, nowMs: number): Answer {
  const seconds = integerMember(input, 'VisibilityTimeout');
  if (seconds === undefined) {
    throw missingParameter('VisibilityTimeout');
  }
  if (seconds < 0 || seconds > MAX_VISIBILITY_SECONDS) {
    throw invalidValue(
      'VisibilityTimeout',
      seconds,
      'VisibilityTimeout must be an integer between 0 and 43200.',
    );
  }
  context.delivery.changeVisibility(queue, handleIn(input), seconds, nowMs);
  return {};
}

/** The operations on messages. */
export const messageOperations: Readonly<Record<string, Operation>> = {
  SendMessage: (input, context) => {
    const queue = context.registry.byUrl(textMember(input, 'QueueUrl'));
    const submission = readSubmission(input, rulesOf(queue));
    const nowMs = context.clock();
    context.fifoQuota(queue, 'SendMessage', nowMs);
    return sendAnswer(submission, context.delivery.send(queue, submission, nowMs));
  },
  SendMessageBatch: sendMessageBatch,
  ReceiveMessage: receiveMessage,
  DeleteMessage: (input, context) => {
    const queue = context.registry.byUrl(textMember(input, 'QueueUrl'));
    const nowMs = context.clock();
    context.fifoQuota(queue, 'DeleteMessage', nowMs);
    context.delivery.acknowledge(queue, handleIn(input), nowMs);
    return {};
  },
  DeleteMessageBatch: (input, context, call) => {
    const queue = context.registry.byUrl(textMember(input, 'QueueUrl'));
    const entries = readBatch(input, 'DeleteMessageBatchRequestEntry');
    const nowMs = context.clock();
    context.fifoQuota(queue, 'DeleteMessage', nowMs);
    return runBatch(entries, call, (entry) => {
      context.delivery.acknowledge(queue, handleIn(entry), nowMs);
      return {};
    });
  },
  ChangeMessageVisibility: (input, context) => {
    const queue = context.registry.byUrl(textMember(input, 'QueueUrl'));
    return changeVisibility(queue, input, context, context.clock());
  },
  ChangeMessageVisibilityBatch: (input, context, call) => {
    const queue = context.registry.byUrl(textMember(input, 'QueueUrl'));
    const entries = readBatch(input, 'ChangeMessageVisibilityBatchRequestEntry');
    const nowMs = context.clock();
    return runBatch(entries, call, (entry) => changeVisibility(queue, entry, context, nowMs));
  },
};
