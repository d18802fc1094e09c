/** Where the thread of an import says which batch it has begun; undefined on the engine's own thread. */
let shared: Int32Array | undefined;

/** From now on this thread says to `begun` (four bytes) which batch it has begun. */
export function sayBegun(begun: SharedArrayBuffer): void {
  shared = new Int32Array(begun);
}

/** Notes that a batch has begun. */
export function noteBegun(batch: number): void {
  if (shared !== undefined) Atomics.store(shared, 0, batch);
}
