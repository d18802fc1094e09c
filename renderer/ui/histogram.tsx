import type { ReactNode } from 'react';
import { count } from './format.ts';

export interface Bar {
  readonly label: string;
  readonly parts: readonly {
    readonly kind: 'enter' | 'exit' | 'change' | 'messages';
    readonly value: number;
  }[];
}

const WIDTH = 1000;
const HEIGHT = 100;

interface HistogramProps {
  title: string;
  bars: readonly Bar[];
  /** A click on a bar; what it does can be done by keyboard elsewhere. */
  onPick?: (label: string) => void;
  /** Controls beside the title. */
  children?: ReactNode;
}

/** Stacked bars over time with a table of the same numbers for screen readers. Bars keep their proportions at any width. */
export function Histogram({ title, bars, onPick, children }: HistogramProps) {
  const totals = bars.map((bar) => bar.parts.reduce((sum, part) => sum + part.value, 0));
  const max = Math.max(1, ...totals);
  const step = WIDTH / Math.max(1, bars.length);
  const peak = totals.indexOf(Math.max(...totals));
  if (bars.length === 0) return null;
  const kinds = [
    ...new Set(bars.flatMap(({ parts }) => parts.filter(({ value }) => value > 0)).map(({ kind }) => kind)),
  ];
  return (
    <figure className="histogram">
      <figcaption>
        {title}
        {children}
        {kinds.length > 1 ? (
          <span className="legend" aria-hidden>
            {kinds.map((kind) => (
              <span key={kind} className={`key ${kind}`}>
                {kind}
              </span>
            ))}
          </span>
        ) : null}
        <span className="peak">
          peak {count(totals[peak] ?? 0)} on {bars[peak]?.label}
        </span>
      </figcaption>
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" aria-hidden="true">
        {bars.map((bar, at) => {
          let top = HEIGHT;
          const rects = bar.parts.map((part) => {
            const height = (part.value / max) * HEIGHT;
            top -= height;
            return (
              <rect
                key={part.kind}
                className={`bar ${part.kind}`}
                x={at * step + step * 0.08}
                y={top}
                width={step * 0.84}
                height={height}
              />
            );
          });
          return (
            // biome-ignore lint/a11y/noStaticElementInteractions: the drawing is hidden from assistive technology; the filters do the same by keyboard.
            <g
              key={bar.label}
              className={onPick ? 'pick' : undefined}
              onClick={onPick ? () => onPick(bar.label) : undefined}
            >
              <title>
                {[bar.label, ...bar.parts.map((part) => `${count(part.value)} ${part.kind}`)].join(' · ')}
              </title>
              <rect className="ground" x={at * step} y={0} width={step} height={HEIGHT} />
              {rects}
            </g>
          );
        })}
      </svg>
      <div className="axis" aria-hidden="true">
        <span>{bars[0]?.label}</span>
        <span>{bars.at(-1)?.label}</span>
      </div>
      {/* A table does not shrink below its rows: what hides it is around it. */}
      <div className="visually-hidden">
        <table>
          <caption>{title}</caption>
          <tbody>
            {bars.map((bar) => (
              <tr key={bar.label}>
                <th scope="row">{bar.label}</th>
                {bar.parts.map((part) => (
                  <td key={part.kind}>{`${count(part.value)} ${part.kind}`}</td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </figure>
  );
}
