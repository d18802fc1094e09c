import { SegueError } from '../core/errors.ts';
import type { Delivery } from './delivery.ts';
import type { DeliveryState, MessageAttribute, QueuedMessage } from './message.ts';
import type { QueueRegistry } from './queue-registry.ts';
import { everyMessage, findBySeq, page, type QueueState } from './queue-state.ts';
import { ServiceError } from './service-error.ts';
import type { Storage } from './storage.ts';

const MAX_PAGE = 500;

export interface QueueSummary {
  name: string;
  url: string;
  arn: string;
  fifo: boolean;
  visible: number;
  delayed: number;
  inFlight: number;
  /** Messages sent to it since the sandbox started. */
  arrived: number;
  createdAt: number;
  /** Name of its dead-letter queue, or null. */
  deadLetterQueue: string | null;
  attributes: Readonly<Record<string, string>>;
}

export interface MessageRow {
  /** Position, for `afterSeq`. */
  seq: number;
  messageId: string;
  state: Exclude<DeliveryState, 'gone'>;
  /** Epoch milliseconds, as are all times here. */
  sentAt: number;
  /** When a delayed or in-flight message becomes visible, else null. */
  visibleAt: number | null;
  receiveCount: number;
  /** Body and attributes. */
  bytes: number;
  groupId: string | null;
  dedupId: string | null;
  /** ARN of the queue that it came from to this dead-letter queue. */
  deadLetterSource: string | null;
  body: string;
}

export interface MessagePage {
  rows: MessageRow[];
  /** Pass as `afterSeq` for the next page; null at the end. */
  nextAfterSeq: number | null;
}

/** One message with its attributes. */
export interface MessageDetail extends MessageRow {
  attributes: readonly MessageAttribute[];
}

export interface QueueViewOptions {
  registry: QueueRegistry;
  delivery: Delivery;
  storage: Storage;
  clock: () => number;
  queueUrl: (name: string) => string;
}

/** A client's error, seen from inside: the owner of the sandbox gets a SegueError. */
function asSegueError(error: unknown): unknown {
  if (!(error instanceof ServiceError)) {
    return error;
  }
  const code =
    error.name === 'ServiceUnavailable' || error.name === 'OverLimit' ? 'DISK_FULL' : 'INVALID_INPUT';
  return new SegueError(code, `Sandbox queue: ${error.message}`, { name: error.name });
}

/** The sandbox seen by its owner, without HTTP: listing, reading, deleting and redriving messages. */
export function createQueueView({ registry, delivery, storage, clock, queueUrl }: QueueViewOptions) {
  function queueNamed(name: string): QueueState {
    const queue = registry.find(name);
    if (queue === null) {
      throw new SegueError('QUEUE_NOT_FOUND', `The sandbox has no queue named ${name}.`, { queue: name });
    }
    delivery.settle(queue, clock());
    return queue;
  }

  function messageOf(queue: QueueState, messageId: string): QueuedMessage {
    const bySeq = findBySeq(queue, Number.parseInt(messageId.slice(24), 16));
    if (bySeq?.messageId === messageId) {
      return bySeq;
    }
    // A message that came from another queue has kept its id and has a new position.
    for (const message of everyMessage(queue)) {
      if (message.messageId === messageId) {
        return message;
      }
    }
    throw new SegueError('NOT_FOUND', `The sandbox queue ${queue.name} has no message ${messageId}.`, {
      queue: queue.name,
      messageId,
    });
  }

  function toRow(message: QueuedMessage, body: string): MessageRow {
    const state = message.state === 'gone' ? 'ready' : message.state;
    return {
      seq: message.seq,
      messageId: message.messageId,
      state,
      sentAt: message.sentAtMs,
      visibleAt: state === 'ready' ? null : message.dueAtMs,
      receiveCount: message.receiveCount,
      bytes: message.bytes,
      groupId: message.groupId,
      dedupId: message.dedupId,
      deadLetterSource: message.deadLetterSource,
      body,
    };
  }

  async function stored<T>(work: () => T): Promise<T> {
    try {
      const result = work();
      await storage.commit();
      return result;
    } catch (error) {
      throw asSegueError(error);
    }
  }

  return {
    createQueue: (name: string, attributes: Readonly<Record<string, string>> = {}): Promise<string> =>
      stored(() => queueUrl(registry.create(name, attributes, clock()).name)),

    queues: (): QueueSummary[] =>
      registry.all().map((queue) => {
        delivery.settle(queue, clock());
        const target = queue.settings.redrivePolicy?.deadLetterTargetArn;
        return {
          name: queue.name,
          url: queueUrl(queue.name),
          arn: registry.arn(queue),
          fifo: queue.settings.fifo,
          visible: queue.counts.ready,
          delayed: queue.counts.delayed,
          inFlight: queue.counts.inflight,
          arrived: queue.arrived,
          createdAt: queue.createdAtMs,
          deadLetterQueue: target === undefined ? null : (registry.byArn(target)?.name ?? null),
          attributes: queue.settings.attributes,
        };
      }),

    messages: (queueName: string, { limit = MAX_PAGE, afterSeq = 0 } = {}): MessagePage => {
      const size = Math.max(1, Math.min(MAX_PAGE, Math.floor(limit)));
      const messages = page(queueNamed(queueName), afterSeq, size + 1);
      const rows = messages
        .slice(0, size)
        .map((message) => toRow(message, storage.content(message.seq).body));
      return { rows, nextAfterSeq: messages.length > size ? (rows.at(-1)?.seq ?? null) : null };
    },

    message: (queueName: string, messageId: string): MessageDetail => {
      const message = messageOf(queueNamed(queueName), messageId);
      const content = storage.content(message.seq);
      return { ...toRow(message, content.body), attributes: content.attributes };
    },

    deleteMessage: (queueName: string, messageId: string): Promise<void> =>
      stored(() => {
        const queue = queueNamed(queueName);
        delivery.discard(queue, messageOf(queue, messageId));
      }),

    purge: (queueName: string): Promise<number> =>
      stored(() => {
        const queue = queueNamed(queueName);
        const { ready, delayed, inflight } = queue.counts;
        delivery.empty(queue);
        return ready + delayed + inflight;
      }),

    redrive: (from: string, to?: string): Promise<number> =>
      stored(() => {
        const target = to === undefined ? null : queueNamed(to);
        const source = queueNamed(from);
        if (target !== null && target.settings.fifo !== source.settings.fifo) {
          throw new SegueError(
            'INVALID_INPUT',
            `A FIFO and a standard queue cannot exchange messages: ${from}, ${to}.`,
          );
        }
        return delivery.redrive(
          source,
          (message) => target ?? registry.byArn(message.deadLetterSource ?? ''),
          clock(),
        );
      }),
  };
}
