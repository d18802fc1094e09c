import { exhaustive } from '../core/errors.ts';
import type { Verdict } from '../queue/queue-client.ts';

/** What to do with one message after a verdict. `doubt` means: the queue may hold it without having said so. */
export type Decision =
  | { readonly action: 'retry'; readonly doubt: boolean }
  | { readonly action: 'give_up'; readonly state: 'parked' | 'failed'; readonly doubt: boolean }
  | {
      readonly action: 'stop';
      readonly kind: 'paused' | 'stopped';
      readonly reason: string;
      readonly doubt: boolean;
    };

/**
 * How often a message without a trustworthy answer is tried. With jittered back-off this is about ten seconds.
 */
export const MAX_FAILURES = 8;

/**
 * SQS.md's table as a function. Throttling is retried without end. A message that has failed {@link MAX_FAILURES} times is
 * parked, unless nothing at all was accepted since its first failure: then the queue is at fault and not the message, and
 * the run pauses instead of parking everything.
 *
 * @param failures how often the message has failed since it was read, this time included
 * @param acceptedSince whether the queue accepted any message after this one's first failure
 */
export function decide(verdict: Verdict, failures: number, acceptedSince: boolean): Decision {
  const { code, message } = verdict;
  switch (verdict.kind) {
    case 'retry_slow':
      return { action: 'retry', doubt: false };
    case 'retry_entry':
      return failures < MAX_FAILURES
        ? { action: 'retry', doubt: false }
        : { action: 'give_up', state: 'parked', doubt: false };
    case 'retry_unknown_outcome': {
      const doubt = verdict.reached;
      if (failures < MAX_FAILURES) return { action: 'retry', doubt };
      if (acceptedSince) return { action: 'give_up', state: 'parked', doubt };
      return {
        action: 'stop',
        kind: 'paused',
        reason: `The queue gives no answer (${code}): ${message}`,
        doubt,
      };
    }
    case 'park':
      return { action: 'give_up', state: 'parked', doubt: false };
    case 'flag_md5':
      return { action: 'give_up', state: 'failed', doubt: true };
    case 'stop':
      return {
        action: 'stop',
        kind: 'stopped',
        reason: `The queue is gone (${code}): ${message}`,
        doubt: false,
      };
    case 'pause_credentials':
      return {
        action: 'stop',
        kind: 'paused',
        reason: `The queue refused the credentials (${code}): ${message}`,
        doubt: false,
      };
    default:
      return exhaustive(verdict);
  }
}
