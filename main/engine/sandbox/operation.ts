import type { Delivery } from './delivery.ts';
import type { QueueRegistry } from './queue-registry.ts';
import type { QueueState } from './queue-state.ts';
import type { Input } from './request-input.ts';
import type { ServiceError } from './service-error.ts';
import type { Waiters } from './waiters.ts';

/** What every operation works with. */
export interface OperationContext {
  registry: QueueRegistry;
  delivery: Delivery;
  waiters: Waiters;
  clock: () => number;
  fifoQuota: (queue: QueueState, operation: string, nowMs: number) => void;
  queueUrl: (name: string) => string;
}

/** What one call of an operation may use beside its input. */
export interface Call {
  /** Fires when the client is gone or the sandbox closes. */
  signal: AbortSignal;
  /** Fault injection: asked for each entry of a batch. */
  entryError: () => ServiceError | null;
}

export type Answer = Record<string, unknown>;
export type Operation = (input: Input, context: OperationContext, call: Call) => Answer | Promise<Answer>;
