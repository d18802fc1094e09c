import { create } from 'zustand';
import type { Plan, QueueFacts } from '../../preload/contract/run.ts';
import { count } from '../ui/format.ts';

/** What queues told when a plan asked them, by queue URL. The header shows it; nothing is asked for its sake. */
export const useQueueFacts = create<{ readonly byUrl: Readonly<Record<string, QueueFacts>> }>(() => ({
  byUrl: {},
}));

/** Keeps what a plan has read of its queue, if it could ask. */
export function rememberQueue({ queueUrl, queue }: Plan): void {
  if (queue.depth === null) return;
  useQueueFacts.setState(({ byUrl }) => ({ byUrl: { ...byUrl, [queueUrl]: queue } }));
}

const ENCRYPTION = {
  none: 'not encrypted',
  sqs: 'encrypted by SQS',
  kms: 'encrypted by KMS',
  unknown: 'encryption not known',
} as const;

/** A queue's kind, for example "FIFO, drops equal bodies". */
export function kindOfQueue({ fifo, contentBasedDeduplication }: QueueFacts): string {
  return `${fifo ? 'FIFO' : 'standard'}${contentBasedDeduplication ? ', drops equal bodies' : ''}`;
}

/** How many messages a queue holds, or that it is not known. */
export function depthOfQueue({ depth }: QueueFacts): string {
  return depth === null ? 'depth not known' : `about ${count(depth)} in it`;
}

/** A queue's encryption in words. */
export function encryptionOfQueue({ encryption }: QueueFacts): string {
  return ENCRYPTION[encryption];
}
