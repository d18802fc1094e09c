/** Long polls: requests that wait for a queue to have something to deliver. */
export interface Waiters {
  /** Resolves when the queue is woken, after `timeoutMs`, or when `signal` fires, whichever is first. */
  wait(queueName: string, timeoutMs: number, signal: AbortSignal): Promise<void>;
  wake(queueName: string): void;
  wakeAll(): void;
}

export function createWaiters(): Waiters {
  const waiting = new Map<string, Set<() => void>>();

  function wake(queueName: string): void {
    const set = waiting.get(queueName);
    if (set === undefined) {
      return;
    }
    waiting.delete(queueName);
    for (const resume of set) {
      resume();
    }
  }

  return {
    wait: (queueName, timeoutMs, signal) => {
      const { promise, resolve } = Promise.withResolvers<void>();
      const set = waiting.get(queueName) ?? new Set();
      waiting.set(queueName, set);
      const resume = () => {
        clearTimeout(timer);
        signal.removeEventListener('abort', resume);
        set.delete(resume);
        resolve();
      };
      const timer = setTimeout(resume, timeoutMs);
      set.add(resume);
      signal.addEventListener('abort', resume);
      if (signal.aborted) {
        resume();
      }
      return promise;
    },
    wake,
    wakeAll: () => {
      for (const name of [...waiting.keys()]) {
        wake(name);
      }
    },
  };
}
