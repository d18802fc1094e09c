/** Messages a batch may hold at most, a rule of SendMessageBatch. */
export const BATCH_ENTRIES = 10;

/** Paces sending; `rate` is messages per second, null for no limit. */
export interface TokenBucket {
  /** Takes up to `wanted` messages, as many as one batch may hold now; 0 means wait. */
  take(wanted: number): number;
  /** Gives back what was taken and not used. */
  refund(tokens: number): void;
  /** Milliseconds until {@link take} gives something; 0 now. */
  msUntilNext(): number;
  /** From now on at another rate; what has gathered stays, up to the new burst. */
  setRate(rate: number | null): void;
}

/**
 * A token bucket that stays within 1.2 times its rate in every second: it gathers at most a tenth of a second's worth, and
 * a batch takes at most a twentieth, so that slow rates are sent evenly in small batches instead of ten at once.
 *
 * @param clock monotonic milliseconds
 */
export function createTokenBucket(rate: number | null, clock: () => number): TokenBucket {
  let perMs = (rate ?? 0) / 1000;
  let limited = rate !== null;
  let tokens = 1;
  let filledAt = clock();

  const burst = () => Math.max(1.5, perMs * 100);
  const batch = () => Math.min(BATCH_ENTRIES, Math.max(1, Math.floor(perMs * 50)));
  const fill = () => {
    const now = clock();
    tokens = Math.min(burst(), tokens + (now - filledAt) * perMs);
    filledAt = now;
  };

  return {
    take(wanted) {
      if (!limited) return Math.min(wanted, BATCH_ENTRIES);
      fill();
      const taken = tokens < Math.min(batch(), wanted) ? 0 : Math.min(wanted, batch());
      tokens -= taken;
      return taken;
    },
    refund(given) {
      if (limited) tokens = Math.min(burst(), tokens + given);
    },
    msUntilNext() {
      if (!limited) return 0;
      fill();
      return tokens >= batch() ? 0 : (batch() - tokens) / perMs;
    },
    setRate(next) {
      fill();
      perMs = (next ?? 0) / 1000;
      limited = next !== null;
      tokens = Math.min(burst(), tokens);
    },
  };
}
