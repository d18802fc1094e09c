import type { MessageAttribute } from '../../../preload/contract/message.ts';
import type { QueueFacts } from '../../../preload/contract/run.ts';

/** One message as it is handed to a queue. */
export interface QueueEntry {
  readonly body: string;
  readonly attributes: readonly MessageAttribute[];
  /** FIFO: the group whose order is kept. Standard: the tenant of a fair queue. */
  readonly groupId?: string;
  /** FIFO only. */
  readonly dedupId?: string;
}

/**
 * What a refusal means for the sender, by the table of SQS.md.
 *
 * - `retry_slow`: throttled, nothing was stored; slow down and go on
 * - `retry_unknown_outcome`: no answer that can be trusted; `reached` is false when no connection was made, so that the
 *   message cannot have been stored
 * - `retry_entry`: this entry failed for a reason of the service's, nothing was stored
 * - `park`: the message, or the call as it was put together, is refused for good
 * - `stop`: there is nothing to send to
 * - `pause_credentials`: the keys are refused; other keys can go on
 * - `flag_md5`: stored, but the service read something else than was sent; must not be sent again blindly
 */
export type Verdict =
  | { readonly kind: 'retry_slow'; readonly code: string; readonly message: string }
  | {
      readonly kind: 'retry_unknown_outcome';
      readonly code: string;
      readonly message: string;
      readonly reached: boolean;
    }
  | { readonly kind: 'retry_entry'; readonly code: string; readonly message: string }
  | { readonly kind: 'park'; readonly code: string; readonly message: string }
  | { readonly kind: 'stop'; readonly code: string; readonly message: string }
  | { readonly kind: 'pause_credentials'; readonly code: string; readonly message: string }
  | {
      readonly kind: 'flag_md5';
      readonly code: string;
      readonly message: string;
      readonly messageId: string;
    };

export interface Accepted {
  readonly kind: 'sent';
  readonly messageId: string;
  readonly md5: string;
  /** FIFO queues only. */
  readonly sequenceNumber: string | null;
}

/** The outcome of each entry in the order of the entries, or one verdict on the whole call. */
export type BatchOutcome =
  | { readonly kind: 'answered'; readonly outcomes: readonly (Accepted | Verdict)[] }
  | { readonly kind: 'refused'; readonly verdict: Verdict };

/** A queue behind the SDK, or behind a test. */
export interface QueueClient {
  /** Sends 1 to 10 entries once, without a retry of its own. Never rejects: every failure is an outcome. */
  sendBatch(entries: readonly QueueEntry[]): Promise<BatchOutcome>;
  /** @throws QUEUE_NOT_FOUND, CREDENTIALS_REFUSED, QUEUE_UNREACHABLE, QUEUE_ERROR */
  facts(): Promise<QueueFacts>;
  close(): void;
}
