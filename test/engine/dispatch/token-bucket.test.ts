import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createTokenBucket } from '../../../main/engine/dispatch/token-bucket.ts';
import { busiestSecond } from './busiest-second.ts';

/** Sends as fast as the bucket lets it for a simulated time; a stall holds the sender up now and then. */
function simulate(rate: number, seconds: number, stallMs: () => number) {
  let nowMs = 0;
  const bucket = createTokenBucket(rate, () => nowMs);
  const sent: { atMs: number; count: number }[] = [];
  while (nowMs < seconds * 1000) {
    for (let count = bucket.take(10); count > 0; count = bucket.take(10)) sent.push({ atMs: nowMs, count });
    // A timer fires at whole milliseconds, late rather than early.
    nowMs += Math.max(1, Math.ceil(bucket.msUntilNext())) + stallMs();
  }
  return sent;
}

const total = (sent: readonly { count: number }[]) => sent.reduce((sum, { count }) => sum + count, 0);

describe('the rate limit', () => {
  it('is kept within 2 % over 30 seconds, and never passes 1.2 times in a second', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 10, max: 20_000 }),
        fc.infiniteStream(fc.integer({ min: 0, max: 30 })),
        (rate, stalls) => {
          const sent = simulate(rate, 30, () => (rate < 100 ? 0 : (stalls.next().value ?? 0)));
          expect(Math.abs(total(sent) / (rate * 30) - 1)).toBeLessThan(0.02);
          expect(busiestSecond(sent)).toBeLessThanOrEqual(rate * 1.2);
        },
      ),
      { numRuns: 30 },
    );
  });

  it('sends slow rates one by one', () => {
    const sent = simulate(2, 10, () => 0);
    expect(sent.every(({ count }) => count === 1)).toBe(true);
    expect(total(sent)).toBeGreaterThanOrEqual(20);
    expect(total(sent)).toBeLessThanOrEqual(21);
  });

  it('changes while running, and can be lifted', () => {
    let nowMs = 0;
    const bucket = createTokenBucket(10, () => nowMs);
    bucket.take(10);
    expect(bucket.take(10)).toBe(0);
    bucket.setRate(1000);
    nowMs += 10;
    expect(bucket.take(10)).toBe(10);
    expect(bucket.take(10)).toBe(0);
    bucket.setRate(null);
    expect(bucket.take(10)).toBe(10);
    expect(bucket.take(10)).toBe(10);
    expect(bucket.msUntilNext()).toBe(0);
  });
});
