/** How many requests may be in flight, adapting to what the queue takes. */
export interface ConcurrencyControl {
  /** Whole requests, at least 1. */
  limit(): number;
  /** A request that succeeded and how long it took. */
  succeeded(startedAtMs: number, nowMs: number): void;
  /** A request that was throttled. */
  throttled(startedAtMs: number, nowMs: number): void;
}

/** Latency below this is never taken for congestion: it is the sender's own event loop or a far region. */
const CALM_MS = 250;
const CONGESTED_FACTOR = 4;
const LATENCY_WEIGHT = 0.1;
const THROTTLE_CUT = 0.5;
const LATENCY_CUT = 0.9;

/**
 * Additive increase, multiplicative decrease (Chiu and Jain 1989), between 1 and `maximum`, from `maximum`: halves at a
 * throttled request, goes down by a tenth when the smoothed latency is four times the best seen (and above 250 ms), grows
 * by one per round of successes. Requests that started before the last cut do not cut again: they belong to the
 * congestion that was already answered.
 */
export function createConcurrencyControl(maximum: number): ConcurrencyControl {
  let window = maximum;
  let cutAtMs = Number.NEGATIVE_INFINITY;
  let smoothedMs: number | undefined;
  let bestMs = Number.POSITIVE_INFINITY;

  const cut = (factor: number, startedAtMs: number, nowMs: number) => {
    if (startedAtMs < cutAtMs) return;
    window = Math.max(1, window * factor);
    cutAtMs = nowMs;
  };

  return {
    limit: () => Math.max(1, Math.floor(window)),
    succeeded(startedAtMs, nowMs) {
      const latencyMs = nowMs - startedAtMs;
      bestMs = Math.min(bestMs, latencyMs);
      smoothedMs =
        smoothedMs === undefined ? latencyMs : smoothedMs + (latencyMs - smoothedMs) * LATENCY_WEIGHT;
      if (smoothedMs > CALM_MS && smoothedMs > bestMs * CONGESTED_FACTOR) {
        cut(LATENCY_CUT, startedAtMs, nowMs);
      } else {
        window = Math.min(maximum, window + 1 / window);
      }
    },
    throttled: (startedAtMs, nowMs) => cut(THROTTLE_CUT, startedAtMs, nowMs),
  };
}
