import { hash } from 'node:crypto';
import { type Instant, MAX_CODE } from '../core/instant.ts';
import { isQueueId } from './limits.ts';

const NANOS_PER_MS = 1_000_000;

/**
 * A message's dedup id: the same for the same workflow, profile and instant however often a run is repeated, so that a
 * FIFO queue or a consumer can tell a double. 64 hex digits. The zone in which an instant is written does not count.
 */
export function dedupIdOf(subscriptionId: string, userId: string, at: Instant): string {
  const nanos = Math.floor(at.code / (MAX_CODE / NANOS_PER_MS));
  return hash('sha256', `${subscriptionId}\n${at.ms}.${nanos}\n${userId}`, 'hex');
}

/** A text as a group id: itself where SQS takes it (1 to 128 alphanumerics and ASCII punctuation), else its SHA-256. */
export function groupIdOf(text: string): string {
  return isQueueId(text) ? text : hash('sha256', text, 'hex');
}
