import type { JobProgress } from '../../preload/contract/events.ts';

/** How often a job's progress is passed on at most, in milliseconds: four times a second. */
const INTERVAL_MS = 250;

/** The long calls that run now, by the id that their caller gave them. */
export interface Jobs {
  /** Registers a job; `end` must be called however it ends, and delivers the last progress that was held back. */
  begin(jobId: string | undefined, outer: AbortSignal | undefined): Job;
  /** Aborts a job's signal; false when no such job runs. */
  cancel(jobId: string): boolean;
}

interface Job {
  readonly signal: AbortSignal;
  report(progress: Omit<JobProgress, 'jobId'>): void;
  end(): void;
}

/**
 * Keeps the running jobs and thins their progress out to four reports a second, the last one always delivered.
 *
 * @param emit receives the reports of jobs that have an id
 * @param nowMs a monotonic clock in milliseconds
 */
export function createJobs(emit: (progress: JobProgress) => void, nowMs: () => number): Jobs {
  const running = new Map<string, AbortController>();
  return {
    begin(jobId, outer) {
      const controller = new AbortController();
      const id = jobId ?? '';
      if (jobId !== undefined) running.set(jobId, controller);
      let lastAt = Number.NEGATIVE_INFINITY;
      let held: JobProgress | undefined;
      return {
        signal: outer === undefined ? controller.signal : AbortSignal.any([controller.signal, outer]),
        report(progress) {
          held = { jobId: id, ...progress };
          if (nowMs() - lastAt < INTERVAL_MS) return;
          lastAt = nowMs();
          emit(held);
          held = undefined;
        },
        end() {
          if (held !== undefined) emit(held);
          if (jobId !== undefined) running.delete(jobId);
        },
      };
    },
    cancel(jobId) {
      const controller = running.get(jobId);
      controller?.abort();
      return controller !== undefined;
    },
  };
}
