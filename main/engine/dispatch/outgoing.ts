import type { QueueEntry } from '../queue/queue-client.ts';

/** One message on its way, as the loop keeps it between reading and settling. */
export interface Outgoing {
  /** Its number in the run; the order of sending. */
  readonly n: number;
  readonly entry: QueueEntry;
  /** Body and attributes in UTF-8, as the size limit counts them. */
  readonly bytes: number;
  /** How often it was sent, over the whole run. */
  attempts: number;
  /** Failures since it was read, for back-off and the bound on attempts. */
  failures: number;
  /** When its first failure was seen (monotonic milliseconds), undefined while it has none. */
  failedSinceMs: number | undefined;
  /** True once the queue may hold it without having said so. */
  doubt: boolean;
}

/** What a read of the journal gives: a message to send, or one that the checks refuse. */
export type SourceItem =
  | { readonly kind: 'send'; readonly message: Outgoing }
  | {
      readonly kind: 'refuse';
      readonly n: number;
      readonly attempts: number;
      /** It was sent before, without an answer. */
      readonly doubt: boolean;
      readonly code: string;
      readonly message: string;
      readonly groupId: string | undefined;
    };

/** How many entries from the start of `messages` go into one call: at most `entries`, at most `maximumBytes`, at least one. */
export function fillBatch(messages: readonly Outgoing[], entries: number, maximumBytes: number): number {
  let bytes = 0;
  let count = 0;
  for (const message of messages) {
    if (count === entries || (count > 0 && bytes + message.bytes > maximumBytes)) break;
    bytes += message.bytes;
    count += 1;
  }
  return count;
}

/** Two halves of a batch that was refused as a whole, so that the entry at fault is found in a few steps. */
export function splitBatch(messages: readonly Outgoing[]): [Outgoing[], Outgoing[]] {
  const half = Math.ceil(messages.length / 2);
  return [messages.slice(0, half), messages.slice(half)];
}
