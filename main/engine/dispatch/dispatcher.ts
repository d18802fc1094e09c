import type { Verdict } from '../queue/queue-client.ts';
import { createConcurrencyControl } from './concurrency.ts';
import { createLanes } from './lanes.ts';
import { createLedger } from './ledger.ts';
import { createOutcomes } from './outcomes.ts';
import { fillBatch, type Outgoing } from './outgoing.ts';
import type { DispatchEnd, Dispatcher, DispatchOptions, DispatchPorts, Lease } from './ports.ts';
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
  const { promise: ended, resolve } = Promise.withResolvers<DispatchEnd>();

  let stopping: Omit<DispatchEnd, 'unsettled'> | undefined;
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

  const stop = (kind: DispatchEnd['kind'], reason: string | null) => {
    stopping ??= { kind, reason };
    schedule();
  };
  const ledger = createLedger(ports, options.cursor, (reason) => stop('paused', reason));
  const outcomes = createOutcomes({ ledger, lanes, retries, control, stop }, ports, options);

  /** Reads once: building many messages at a stretch would hold up the replies. */
  const refill = (wanted: number) => {
    if (exhausted || lanes.ready().length >= wanted || lanes.size() >= MAX_WAITING) return;
    const items = ports.read(Math.max(wanted - lanes.ready().length, MIN_READ));
    exhausted = items.length === 0;
    for (const item of items) outcomes.take(item);
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

  const send = async (lease: Lease) => {
    const startedAtMs = clock();
    const outcome = await client
      .sendBatch(lease.messages.map((message) => message.entry))
      .catch((error: unknown) => ({ kind: 'refused' as const, verdict: unexplained(error) }));
    inFlight -= 1;
    outcomes.receive(lease, outcome, startedAtMs);
    schedule();
  };

  /**
   * One turn: take what may leave, journal it together with what has come back, send it. One commit at a time: what comes
   * back meanwhile joins the next, so that a slow disk makes commits larger instead of more.
   */
  const turn = async () => {
    const leased = assemble();
    inFlight += leased.length;
    if (leased.length > 0 || ledger.hasOutcomes() || ledger.hasEndedLeases()) {
      if (await ledger.commit(leased)) for (const lease of leased) void send(lease);
      else inFlight -= leased.length;
    }
    if (inFlight === 0 && (!ledger.hasOutcomes() || ledger.isBroken())) {
      if (stopping !== undefined) return finish(stopping);
      if (exhausted && !open && lanes.size() === 0 && retries.nextDueMs() === undefined) {
        return finish({ kind: 'completed', reason: null });
      }
    }
    if (ledger.hasOutcomes() || (stopping !== undefined && inFlight === 0)) schedule();
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
    resolve({ ...end, unsettled: ledger.hasEndedLeases() });
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

/** A call that ended without an answer and without a verdict of the client. */
function unexplained(error: unknown): Verdict {
  const message = error instanceof Error ? error.message : String(error);
  return { kind: 'retry_unknown_outcome', code: 'Unknown', message, reached: true };
}
