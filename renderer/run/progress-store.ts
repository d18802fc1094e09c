import { create } from 'zustand';
import type { RunRow, RunState } from '../../preload/contract/run.ts';
import { listen } from '../bridge.ts';

/** Messages settled per second at a moment; `atMs` is the window's own time. */
export interface RateSample {
  readonly atMs: number;
  readonly perSecond: number;
}

interface RunTrace {
  readonly row: RunRow;
  readonly settled: number;
  readonly atMs: number;
  readonly samples: readonly RateSample[];
}

const MAX_SAMPLES = 600;
const MIN_STEP_MS = 400;

/** Messages of a run that need no further attempt. */
export function settledOf(row: Pick<RunRow, 'sent' | 'failed' | 'parked'>): number {
  return row.sent + row.failed + row.parked;
}

/** Adds a progress event to a run's trace; the rate comes from the counts, so that it shows stalls as zero. */
export function traced(trace: RunTrace | undefined, row: RunRow, atMs: number): RunTrace {
  const settled = settledOf(row);
  if (trace === undefined) return { row, settled, atMs, samples: [] };
  const elapsedMs = atMs - trace.atMs;
  if (elapsedMs < MIN_STEP_MS) return { ...trace, row };
  const perSecond = Math.max(0, ((settled - trace.settled) * 1000) / elapsedMs);
  return { row, settled, atMs, samples: [...trace.samples, { atMs, perSecond }].slice(-MAX_SAMPLES) };
}

/**
 * The time left as a range in seconds, from the slow and the fast fifth of the last minute's rates; null while there is
 * too little to judge by.
 */
export function secondsLeft(
  pending: number,
  samples: readonly RateSample[],
): { from: number; to: number } | null {
  const recent = samples.slice(-60).map((sample) => sample.perSecond);
  const rates = recent.filter((perSecond) => perSecond > 0).sort((a, b) => a - b);
  const slow = rates[Math.floor((rates.length - 1) * 0.2)];
  const fast = rates[Math.floor((rates.length - 1) * 0.8)];
  if (rates.length < 3 || slow === undefined || fast === undefined) return null;
  return { from: pending / fast, to: pending / slow };
}

const ENDED: readonly RunState[] = ['completed', 'completed_with_errors', 'cancelled', 'failed'];

/** Which of a run's verbs make sense in its state. */
export function verbsOf(row: Pick<RunRow, 'state' | 'parked' | 'failed'>) {
  const { state } = row;
  const ended = ENDED.includes(state);
  return {
    pause: state === 'running',
    resume: state === 'paused' || state === 'interrupted' || state === 'planned',
    cancel: !ended,
    retry: state !== 'running' && row.parked + row.failed > 0,
    setRate: !ended,
    ended,
  };
}

interface ProgressState {
  readonly traces: Readonly<Record<string, RunTrace>>;
  readonly take: (row: RunRow, atMs: number) => void;
}

/** The latest progress of each run of this session. What is stored of a run is queried, not kept here. */
export const useRunProgress = create<ProgressState>((set) => ({
  traces: {},
  take: (row, atMs) =>
    set(({ traces }) => ({ traces: { ...traces, [row.id]: traced(traces[row.id], row, atMs) } })),
}));

/** Follows progress events; returns the way to stop. */
export function followRuns(): () => void {
  return listen('runProgress', (row) => useRunProgress.getState().take(row, Date.now()));
}

/** The newer of what the store and the events say of a run: events run ahead while it runs, the store has the end. */
export function latestRow(stored: RunRow, progress: RunRow | undefined): RunRow {
  if (progress === undefined || verbsOf(stored).ended) return stored;
  return settledOf(progress) >= settledOf(stored) ? progress : stored;
}
