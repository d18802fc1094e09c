import { type GenericFormatter, SingleBar } from 'cli-progress';
import type { JobProgress } from '../../preload/contract/events.ts';
import { count } from '../engine/core/count.ts';

type Report = Omit<JobProgress, 'jobId'>;

/** A progress bar on standard error; silent where that is not a terminal. */
export interface Progress {
  report(progress: Report): void;
  stop(): void;
}

/** Starts a bar that appears with its first report, so that a quick command shows none. */
export function startProgress(): Progress {
  if (process.stderr.isTTY !== true) return { report: () => undefined, stop: () => undefined };
  let latest: Report | undefined;
  const format: GenericFormatter = (_options, { progress }) =>
    latest === undefined ? '' : progressLine(latest, barOf(progress));
  const bar = new SingleBar({
    format,
    hideCursor: true,
    clearOnComplete: true,
    stream: process.stderr,
    fps: 4,
  });
  return {
    report(progress) {
      const { done, total } = progress;
      const started = latest !== undefined;
      latest = progress;
      if (started) {
        bar.setTotal(total ?? done);
        bar.update(done);
      } else bar.start(total ?? done, done);
    },
    stop() {
      if (latest !== undefined) bar.stop();
    },
  };
}

const BAR_CHARS = 40;

function barOf(share: number): string {
  const full = Math.round(share * BAR_CHARS);
  return `[${'='.repeat(full)}${'-'.repeat(BAR_CHARS - full)}]`;
}

/**
 * A job's progress on one line: phase, share, amount, rows, their rate and the time left. What is not known, as how much
 * standard input still holds, is left out.
 */
export function progressLine(
  { phase, done, total, unit, rows, perSecond, secondsLeft }: Report,
  bar: string,
): string {
  const amount = (value: number) => (unit === 'bytes' ? megabytes(value) : count(value));
  const rateUnit = unit === 'bytes' ? 'rows' : unit;
  const share = total === null || total === 0 ? [] : [`${bar} ${Math.floor((done / total) * 100)}%`];
  const parts = [
    total === null
      ? `${amount(done)} ${unit === 'bytes' ? 'MB' : unit}`
      : `${amount(done)} of ${amount(total)} ${unit === 'bytes' ? 'MB' : unit}`,
    ...(unit === 'bytes' ? [`${count(rows)} rows`] : []),
    ...(perSecond > 0 ? [`${count(Math.round(perSecond))} ${rateUnit}/s`] : []),
    ...(secondsLeft === null ? [] : [`${timeLeft(secondsLeft)} left`]),
  ];
  return [phase, ...share, parts.join(' · ')].join(' ');
}

function megabytes(bytes: number): string {
  const tenths = Math.round(bytes / 1e5);
  return `${count(Math.floor(tenths / 10))}.${tenths % 10}`;
}

function timeLeft(seconds: number): string {
  const whole = Math.ceil(seconds);
  if (whole < 60) return `${whole}s`;
  const minutes = Math.floor(whole / 60);
  return minutes < 60 ? `${minutes}m${whole % 60}s` : `${Math.floor(minutes / 60)}h${minutes % 60}m`;
}
