import { SingleBar } from 'cli-progress';
import type { JobProgress } from '../../preload/contract/events.ts';

/** A progress bar on standard error; silent where that is not a terminal. */
export interface Progress {
  report(progress: Pick<JobProgress, 'phase' | 'done' | 'total' | 'unit' | 'perSecond'>): void;
  stop(): void;
}

/** Starts a bar that appears with its first report, so that a quick command shows none. */
export function startProgress(): Progress {
  if (process.stderr.isTTY !== true) return { report: () => undefined, stop: () => undefined };
  const bar = new SingleBar({
    format: '{phase} [{bar}] {percentage}% · {value} of {total} {unit} · {speed}/s · {eta_formatted} left',
    hideCursor: true,
    clearOnComplete: true,
    stream: process.stderr,
    fps: 4,
  });
  let started = false;
  return {
    report({ phase, done, total, unit, perSecond }) {
      const payload = { phase, unit, speed: Math.round(perSecond).toLocaleString('en') };
      if (started) {
        bar.setTotal(total ?? done);
        bar.update(done, payload);
      } else {
        started = true;
        bar.start(total ?? done, done, payload);
      }
    },
    stop() {
      if (started) bar.stop();
    },
  };
}
