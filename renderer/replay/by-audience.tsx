import type { Plan } from '../../preload/contract/run.ts';
import { count } from '../ui/format.ts';

const kinds = [
  { kind: 'enter', title: 'Enter' },
  { kind: 'exit', title: 'Exit' },
  { kind: 'change', title: 'Change' },
] as const;

/** The changes of a plan by audience and kind of event: each figure with a bar, all on one scale. */
export function ByAudience({ rows }: { rows: Plan['byAudience'] }) {
  if (rows.length === 0) return null;
  const most = Math.max(1, ...rows.flatMap((row) => kinds.map(({ kind }) => row[kind])));
  return (
    <table className="plain measures" aria-label="By audience">
      <caption>Changes by audience</caption>
      <thead>
        <tr>
          <th scope="col">Audience</th>
          {kinds.map(({ kind, title }) => (
            <th key={kind} scope="col">
              {title}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <tr key={row.audience}>
            <th scope="row" className="break">
              {row.audience}
            </th>
            {kinds.map(({ kind }) => (
              <td key={kind}>
                <div className="measure">
                  <span className="figure">{count(row[kind])}</span>
                  <span className="track" aria-hidden>
                    <span className={`bar ${kind}`} style={{ width: `${(row[kind] / most) * 100}%` }} />
                  </span>
                </div>
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
