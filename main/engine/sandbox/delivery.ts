import { randomUUID } from 'node:crypto';
import {
  DEDUPLICATION_MS,
  deduplicationId,
  deduplicationKey,
  findDuplicate,
  rememberDuplicate,
} from './deduplication.ts';
import type { MessageContent, QueuedMessage, Submission } from './message.ts';
import type { QueueRegistry } from './queue-registry.ts';
import type { QueueState } from './queue-state.ts';
import {
  admit,
  changeDue,
  choose,
  clear,
  deliver,
  everyMessage,
  expired,
  findBySeq,
  remove,
  reveal,
} from './queue-state.ts';
import { parseReceiptHandle, type Receipt, receiptHandle } from './receipt-handle.ts';
import { invalidValue, ServiceError } from './service-error.ts';
import type { Storage } from './storage.ts';

/** More messages in flight than this are refused. Source: "Amazon SQS message quotas". */
const MAX_INFLIGHT = 120_000;
const PURGE_INTERVAL_MS = 60_000;

export interface DeliveryStats {
  /** Messages stored by a send. */
  sent: number;
  /** Sends answered with success and dropped, because a FIFO queue had the deduplication id. */
  duplicates: number;
  received: number;
  deleted: number;
  deadLettered: number;
}

export interface SendReceipt {
  messageId: string;
  /** FIFO queues only. */
  sequenceNumber: string | null;
}

export interface DeliveredMessage {
  message: QueuedMessage;
  content: MessageContent;
  receiptHandle: string;
}

export interface Delivery {
  readonly stats: Readonly<DeliveryStats>;
  /** Brings a queue to the given time: shows what is due, drops what is past its retention. */
  settle(queue: QueueState, nowMs: number): void;
  send(queue: QueueState, submission: Submission, nowMs: number): SendReceipt;
  /** Delivers up to `max` visible messages and hides them; what was received too often goes to the dead-letter queue. */
  receive(queue: QueueState, max: number, visibilitySeconds: number, nowMs: number): DeliveredMessage[];
  acknowledge(queue: QueueState, handle: string, nowMs: number): void;
  changeVisibility(queue: QueueState, handle: string, seconds: number, nowMs: number): void;
  /** Throws PurgeQueueInProgress within a minute of the last purge. */
  purge(queue: QueueState, nowMs: number): void;
  empty(queue: QueueState): void;
  discard(queue: QueueState, message: QueuedMessage): void;
  /** Moves visible messages of a dead-letter queue, as new messages, to where `target` says; null leaves one. */
  redrive(from: QueueState, target: (message: QueuedMessage) => QueueState | null, nowMs: number): number;
}

export interface DeliveryOptions {
  storage: Storage;
  registry: QueueRegistry;
  /** Called when a queue has a message to deliver that it had not before. */
  onAvailable: (queueName: string) => void;
}

/** 20 digits, ascending, as SQS has them. */
export function sequenceNumber(seq: number): string {
  return `18${String(seq).padStart(18, '0')}`;
}

/** A random UUID whose last part is the sequence, so that a message is found by its id without an index. */
function newMessageId(seq: number): string {
  return randomUUID().slice(0, 24) + seq.toString(16).padStart(12, '0');
}

/** Sending, receiving and deleting, kept alike in the working state and in storage. */
export function createDelivery({ storage, registry, onAvailable }: DeliveryOptions): Delivery {
  const stats: DeliveryStats = { sent: 0, duplicates: 0, received: 0, deleted: 0, deadLettered: 0 };

  function discard(queue: QueueState, message: QueuedMessage): void {
    storage.remove(message);
    remove(queue, message);
  }

  function settle(queue: QueueState, nowMs: number): void {
    if (reveal(queue, nowMs)) {
      onAvailable(queue.name);
    }
    for (const message of expired(queue, nowMs)) {
      discard(queue, message);
    }
  }

  function send(queue: QueueState, submission: Submission, nowMs: number): SendReceipt {
    settle(queue, nowMs);
    const { fifo } = queue.settings;
    const dedupId = fifo ? deduplicationId(submission) : null;
    const key = dedupId === null ? '' : deduplicationKey(queue.settings, submission.groupId, dedupId);
    const duplicate = fifo ? findDuplicate(queue.duplicates, key, nowMs) : null;
    if (duplicate !== null) {
      stats.duplicates++;
      return { messageId: duplicate.messageId, sequenceNumber: sequenceNumber(duplicate.seq) };
    }
    const seq = storage.nextSeq();
    const messageId = newMessageId(seq);
    const delaySeconds = submission.delaySeconds ?? queue.settings.delaySeconds;
    const message: QueuedMessage = {
      seq,
      messageId,
      groupId: submission.groupId,
      dedupId,
      sentAtMs: nowMs,
      bytes: submission.bytes,
      state: delaySeconds > 0 ? 'delayed' : 'ready',
      dueAtMs: nowMs + delaySeconds * 1000,
      receiveCount: 0,
      firstReceivedAtMs: null,
      deadLetterSource: null,
    };
    storage.insert(queue.id, message, submission.content);
    if (fifo) {
      const entry = { messageId, seq, expiresAtMs: nowMs + DEDUPLICATION_MS };
      storage.saveDuplicate(queue.id, key, entry, nowMs);
      rememberDuplicate(queue.duplicates, key, entry, nowMs);
    }
    admit(queue, message);
    stats.sent++;
    queue.arrived++;
    onAvailable(queue.name);
    return { messageId, sequenceNumber: fifo ? sequenceNumber(seq) : null };
  }

  function move(from: QueueState, message: QueuedMessage, to: QueueState, moved: QueuedMessage): void {
    storage.move(message.seq, moved, to.id);
    remove(from, message);
    admit(to, moved);
    onAvailable(to.name);
  }

  function deadLetterQueue(queue: QueueState, message: QueuedMessage): QueueState | null {
    const policy = queue.settings.redrivePolicy;
    return policy !== null && message.receiveCount >= policy.maxReceiveCount
      ? registry.byArn(policy.deadLetterTargetArn)
      : null;
  }

  function deliverOne(
    queue: QueueState,
    message: QueuedMessage,
    dueAtMs: number,
    nowMs: number,
  ): DeliveredMessage | null {
    if (message.sentAtMs <= nowMs - queue.settings.retentionSeconds * 1000) {
      discard(queue, message);
      return null;
    }
    const target = deadLetterQueue(queue, message);
    if (target !== null) {
      const seq = storage.nextSeq();
      move(queue, message, target, {
        ...message,
        seq,
        state: 'ready',
        dueAtMs: nowMs,
        deadLetterSource: registry.arn(queue),
      });
      stats.deadLettered++;
      return null;
    }
    deliver(queue, message, nowMs, dueAtMs);
    storage.updateDelivery(message);
    stats.received++;
    return { message, content: storage.content(message.seq), receiptHandle: receiptHandle(queue, message) };
  }

  function receive(
    queue: QueueState,
    max: number,
    visibilitySeconds: number,
    nowMs: number,
  ): DeliveredMessage[] {
    settle(queue, nowMs);
    if (queue.counts.inflight >= MAX_INFLIGHT) {
      throw new ServiceError(
        'OverLimit',
        `The queue has ${MAX_INFLIGHT} messages in flight. Delete messages first.`,
      );
    }
    const delivered: DeliveredMessage[] = [];
    for (;;) {
      const chosen = choose(queue, max - delivered.length);
      for (const message of chosen) {
        const one = deliverOne(queue, message, nowMs + visibilitySeconds * 1000, nowMs);
        if (one !== null) {
          delivered.push(one);
        }
      }
      if (chosen.length === 0 || delivered.length >= max) {
        return delivered;
      }
    }
  }

  function receiptMessage(queue: QueueState, receipt: Receipt): QueuedMessage | null {
    const message = findBySeq(queue, receipt.seq);
    return message?.messageId.startsWith(receipt.messageIdStart) ? message : null;
  }

  function acknowledge(queue: QueueState, handle: string, nowMs: number): void {
    settle(queue, nowMs);
    const receipt = parseReceiptHandle(queue, handle);
    const message = receiptMessage(queue, receipt);
    if (message === null) {
      return;
    }
    const latest = message.receiveCount === receipt.receiveCount;
    if (queue.settings.fifo && (!latest || message.state !== 'inflight')) {
      throw invalidValue('ReceiptHandle', handle, 'The receipt handle has expired.');
    }
    // A standard queue answers success for the handle of an earlier delivery, and the message may stay: it does here,
    // so that a consumer which relies on it is found out.
    if (latest) {
      discard(queue, message);
      stats.deleted++;
    }
  }

  function changeVisibility(queue: QueueState, handle: string, seconds: number, nowMs: number): void {
    settle(queue, nowMs);
    const receipt = parseReceiptHandle(queue, handle);
    const message = receiptMessage(queue, receipt);
    if (message === null) {
      const reason = 'Message does not exist or is not available for visibility timeout change.';
      throw invalidValue('ReceiptHandle', handle, reason);
    }
    if (message.state !== 'inflight' || message.receiveCount !== receipt.receiveCount) {
      throw new ServiceError('MessageNotInflight', 'The message is not in flight.');
    }
    changeDue(queue, message, nowMs, nowMs + seconds * 1000);
    storage.updateDelivery(message);
    if (seconds === 0) {
      onAvailable(queue.name);
    }
  }

  function empty(queue: QueueState): void {
    storage.removeMessages(queue.id, everyMessage(queue));
    clear(queue);
  }

  function purge(queue: QueueState, nowMs: number): void {
    if (nowMs - queue.purgedAtMs < PURGE_INTERVAL_MS) {
      throw new ServiceError(
        'PurgeQueueInProgress',
        `Only one PurgeQueue operation on ${queue.name} is allowed every 60 seconds.`,
      );
    }
    empty(queue);
    queue.purgedAtMs = nowMs;
  }

  function redrive(
    from: QueueState,
    target: (message: QueuedMessage) => QueueState | null,
    nowMs: number,
  ): number {
    settle(from, nowMs);
    let count = 0;
    for (const message of [...everyMessage(from)]) {
      const to = message.state === 'ready' ? target(message) : null;
      if (to === null) {
        continue;
      }
      const seq = storage.nextSeq();
      move(from, message, to, {
        ...message,
        seq,
        messageId: newMessageId(seq),
        sentAtMs: nowMs,
        dueAtMs: nowMs,
        receiveCount: 0,
        firstReceivedAtMs: null,
        deadLetterSource: null,
      });
      count++;
    }
    return count;
  }

  return { stats, settle, send, receive, acknowledge, changeVisibility, purge, empty, discard, redrive };
}
