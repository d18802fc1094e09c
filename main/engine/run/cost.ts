/** List prices of a million requests in US dollars, us-east-1, beyond the free million: "Amazon SQS pricing", November 2026. */
const USD_PER_MILLION = { standard: 0.4, fifo: 0.5 } as const;
/** "Every 64 KB chunk of a payload is billed as 1 request" (Amazon SQS pricing). */
const CHUNK_BYTES = 65_536;
const BATCH_BYTES = 1_048_576;
const BATCH_ENTRIES = 10;

/** Counts what SQS bills for messages sent in batches of ten in the given order. */
export interface RequestCounter {
  add(bytes: number): void;
  /** Requests as billed. */
  requests(): number;
  costUsd(): number;
}

export function createRequestCounter(fifo: boolean): RequestCounter {
  let billed = 0;
  let entries = 0;
  let bytes = 0;
  const billedOpen = () => Math.ceil(bytes / CHUNK_BYTES);
  return {
    add(messageBytes) {
      if (entries === BATCH_ENTRIES || bytes + messageBytes > BATCH_BYTES) {
        billed += billedOpen();
        entries = 0;
        bytes = 0;
      }
      entries += 1;
      bytes += messageBytes;
    },
    requests: () => billed + billedOpen(),
    costUsd() {
      return ((billed + billedOpen()) / 1e6) * USD_PER_MILLION[fifo ? 'fifo' : 'standard'];
    },
  };
}
