import { describe, expect, it } from 'vitest';
import { soakFaults } from '../../soak/faults.ts';
import { soakKills } from '../../soak/kills.ts';

/** `npm run soak` at a size that fits every run of the tests. */
describe('the soak', () => {
  it('through random faults of every kind loses nothing and names every double', async () => {
    // A fault in every fifth call: at twice that, chance alone now and then fails a message eight times, which parks it.
    const found = await soakFaults({ messages: 4_000, faults: 80, seed: 11 });
    expect(found.met).toBeGreaterThan(40);
    expect(Math.min(found.faults.drop, found.faults.delay, found.faults.md5)).toBeGreaterThan(0);
    expect(found).toMatchObject({ planned: 4_000, lost: 0, unnamed: 0, pending: 0, parked: 0 });
    expect(found.sent + found.failed).toBe(4_000);
    expect(found.doubled).toBeGreaterThan(0);
    expect(found.doubled).toBeLessThanOrEqual(found.possible);
  });

  it('killed at random moments loses nothing and names every double', async () => {
    const found = await soakKills({ messages: 2_000, kills: 3, seed: 5 });
    expect(found.killed).toBeGreaterThan(1);
    expect(found).toMatchObject({
      state: 'completed',
      planned: 2_000,
      sent: 2_000,
      lost: 0,
      unnamed: 0,
      pending: 0,
    });
    expect(found.doubled).toBeLessThanOrEqual(found.possible);
    expect(found.possible).toBeLessThanOrEqual(found.bound);
  });
});
