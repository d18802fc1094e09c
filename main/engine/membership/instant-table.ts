import type { Instant } from '../core/instant.ts';

/** Instants by number, each once, in the order in which they came. */
export interface InstantTable {
  /** The number of an instant, which is added when it is new. */
  numberOf(instant: Instant): number;
  count(): number;
  /** Writes them, milliseconds and code as two doubles each, to a place that is a whole number of doubles. */
  writeTo(buffer: ArrayBuffer, byteOffset: number): void;
  clear(): void;
}

/** Instants that are looked at one by one: most segments and packs have no more, and making a name for each costs more. */
const FEW = 4;

/** An empty table. */
export function createInstantTable(): InstantTable {
  const instants: Instant[] = [];
  const known = new Map<string, number>();
  return {
    numberOf(instant) {
      const { ms, code } = instant;
      for (let n = 0; n < instants.length && n < FEW; n += 1) {
        const one = instants[n] as Instant;
        if (one.ms === ms && one.code === code) return n;
      }
      if (instants.length < FEW) return instants.push(instant) - 1;
      const name = `${ms} ${code}`;
      let number = known.get(name);
      if (number === undefined) {
        number = instants.push(instant) - 1;
        known.set(name, number);
      }
      return number;
    },
    count: () => instants.length,
    writeTo(buffer, byteOffset) {
      const doubles = new Float64Array(buffer, byteOffset, instants.length * 2);
      for (let n = 0; n < instants.length; n += 1) {
        const { ms, code } = instants[n] as Instant;
        doubles[n * 2] = ms;
        doubles[n * 2 + 1] = code;
      }
    },
    clear() {
      instants.length = 0;
      known.clear();
    },
  };
}
