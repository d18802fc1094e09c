import type { QueueState } from './queue-state.ts';
import { ServiceError } from './service-error.ts';

interface Window {
  startMs: number;
  calls: number;
}

/**
 * The quota of FIFO queues without high throughput: so many calls a second for each API operation, 300 on AWS. The
 * returned function counts one call and throws RequestThrottled beyond the quota. Source: "Amazon SQS FIFO queue quotas".
 */
export function createFifoQuota(
  callsPerSecond: number,
): (queue: QueueState, operation: string, nowMs: number) => void {
  const windows = new Map<string, Window>();
  return (queue, operation, nowMs) => {
    if (!queue.settings.fifo || queue.settings.highThroughput) {
      return;
    }
    const key = `${queue.name} ${operation}`;
    const window = windows.get(key);
    if (window === undefined || nowMs - window.startMs >= 1000 || nowMs < window.startMs) {
      windows.set(key, { startMs: nowMs, calls: 1 });
      return;
    }
    window.calls++;
    if (window.calls > callsPerSecond) {
      throw new ServiceError(
        'RequestThrottled',
        `Rate exceeded: ${callsPerSecond} calls a second of this operation for a FIFO queue without high throughput.`,
      );
    }
  };
}
