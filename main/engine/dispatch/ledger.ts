import type { DispatchPorts, Lease, Settlement } from './ports.ts';
import { createProgressMark } from './progress-mark.ts';

/** What became of messages since the last step of the journal, and the writing of these steps. */
export interface Ledger {
  /** A message was read; numbers ascend. */
  read(n: number): void;
  settle(settlement: Settlement): void;
  /** The call of a lease has come back. */
  endLease(id: number): void;
  countRetries(count: number): void;
  /** There are outcomes that no step has. */
  hasOutcomes(): boolean;
  /** There are leases that have come back and that no step has ended. */
  hasEndedLeases(): boolean;
  /** The last step was not written. */
  isBroken(): boolean;
  /**
   * Writes what is known and what is about to leave. Resolves when it is on the disk, if anything leaves; false when the
   * journal does not take it, then nothing may leave.
   */
  commit(leased: readonly Lease[]): Promise<boolean>;
}

/** An empty ledger; `onBroken` hears why a step was not written. */
export function createLedger(
  { commit, flush }: Pick<DispatchPorts, 'commit' | 'flush'>,
  fromCursor: number,
  onBroken: (reason: string) => void,
): Ledger {
  const mark = createProgressMark(fromCursor);
  let settled: Settlement[] = [];
  let ended: number[] = [];
  let retries = 0;
  let broken = false;

  const fail = (error: unknown) => {
    broken = true;
    const why = error instanceof Error ? error.message : String(error);
    onBroken(`The journal cannot be written, so nothing further was sent: ${why}`);
  };

  /** One step; what it holds is kept for the next one when it fails. */
  const write = (leased: readonly Lease[]): boolean => {
    try {
      commit({ settled, ended, leased, cursor: mark.cursor(), retries });
    } catch (error) {
      fail(error);
      return false;
    }
    settled = [];
    ended = [];
    retries = 0;
    return true;
  };

  return {
    read: mark.read,
    settle(settlement) {
      settled.push(settlement);
      if (settlement.state !== 'pending') mark.settled(settlement.n);
    },
    endLease: (id) => void ended.push(id),
    countRetries(count) {
      retries += count;
    },
    hasOutcomes: () => settled.length > 0,
    hasEndedLeases: () => ended.length > 0,
    isBroken: () => broken,
    async commit(leased) {
      if (!write(leased)) return false;
      broken = false;
      if (leased.length === 0) return true;
      try {
        await flush();
        return true;
      } catch (error) {
        fail(error);
        // The leases are written but nothing leaves under them. Where even their end cannot be written they stand, and count
        // as doubt.
        ended.push(...leased.map(({ id }) => id));
        write([]);
        return false;
      }
    },
  };
}
