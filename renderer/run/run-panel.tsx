import type { RunDetail, RunRow } from '../../preload/contract/run.ts';
import { CopyValue } from '../ui/copy-value.tsx';
import { count, plural } from '../ui/format.ts';
import { Moment, RecentMoment } from '../ui/moment.tsx';
import type { RateSample } from './progress-store.ts';
import { RateControl } from './rate-control.tsx';
import { RateOverTime } from './rate-over-time.tsx';

function Errors({ errors }: Pick<RunDetail, 'errors'>) {
  if (errors.length === 0) return null;
  return (
    <section aria-label="Errors">
      <h2>Errors</h2>
      <table className="plain">
        <tbody>
          {errors.map(({ code, message, count: times }) => (
            <tr key={`${code} ${message}`}>
              <th scope="row">
                <code className="break">{code}</code>
                <p className="hint">{message}</p>
              </th>
              <td className="right">{count(times)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

function Duplicates({ possibleDuplicates, duplicates }: RunDetail) {
  if (possibleDuplicates === 0) return null;
  return (
    <details>
      <summary>{plural(possibleDuplicates, 'possible duplicate')}</summary>
      <p className="hint">
        These were in flight when their outcome was lost, so the queue may hold them twice.
      </p>
      <table className="plain" aria-label="Possible duplicates">
        <tbody>
          {duplicates.map(({ n, userId, at }) => (
            <tr key={n}>
              <td className="right">{count(n)}</td>
              <th scope="row">{userId}</th>
              <td>
                <Moment at={at} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </details>
  );
}

interface RunPanelProps {
  detail: RunDetail;
  /** The newest figures of the run. */
  row: RunRow;
  samples: readonly RateSample[];
  rateEnabled: boolean;
}

/** The run as a whole, beside its messages while none of them is selected: errors, pace, facts. */
export function RunPanel({ detail, row, samples, rateEnabled }: RunPanelProps) {
  return (
    <aside className="side-panel" aria-label="Run">
      <Errors errors={detail.errors} />
      <Duplicates {...detail} />
      <RateOverTime samples={samples} row={row} />
      <RateControl row={row} enabled={rateEnabled} />
      <section aria-label="Run facts">
        <dl className="facts">
          <dt>Created (UTC)</dt>
          <dd>
            <RecentMoment at={row.createdAt} />
          </dd>
          <dt>Ended (UTC)</dt>
          <dd>
            <Moment at={row.endedAt} />
          </dd>
          <dt>Queue</dt>
          <dd>
            <CopyValue label="Queue" value={row.queueUrl} />
          </dd>
          <dt>Run id</dt>
          <dd>
            <CopyValue label="Run id" value={row.id} />
          </dd>
          <dt>Profile</dt>
          <dd>{detail.options.profile === 'as-of' ? 'as it was at the change' : 'as it is now'}</dd>
          <dt>Concurrency</dt>
          <dd>{row.concurrency}</dd>
        </dl>
      </section>
    </aside>
  );
}
