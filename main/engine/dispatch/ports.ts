import type { QueueClient } from '../queue/queue-client.ts';
import type { Outgoing, SourceItem } from './outgoing.ts';

/** What became of one message, as the journal keeps it. `pending` means: will be sent again. */
export interface Settlement {
  readonly n: number;
  readonly state: 'sent' | 'parked' | 'failed' | 'pending';
  readonly attempts: number;
  readonly doubt: boolean;
  readonly messageId: string | null;
  readonly code: string | null;
  readonly message: string | null;
  /** FIFO: the group that a parked message holds. */
  readonly groupId: string | null;
}

/** A batch about to be sent; its id is the dispatcher's own count. */
export interface Lease {
  readonly id: number;
  readonly messages: readonly Outgoing[];
}

/** One durable step of the journal: what is settled, which leases that ends, and what is about to leave. */
export interface JournalStep {
  readonly settled: readonly Settlement[];
  readonly ended: readonly number[];
  readonly leased: readonly Lease[];
  readonly cursor: number;
  readonly retries: number;
}

export interface DispatchPorts {
  readonly client: Pick<QueueClient, 'sendBatch'>;
  /** Up to `limit` further items in ascending order of `n`; an empty answer is the end. */
  readonly read: (limit: number) => SourceItem[];
  /** Writes a step wholly or throws. */
  readonly commit: (step: JournalStep) => void;
  /** Resolves when what was committed is on the disk. Nothing is sent before its lease is. */
  readonly flush: () => Promise<void>;
  /** Monotonic milliseconds. */
  readonly clock: () => number;
  /** Numbers in [0, 1) for jitter. */
  readonly random: () => number;
}

export interface DispatchOptions {
  readonly concurrency: number;
  readonly rate: number | null;
  /** Parked or failed messages after which the run pauses. */
  readonly stopAfter: number | null;
  /** FIFO: the order of each group is kept. */
  readonly ordered: boolean;
  /** Groups that a parked message of an earlier session holds. */
  readonly heldGroups: readonly string[];
  /** Body and attributes of one call in bytes. */
  readonly maximumBatchBytes: number;
  readonly cursor: number;
  /** More may come after an empty read: waits for {@link Dispatcher.more} instead of ending. */
  readonly open?: boolean;
}

/** How a session of sending ended. `unsettled` means that outcomes could not be journalled: their leases stand. */
export interface DispatchEnd {
  readonly kind: 'completed' | 'paused' | 'cancelled' | 'stopped';
  readonly reason: string | null;
  readonly unsettled: boolean;
}

export interface Dispatcher {
  /** Sends nothing further, waits for what is in flight. */
  stop(kind: 'paused' | 'cancelled', reason: string | null): void;
  setRate(rate: number | null): void;
  /** There is more to read. */
  more(): void;
  /** Nothing more will come: ends when everything is sent. */
  drain(): void;
  readonly ended: Promise<DispatchEnd>;
}
