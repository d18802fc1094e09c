import { fillBatch, type Outgoing } from './outgoing.ts';

/** Messages that wait for another try. A unit that must stay as it is (half of a refused batch) is not merged. */
interface Unit {
  readonly dueMs: number;
  messages: Outgoing[];
  readonly whole: boolean;
}

/** What waits for a retry, in the order in which it is due. At most the messages in flight, so a sorted list does. */
export interface Retries {
  add(messages: Outgoing[], dueMs: number, whole?: boolean): void;
  /** The next messages that are due, merged up to `entries` and `maximumBytes`; empty when none is. */
  take(nowMs: number, entries: number, maximumBytes: number): Outgoing[];
  nextDueMs(): number | undefined;
}

/** An empty list. */
export function createRetries(): Retries {
  const units: Unit[] = [];
  return {
    add(messages, dueMs, whole = false) {
      if (messages.length === 0) return;
      const at = units.findIndex((unit) => unit.dueMs > dueMs);
      units.splice(at === -1 ? units.length : at, 0, { dueMs, messages, whole });
    },
    take(nowMs, entries, maximumBytes) {
      let taken: Outgoing[] = [];
      for (let unit = units[0]; unit !== undefined && unit.dueMs <= nowMs; unit = units[0]) {
        if (unit.whole && taken.length > 0) break;
        const candidates = [...taken, ...unit.messages];
        const count = fillBatch(candidates, entries, maximumBytes);
        if (count === taken.length) break;
        unit.messages = candidates.slice(count);
        taken = candidates.slice(0, count);
        if (unit.messages.length > 0) break;
        units.shift();
        if (unit.whole) break;
      }
      return taken;
    },
    nextDueMs: () => units[0]?.dueMs,
  };
}
