import type { Duplicate } from './deduplication.ts';
import type { MessageContent, QueuedMessage } from './message.ts';
import { ServiceError } from './service-error.ts';

export interface StoredQueue {
  id: number;
  name: string;
  attributes: Readonly<Record<string, string>>;
  createdAtMs: number;
  modifiedAtMs: number;
}

/**
 * Where queues and messages live beyond the working state. Writes take effect at once for this process; a reply to a
 * client waits for `commit`. Any write can throw a ServiceError: OverLimit or ServiceUnavailable when there is no room.
 */
export interface Storage {
  queues(): StoredQueue[];
  /** Ascending by seq. */
  messages(queueId: number): Iterable<QueuedMessage>;
  /** In the order in which they expire. */
  duplicates(queueId: number): Iterable<readonly [key: string, duplicate: Duplicate]>;
  /** A number above all that were given before, also before a restart. */
  nextSeq(): number;
  /** The port that was saved, or 0. */
  port(): number;
  savePort(port: number): void;
  saveQueue(queue: StoredQueue): void;
  /** Also forgets its duplicates. The queue must be empty. */
  removeQueue(queueId: number): void;
  insert(queueId: number, message: QueuedMessage, content: MessageContent): void;
  /** Saves visibility and receive count. */
  updateDelivery(message: QueuedMessage): void;
  /** Saves that the message formerly at `fromSeq` now is in the queue `queueId` at its present seq. */
  move(fromSeq: number, message: QueuedMessage, queueId: number): void;
  remove(message: QueuedMessage): void;
  /** Removes all messages of a queue; `messages` are the same, for storage that has no index of queues. */
  removeMessages(queueId: number, messages: Iterable<QueuedMessage>): void;
  saveDuplicate(queueId: number, key: string, duplicate: Duplicate, nowMs: number): void;
  content(seq: number): MessageContent;
  /** Resolves when everything written so far is stored; rejects with a ServiceError when that failed. */
  commit(): Promise<void>;
  close(): void;
}

interface HeldContent extends Omit<MessageContent, 'body'> {
  body: Buffer;
}

const COMMITTED = Promise.resolve();

/**
 * Storage that ends with the process.
 * @param maxBytes the most that messages may take together; beyond it a send is answered OverLimit
 */
export function memoryStorage(maxBytes: number): Storage {
  // Bodies as bytes outside the heap: as strings, the collector would copy every one of them twice.
  const contents = new Map<number, HeldContent>();
  let bytes = 0;
  let lastSeq = 0;

  function heldAt(seq: number): HeldContent {
    const content = contents.get(seq);
    if (content === undefined) {
      throw new ServiceError('InternalError', 'The message has no content.');
    }
    return content;
  }

  function remove(message: QueuedMessage): void {
    if (contents.delete(message.seq)) {
      bytes -= message.bytes;
    }
  }

  return {
    queues: () => [],
    messages: () => [],
    duplicates: () => [],
    nextSeq: () => ++lastSeq,
    port: () => 0,
    savePort: () => {},
    saveQueue: () => {},
    removeQueue: () => {},
    insert: (_queueId, message, content) => {
      if (bytes + message.bytes > maxBytes) {
        throw new ServiceError(
          'OverLimit',
          `The sandbox holds its limit of ${maxBytes} bytes in memory. Purge a queue, or start it with a file.`,
        );
      }
      bytes += message.bytes;
      contents.set(message.seq, { ...content, body: Buffer.from(content.body) });
    },
    updateDelivery: () => {},
    move: (fromSeq, message) => {
      contents.set(message.seq, heldAt(fromSeq));
      contents.delete(fromSeq);
    },
    remove,
    removeMessages: (_queueId, messages) => {
      for (const message of messages) {
        remove(message);
      }
    },
    saveDuplicate: () => {},
    content: (seq) => {
      const held = heldAt(seq);
      return { ...held, body: held.body.toString() };
    },
    commit: () => COMMITTED,
    close: () => contents.clear(),
  };
}
