import type { EventKind } from '../../../preload/contract/values.ts';
import { sha256 } from '../core/crypto.ts';
import { type Instant, MAX_CODE } from '../core/instant.ts';
import { isQueueId } from './limits.ts';

const NANOS_PER_MS = 1_000_000;

/** Which message a dedup id is for. */
export interface DedupKey {
  readonly subscriptionId: string;
  readonly userId: string;
  readonly at: Instant;
  /** What the message tells, in any order; none for a message that was written by hand. */
  readonly changes: readonly { readonly audienceHexId: string; readonly event: EventKind }[];
}

/**
 * A message's dedup id: the same for the same workflow, profile, instant and changes however often a run is repeated, so
 * that a FIFO queue or a consumer can tell a double. 64 hex digits. The zone in which an instant is written does not count.
 *
 * The changes count because a profile's changes at one instant can be sent apart: one audience first and another later, or
 * what was left out once. A FIFO queue would accept the second part within five minutes and drop it.
 */
export function dedupIdOf({ subscriptionId, userId, at, changes }: DedupKey): string {
  const nanos = Math.floor(at.code / (MAX_CODE / NANOS_PER_MS));
  const told = changes.map(({ audienceHexId, event }) => `${audienceHexId} ${event}`).sort();
  return sha256([subscriptionId, `${at.ms}.${nanos}`, userId, ...told].join('\n'));
}

/** A text as a group id: itself where SQS takes it (1 to 128 alphanumerics and ASCII punctuation), else its SHA-256. */
export function groupIdOf(text: string): string {
  return isQueueId(text) ? text : sha256(text);
}
