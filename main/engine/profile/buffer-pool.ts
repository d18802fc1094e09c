/** Sizes are rounded up to a multiple of this, so that what is given back fits what comes next. */
const GRAIN = 64 * 1024;

/** Buffers that are used again: making them anew by the hundred megabytes has the collector go through everything each time. */
export interface BufferPool {
  /** A copy of some bytes, in a buffer that may be longer. */
  copyOf(bytes: Buffer): Buffer;
  /** Gives a buffer back that nobody looks at any more. */
  giveBack(buffer: Buffer): void;
}

/** A pool that has no buffer yet. */
export function createBufferPool(): BufferPool {
  const free: Buffer[] = [];
  return {
    copyOf(bytes) {
      const last = free.pop();
      const buffer =
        last !== undefined && last.length >= bytes.length
          ? last
          : Buffer.allocUnsafeSlow(Math.ceil(bytes.length / GRAIN) * GRAIN);
      bytes.copy(buffer);
      return buffer;
    },
    giveBack(buffer) {
      free.push(buffer);
    },
  };
}
