import { hash } from 'node:crypto';
import type { Submission } from './message.ts';
import type { QueueSettings } from './queue-settings.ts';

/** How long a FIFO queue remembers a deduplication id, also after the message was deleted. */
export const DEDUPLICATION_MS = 5 * 60 * 1000;

/** What a duplicate is answered with: the identity of the message that was kept. */
export interface Duplicate {
  messageId: string;
  seq: number;
  expiresAtMs: number;
}

/** Keys in the order in which they expire. */
export type DuplicateMemory = Map<string, Duplicate>;

/** The id that a FIFO message is deduplicated by: its own, or SHA-256 of the body where the queue is content-based. */
export function deduplicationId(submission: Submission): string {
  return submission.dedupId ?? hash('sha256', submission.content.body);
}

/** The key within the queue: the id, per message group when the queue's DeduplicationScope says so. */
export function deduplicationKey(settings: QueueSettings, groupId: string | null, dedupId: string): string {
  // Neither id can hold a line break, so the two parts cannot run into each other.
  return settings.deduplicationPerGroup ? `${groupId ?? ''}\n${dedupId}` : dedupId;
}

/** The message sent with this key within the last five minutes, or null. */
export function findDuplicate(memory: DuplicateMemory, key: string, nowMs: number): Duplicate | null {
  const duplicate = memory.get(key);
  return duplicate !== undefined && duplicate.expiresAtMs > nowMs ? duplicate : null;
}

/** Remembers a key and forgets those that have expired. */
export function rememberDuplicate(
  memory: DuplicateMemory,
  key: string,
  duplicate: Duplicate,
  nowMs: number,
): void {
  for (const [oldKey, old] of memory) {
    if (old.expiresAtMs > nowMs) {
      break;
    }
    memory.delete(oldKey);
  }
  // Delete first: a Map keeps the place of a key that it already holds, and the order is that of expiry.
  memory.delete(key);
  memory.set(key, duplicate);
}
