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

/** Stacked bars over time with a table of the same numbers for screen readers. Bars keep their proportions at any width. */
export function Histogram({ title, bars }: { title: string; bars: readonly Bar[] }) {
  const totals = bars.map((bar) => bar.parts.reduce((sum, part) => sum + part.value, 0));
  const max = Math.max(1, ...totals);
  const step = WIDTH / Math.max(1, bars.length);
  const peak = totals.indexOf(Math.max(...totals));
  if (bars.length === 0) return null;
  return (
    <figure className="histogram">
      <figcaption>
        {title}
        <span>
          peak {count(totals[peak] ?? 0)} on {bars[peak]?.label}
        </span>
      </figcaption>
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" aria-hidden="true">
        {bars.map((bar, at) => {
          let top = HEIGHT;
          return bar.parts.map((part) => {
            const height = (part.value / max) * HEIGHT;
            top -= height;
            return (
              <rect
                key={`${bar.label} ${part.kind}`}
                className={`bar ${part.kind}`}
                x={at * step + step * 0.08}
                y={top}
                width={step * 0.84}
                height={height}
              >
                <title>{`${bar.label}: ${count(part.value)} ${part.kind}`}</title>
              </rect>
            );
          });
        })}
      </svg>
      <div className="axis" aria-hidden="true">
        <span>{bars[0]?.label}</span>
        <span>{bars.at(-1)?.label}</span>
      </div>
      <table className="visually-hidden">
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
    </figure>
  );
}
