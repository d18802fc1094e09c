/** Which profiles an import has met, one bit for each row id: 1.25 MB for ten million. */
export interface Seen {
  /** Notes a row id; true when it was noted before. */
  add(id: number): boolean;
  has(id: number): boolean;
}

export function createSeen(): Seen {
  let bits = new Uint8Array(4096);
  return {
    add(id) {
      const at = Math.floor(id / 8);
      if (at >= bits.length) {
        const grown = new Uint8Array(Math.max(at + 1, bits.length * 2));
        grown.set(bits);
        bits = grown;
      }
      const bit = 1 << (id % 8);
      const present = bits[at] ?? 0;
      bits[at] = present | bit;
      return (present & bit) !== 0;
    },
    has: (id) => ((bits[Math.floor(id / 8)] ?? 0) & (1 << (id % 8))) !== 0,
  };
}
