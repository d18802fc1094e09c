/**
 * The journal's cursor: everything with a lower number is settled. Numbers are read in ascending order and settled in any,
 * so the cursor is the lowest one that is still open.
 */
export interface ProgressMark {
  read(n: number): void;
  settled(n: number): void;
  /** The lowest number that may still be open. */
  cursor(): number;
}

export function createProgressMark(from: number): ProgressMark {
  let order: number[] = [];
  let head = 0;
  let cursor = from;
  const done = new Set<number>();
  return {
    read(n) {
      order.push(n);
    },
    settled(n) {
      done.add(n);
      for (let next = order[head]; next !== undefined && done.delete(next); next = order[head]) {
        head += 1;
        cursor = next + 1;
      }
      if (head > 4096) {
        order = order.slice(head);
        head = 0;
      }
    },
    cursor: () => cursor,
  };
}
