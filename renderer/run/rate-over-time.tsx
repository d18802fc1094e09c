import { lazy, Suspense, useMemo } from 'react';
import type { RunRow } from '../../preload/contract/run.ts';
import { rate } from '../ui/format.ts';
import type { RateSample } from './progress-store.ts';

// Drawn only while a run has samples; loaded apart, so that the first window does not wait for it.
const RateChart = lazy(() =>
  import('../ui/rate-chart.tsx').then((module) => ({ default: module.RateChart })),
);

/** The rate over time as far as this window has seen the run, and its average in words. */
export function RateOverTime({ samples, row }: { samples: readonly RateSample[]; row: RunRow }) {
  const times = useMemo(() => samples.map((sample) => sample.atMs / 1000), [samples]);
  const values = useMemo(() => samples.map((sample) => sample.perSecond), [samples]);
  const words = `${rate(row.messagesPerSecond)} messages per second on average`;
  return (
    <section aria-label="Rate over time">
      <h2>Rate over time</h2>
      {samples.length < 2 ? null : (
        <Suspense fallback={<div className="rate-chart" />}>
          <RateChart label={`Rate over time: ${words}`} times={times} values={values} />
        </Suspense>
      )}
      <p className="hint">{words}</p>
    </section>
  );
}
