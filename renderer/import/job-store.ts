import { create } from 'zustand';
import type { JobProgress } from '../../preload/contract/events.ts';
import { listen } from '../bridge.ts';
import { byteSize, count, duration, rate } from '../ui/format.ts';

interface JobState {
  readonly jobs: Readonly<Record<string, JobProgress>>;
}

/** The latest progress of each long call of this window. */
export const useJobs = create<JobState>(() => ({ jobs: {} }));

/** Follows progress events; returns the way to stop. */
export function followJobs(): () => void {
  return listen('jobProgress', (progress) =>
    useJobs.setState(({ jobs }) => ({ jobs: { ...jobs, [progress.jobId]: progress } })),
  );
}

/** The share done, 0 to 1; null when the whole is not known. */
export function jobShare({ done, total }: JobProgress): number | null {
  return total === null || total === 0 ? null : done / total;
}

/** A job's progress in words: phase, amount, rows, their rate, time left. */
export function jobText({ phase, done, total, unit, rows, perSecond, secondsLeft }: JobProgress): string {
  const amount = (value: number) => (unit === 'bytes' ? byteSize(value) : count(value));
  const whole = total === null ? amount(done) : `${amount(done)} of ${amount(total)}`;
  const parts = [
    phase,
    unit === 'bytes' ? whole : `${whole} ${unit}`,
    ...(unit === 'rows' || unit === 'messages' ? [] : [`${count(rows)} rows`]),
    ...(perSecond > 0 ? [`${rate(perSecond)} per second`] : []),
    ...(secondsLeft === null ? [] : [`about ${duration(secondsLeft)} left`]),
  ];
  return parts.join(' · ');
}
