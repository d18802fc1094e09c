import type { BatchOutcome, Verdict } from '../queue/queue-client.ts';
import { backoffMs } from './backoff.ts';
import { createConcurrencyControl } from './concurrency.ts';
import { createLanes } from './lanes.ts';
import { fillBatch, type Outgoing, type SourceItem, splitBatch } from './outgoing.ts';
import { decide } from './policy.ts';
import type { DispatchEnd, Dispatcher, DispatchOptions, DispatchPorts, Lease, Settlement } from './ports.ts';
import { createProgressMark } from './progress-mark.ts';
import { createRetries } from './retries.ts';
import { BATCH_ENTRIES, createTokenBucket } from './token-bucket.ts';

/** FIFO: how many messages may wait behind others of their group before reading stops. */
const MAX_WAITING = 5_000;
/** Messages per read; fewer would pay a query for a handful. */
const MIN_READ = 100;

/**
 * Sends everything that `read` gives. Every batch is durable in the journal before it leaves and settled after, several
 * batches per commit: outcomes that came in together are settled in the same commit that leases the next batches.
 */
export function startDispatch(ports: DispatchPorts, options: DispatchOptions): Dispatcher {
  const { client, clock } = ports;
  const bucket = createTokenBucket(options.rate, clock);
  const control = createConcurrencyControl(options.concurrency);
  const lanes = createLanes(options.ordered, options.heldGroups);
  const retries = createRetries();
  const mark = createProgressMark(options.cursor);
  const { promise: ended, resolve } = Promise.withResolvers<DispatchEnd>();

  let stopping: Omit<DispatchEnd, 'unsettled'> | undefined;
  let journalBroken = false;
  let exhausted = false;
  let open = options.open ?? false;
  let finished = false;
  let scheduled = false;
  let awaitsTokens = false;
  let busy = false;
  let missed = false;
  let timer: NodeJS.Timeout | undefined;
  let inFlight = 0;
  let leaseCount = 0;
  let failures = 0;
  let retryCount = 0;
  let acceptedAtMs = Number.NEGATIVE_INFINITY;
  let settled: Settlement[] = [];
  let endedLeases: number[] = [];

  const stop = (kind: DispatchEnd['kind'], reason: string | null) => {
    stopping ??= { kind, reason };
    schedule();
  };

  const settle = (message: Outgoing, state: Settlement['state'], verdict?: Verdict, messageId?: string) => {
    settled.push({
      n: message.n,
      state,
      attempts: message.attempts,
      doubt: message.doubt,
      messageId: messageId === undefined || messageId === '' ? null : messageId,
      code: verdict?.code ?? null,
      message: verdict?.message ?? null,
      groupId: state === 'parked' && options.ordered ? (message.entry.groupId ?? null) : null,
    });
    if (state !== 'pending') mark.settled(message.n);
  };

  const countFailure = () => {
    failures += 1;
    if (options.stopAfter !== null && failures >= options.stopAfter) {
      stop('paused', `Stopped after ${failures} failed messages, as asked.`);
    }
  };

  const holdGroup = (groupId: string | undefined) => {
    if (groupId === undefined) return;
    for (const behind of lanes.hold(groupId)) settle(behind, 'parked', HELD);
  };

  const giveUp = (message: Outgoing, state: 'parked' | 'failed', verdict: Verdict) => {
    settle(message, state, verdict, verdict.kind === 'flag_md5' ? verdict.messageId : undefined);
    if (verdict.kind === 'flag_md5') lanes.release(message);
    else if (options.ordered) holdGroup(message.entry.groupId);
    countFailure();
  };

  const tryAgain = (messages: Outgoing[], verdict: Verdict, whole = false) => {
    if (messages.length === 0) return;
    // A message that waits for its retry is pending in the journal: its lease ends with the call that failed.
    for (const message of messages) settle(message, 'pending', verdict);
    retryCount += messages.length;
    const failuresInARow = Math.max(...messages.map((message) => message.failures));
    retries.add(messages, clock() + backoffMs(failuresInARow, ports.random()), whole);
  };

  const settleFailed = (message: Outgoing, verdict: Verdict, again: Outgoing[]) => {
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
  };

  const receive = (lease: Lease, outcome: BatchOutcome, startedAtMs: number) => {
    inFlight -= 1;
    endedLeases.push(lease.id);
    const nowMs = clock();
    const again: Outgoing[] = [];
    if (outcome.kind === 'refused') {
      const { verdict } = outcome;
      if (verdict.kind === 'retry_slow') control.throttled(startedAtMs, nowMs);
      if (verdict.kind === 'park' && lease.messages.length > 1) {
        const [first, second] = splitBatch(lease.messages);
        tryAgain(first, verdict, true);
        tryAgain(second, verdict, true);
      } else {
        for (const message of lease.messages) settleFailed(message, verdict, again);
        tryAgain(again, verdict);
      }
    } else {
      control.succeeded(startedAtMs, nowMs);
      let last: Verdict | undefined;
      for (const [index, message] of lease.messages.entries()) {
        const result = outcome.outcomes[index];
        if (result === undefined) continue;
        if (result.kind === 'sent') {
          acceptedAtMs = nowMs;
          settle(message, 'sent', undefined, result.messageId);
          lanes.release(message);
        } else {
          last = result;
          settleFailed(message, result, again);
        }
      }
      if (last !== undefined) {
        if (last.kind === 'retry_slow') control.throttled(startedAtMs, nowMs);
        tryAgain(again, last);
      }
    }
    schedule();
  };

  /** Reads once: building many messages at a stretch would hold up the replies. */
  const refill = (wanted: number) => {
    if (exhausted || lanes.ready().length >= wanted || lanes.size() >= MAX_WAITING) return;
    const items = ports.read(Math.max(wanted - lanes.ready().length, MIN_READ));
    exhausted = items.length === 0;
    for (const item of items) {
      if (item.kind === 'send') {
        mark.read(item.message.n);
        if (options.ordered && lanes.isHeld(item.message.entry.groupId)) settle(item.message, 'parked', HELD);
        else lanes.add(item.message);
      } else {
        mark.read(item.n);
        refuse(item);
      }
    }
  };

  const refuse = ({
    n,
    attempts,
    doubt,
    code,
    message,
    groupId,
  }: Extract<SourceItem, { kind: 'refuse' }>) => {
    mark.settled(n);
    settled.push({
      n,
      state: 'parked',
      attempts,
      doubt,
      messageId: null,
      code,
      message,
      groupId: options.ordered ? (groupId ?? null) : null,
    });
    if (options.ordered) holdGroup(groupId);
    countFailure();
  };

  const nextBatch = (): Outgoing[] => {
    const dueMs = retries.nextDueMs();
    const retryDue = dueMs !== undefined && dueMs <= clock();
    if (!retryDue && lanes.ready().length === 0) return [];
    const tokens = bucket.take(BATCH_ENTRIES);
    if (tokens === 0) {
      awaitsTokens = true;
      return [];
    }
    const messages = retryDue
      ? retries.take(clock(), tokens, options.maximumBatchBytes)
      : lanes.take(fillBatch(lanes.ready(), tokens, options.maximumBatchBytes));
    bucket.refund(tokens - messages.length);
    return messages;
  };

  const assemble = (): Lease[] => {
    const leased: Lease[] = [];
    awaitsTokens = false;
    if (stopping === undefined && inFlight < control.limit()) refill(control.limit() * BATCH_ENTRIES);
    while (stopping === undefined && inFlight + leased.length < control.limit()) {
      const messages = nextBatch();
      if (messages.length === 0) break;
      for (const message of messages) message.attempts += 1;
      leaseCount += 1;
      leased.push({ id: leaseCount, messages });
    }
    return leased;
  };

  const breakJournal = (error: unknown) => {
    journalBroken = true;
    const why = error instanceof Error ? error.message : String(error);
    stop('paused', `The journal cannot be written, so nothing further was sent: ${why}`);
  };

  /** Ends leases that were not used; where even that cannot be written they stand, and count as doubt. */
  const withdraw = () => {
    try {
      ports.commit({ settled, ended: endedLeases, leased: [], cursor: mark.cursor(), retries: retryCount });
      settled = [];
      endedLeases = [];
      retryCount = 0;
    } catch (error) {
      breakJournal(error);
    }
  };

  /** Writes what is settled and what is about to leave; false when the journal does not take it. */
  const commit = async (leased: readonly Lease[]): Promise<boolean> => {
    try {
      ports.commit({ settled, ended: endedLeases, leased, cursor: mark.cursor(), retries: retryCount });
    } catch (error) {
      breakJournal(error);
      return false;
    }
    settled = [];
    endedLeases = [];
    retryCount = 0;
    journalBroken = false;
    if (leased.length === 0) return true;
    try {
      await ports.flush();
      return true;
    } catch (error) {
      breakJournal(error);
      // The leases are written but nothing will leave under them.
      endedLeases.push(...leased.map(({ id }) => id));
      withdraw();
      return false;
    }
  };

  const send = (lease: Lease) => {
    const startedAtMs = clock();
    client.sendBatch(lease.messages.map((message) => message.entry)).then(
      (outcome) => receive(lease, outcome, startedAtMs),
      (error: unknown) => {
        const message = error instanceof Error ? error.message : String(error);
        const verdict: Verdict = { kind: 'retry_unknown_outcome', code: 'Unknown', message, reached: true };
        receive(lease, { kind: 'refused', verdict }, startedAtMs);
      },
    );
  };

  /**
   * One turn: take what may leave, journal it together with what has come back, send it. One commit at a time: what comes
   * back meanwhile joins the next, so that a slow disk makes commits larger instead of more.
   */
  const turn = async () => {
    const leased = assemble();
    inFlight += leased.length;
    if (leased.length > 0 || settled.length > 0 || endedLeases.length > 0) {
      if (await commit(leased)) for (const lease of leased) send(lease);
      else inFlight -= leased.length;
    }
    if (inFlight === 0 && (settled.length === 0 || journalBroken)) {
      if (stopping !== undefined) return finish(stopping);
      if (exhausted && !open && lanes.size() === 0 && retries.nextDueMs() === undefined) {
        return finish({ kind: 'completed', reason: null });
      }
    }
    if (settled.length > 0 || (stopping !== undefined && inFlight === 0)) schedule();
    else if (stopping === undefined && inFlight < control.limit()) wake();
  };

  const pump = () => {
    scheduled = false;
    missed = false;
    busy = true;
    turn()
      .catch((error: unknown) => {
        const why = error instanceof Error ? error.message : String(error);
        stop('paused', `The messages cannot be read: ${why}`);
      })
      .finally(() => {
        busy = false;
        if (missed) schedule();
      });
  };

  const finish = (end: Omit<DispatchEnd, 'unsettled'>) => {
    finished = true;
    clearTimeout(timer);
    resolve({ ...end, unsettled: endedLeases.length > 0 });
  };

  /** Looks again when there is more to read, when the next retry is due or when the next tokens have gathered. */
  const wake = () => {
    clearTimeout(timer);
    const dueMs = retries.nextDueMs();
    if (awaitsTokens) {
      timer = setTimeout(schedule, Math.max(1, Math.ceil(bucket.msUntilNext())));
    } else if (!exhausted && lanes.ready().length === 0 && lanes.size() < MAX_WAITING) {
      schedule();
    } else if (dueMs !== undefined) {
      timer = setTimeout(schedule, Math.max(0, Math.ceil(dueMs - clock())));
    }
  };

  function schedule() {
    missed = busy;
    if (busy || scheduled || finished) return;
    scheduled = true;
    setImmediate(pump);
  }

  schedule();
  return {
    stop,
    setRate(rate) {
      bucket.setRate(rate);
      schedule();
    },
    more() {
      exhausted = false;
      schedule();
    },
    drain() {
      open = false;
      exhausted = false;
      schedule();
    },
    ended,
  };
}

const HELD: Verdict = {
  kind: 'park',
  code: 'HeldByGroup',
  message: 'An earlier message of the same group was not sent; a retry sends both in order.',
};
