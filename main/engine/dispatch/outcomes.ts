import type { BatchOutcome, Verdict } from '../queue/queue-client.ts';
import { backoffMs } from './backoff.ts';
import type { ConcurrencyControl } from './concurrency.ts';
import type { Lanes } from './lanes.ts';
import type { Ledger } from './ledger.ts';
import { type Outgoing, type SourceItem, splitBatch } from './outgoing.ts';
import { decide } from './policy.ts';
import type { DispatchEnd, DispatchOptions, DispatchPorts, Lease, Settlement } from './ports.ts';
import type { Retries } from './retries.ts';

/** Takes what was read and what came back to where it belongs: settled, waiting for a retry, ready, or the end of the session. */
export interface Outcomes {
  /** A message or a refusal that was read. */
  take(item: SourceItem): void;
  /** A call has come back. */
  receive(lease: Lease, outcome: BatchOutcome, startedAtMs: number): void;
}

/** What a session's outcomes change. */
export interface Session {
  readonly ledger: Ledger;
  readonly lanes: Lanes;
  readonly retries: Retries;
  readonly control: ConcurrencyControl;
  readonly stop: (kind: DispatchEnd['kind'], reason: string) => void;
}

/** The outcomes of one session: {@link decide} says what a verdict means, this carries it out. */
export function createOutcomes(
  { ledger, lanes, retries, control, stop }: Session,
  { clock, random }: Pick<DispatchPorts, 'clock' | 'random'>,
  { ordered, stopAfter }: Pick<DispatchOptions, 'ordered' | 'stopAfter'>,
): Outcomes {
  let failures = 0;
  let acceptedAtMs = Number.NEGATIVE_INFINITY;

  const settle = (message: Outgoing, state: Settlement['state'], verdict?: Verdict, messageId?: string) =>
    ledger.settle({
      n: message.n,
      state,
      attempts: message.attempts,
      doubt: message.doubt,
      messageId: messageId === undefined || messageId === '' ? null : messageId,
      code: verdict?.code ?? null,
      message: verdict?.message ?? null,
      groupId: state === 'parked' && ordered ? (message.entry.groupId ?? null) : null,
    });

  const countFailure = () => {
    failures += 1;
    if (stopAfter !== null && failures >= stopAfter) {
      stop('paused', `Stopped after ${failures} failed messages, as asked.`);
    }
  };

  const holdGroup = (groupId: string | undefined) => {
    if (!ordered || groupId === undefined) return;
    for (const behind of lanes.hold(groupId)) settle(behind, 'parked', HELD);
  };

  const refuse = ({ groupId, ...refused }: Extract<SourceItem, { kind: 'refuse' }>) => {
    const { n, attempts, doubt, code, message } = refused;
    ledger.settle({
      ...{ n, state: 'parked', attempts, doubt, messageId: null, code, message },
      groupId: ordered ? (groupId ?? null) : null,
    });
    holdGroup(groupId);
    countFailure();
  };

  const giveUp = (message: Outgoing, state: 'parked' | 'failed', verdict: Verdict) => {
    settle(message, state, verdict, verdict.kind === 'flag_md5' ? verdict.messageId : undefined);
    if (verdict.kind === 'flag_md5') lanes.release(message);
    else holdGroup(message.entry.groupId);
    countFailure();
  };

  const tryAgain = (messages: Outgoing[], verdict: Verdict, whole = false) => {
    if (messages.length === 0) return;
    // A message that waits for its retry is pending in the journal: its lease ends with the call that failed.
    for (const message of messages) settle(message, 'pending', verdict);
    ledger.countRetries(messages.length);
    const failuresInARow = Math.max(...messages.map((message) => message.failures));
    retries.add(messages, clock() + backoffMs(failuresInARow, random()), whole);
  };

  /** What failed of a call, each with its verdict; what is to be tried again goes together, after the last verdict. */
  const fail = (failed: readonly (readonly [message: Outgoing, verdict: Verdict])[], startedAtMs: number) => {
    const last = failed.at(-1)?.[1];
    if (last === undefined) return;
    const again: Outgoing[] = [];
    for (const [message, verdict] of failed) {
      message.failures += 1;
      message.failedSinceMs ??= clock();
      const decision = decide(verdict, message.failures, acceptedAtMs > message.failedSinceMs);
      message.doubt ||= decision.doubt;
      if (decision.action === 'retry') {
        again.push(message);
      } else if (decision.action === 'give_up') {
        giveUp(message, decision.state, verdict);
      } else {
        settle(message, 'pending', verdict);
        stop(decision.kind, decision.reason);
      }
    }
    if (failed.some(([, { kind }]) => kind === 'retry_slow')) control.throttled(startedAtMs, clock());
    tryAgain(again, last);
  };

  return {
    take(item) {
      if (item.kind === 'refuse') {
        ledger.read(item.n);
        refuse(item);
        return;
      }
      const { message } = item;
      ledger.read(message.n);
      if (ordered && lanes.isHeld(message.entry.groupId)) settle(message, 'parked', HELD);
      else lanes.add(message);
    },
    receive({ id, messages }, outcome, startedAtMs) {
      ledger.endLease(id);
      if (outcome.kind === 'refused') {
        const { verdict } = outcome;
        if (verdict.kind === 'park' && messages.length > 1) {
          for (const half of splitBatch(messages)) tryAgain(half, verdict, true);
        } else {
          fail(
            messages.map((message) => [message, verdict]),
            startedAtMs,
          );
        }
        return;
      }
      const nowMs = clock();
      control.succeeded(startedAtMs, nowMs);
      const failed: [Outgoing, Verdict][] = [];
      for (const [index, message] of messages.entries()) {
        const result = outcome.outcomes[index];
        if (result === undefined) continue;
        if (result.kind === 'sent') {
          acceptedAtMs = nowMs;
          settle(message, 'sent', undefined, result.messageId);
          lanes.release(message);
        } else {
          failed.push([message, result]);
        }
      }
      fail(failed, startedAtMs);
    },
  };
}

const HELD: Verdict = {
  kind: 'park',
  code: 'HeldByGroup',
  message: 'An earlier message of the same group was not sent; a retry sends both in order.',
};
