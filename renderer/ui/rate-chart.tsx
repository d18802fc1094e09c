import { useEffect, useRef } from 'react';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';

interface RateChartProps {
  label: string;
  /** Seconds since the Unix epoch and messages per second, in step. */
  times: readonly number[];
  values: readonly number[];
}

const HEIGHT_PX = 130;

function colour(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim() || '#888';
}

/** Messages per second over time, drawn on a canvas; the numbers stand in words beside it. */
export function RateChart({ label, times, values }: RateChartProps) {
  const host = useRef<HTMLDivElement>(null);
  const chart = useRef<uPlot | null>(null);

  useEffect(() => {
    const element = host.current;
    if (element === null) return;
    const axis = {
      stroke: () => colour('--muted'),
      grid: { stroke: () => colour('--border'), width: 1 / devicePixelRatio },
      ticks: { show: false },
      font: '11px "Inter Variable", system-ui',
    };
    const clockTime = (_self: uPlot, seconds: number[]) =>
      seconds.map((at) => (at % 1 === 0 ? new Date(at * 1000).toISOString().slice(11, 19) : ''));
    const plot = new uPlot(
      {
        width: element.clientWidth || 400,
        height: HEIGHT_PX,
        legend: { show: false },
        cursor: { show: false },
        axes: [
          { ...axis, space: 80, size: 26, values: clockTime },
          { ...axis, size: 52 },
        ],
        scales: { y: { range: (_self, _min, max) => [0, Math.max(1, max * 1.1)] } },
        series: [
          {},
          {
            label: 'messages per second',
            stroke: () => colour('--accent'),
            width: 2,
            points: { show: false },
          },
        ],
      },
      [[], []],
      element,
    );
    chart.current = plot;
    const resize = new ResizeObserver(() => plot.setSize({ width: element.clientWidth, height: HEIGHT_PX }));
    resize.observe(element);
    return () => {
      resize.disconnect();
      plot.destroy();
      chart.current = null;
    };
  }, []);

  useEffect(() => {
    chart.current?.setData([[...times], [...values]]);
  }, [times, values]);

  return <div className="rate-chart" ref={host} role="img" aria-label={label} />;
}
