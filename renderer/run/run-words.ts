import type { RunRow } from '../../preload/contract/run.ts';
import { count, duration, rate } from '../ui/format.ts';
import { type RateSample, secondsLeft, settledOf, verbsOf } from './progress-store.ts';

const kindWords: Record<RunRow['kind'], string> = {
  test: 'Test',
  backfill: 'Backfill',
  live: 'Live run',
  replay: 'Replay',
};

/** What a run is called at the head of its page: `Replay of At risk to SQS`. */
export function runTitle({ kind, dryRun, workflow }: Pick<RunRow, 'kind' | 'dryRun' | 'workflow'>): string {
  return `${dryRun ? 'Dry run' : kindWords[kind]} of ${workflow}`;
}

/** The line beside the bar: how far, how fast, how long still. */
export function progressText(row: RunRow, samples: readonly RateSample[]): string {
  const done = `${count(settledOf(row))} of ${count(row.planned)} messages`;
  if (verbsOf(row).ended) return `${done} in ${duration(row.seconds)}`;
  if (row.state !== 'running') return done;
  const left = secondsLeft(row.pending, samples);
  const time =
    left === null ? 'time left not known yet' : `${duration(left.from)} to ${duration(left.to)} left`;
  return `${done} · ${rate(row.messagesPerSecond)} per second · ${time}`;
}
