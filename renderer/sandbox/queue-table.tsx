import type { OutputOf } from '../../preload/contract/call.ts';
import type { Contract } from '../../preload/contract/contract.ts';
import { count } from '../ui/format.ts';

export type SandboxQueue = OutputOf<Contract['sandbox']['status']>['queues'][number];

interface QueueTableProps {
  queues: readonly SandboxQueue[];
  chosen: SandboxQueue | undefined;
  onChoose: (name: string) => void;
}

/** The sandbox's queues with what each holds; choosing one shows its messages. */
export function QueueTable({ queues, chosen, onChoose }: QueueTableProps) {
  return (
    <div className="table-frame">
      <table className="plain" aria-label="Queues">
        <thead>
          <tr>
            <th scope="col">Queue</th>
            <th scope="col">Type</th>
            {['Visible', 'In flight', 'Delayed', 'Received'].map((heading) => (
              <th key={heading} scope="col" className="right">
                {heading}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {queues.map((row) => (
            <tr
              key={row.name}
              className={row === chosen ? 'current' : undefined}
              onClick={() => onChoose(row.name)}
            >
              <th scope="row">
                <button type="button" className="row-link" aria-current={row === chosen ? 'true' : undefined}>
                  {row.name}
                </button>
              </th>
              <td>{row.fifo ? 'FIFO' : 'standard'}</td>
              <td className="right">{count(row.visible)}</td>
              <td className="right">{count(row.inFlight)}</td>
              <td className="right">{count(row.delayed)}</td>
              <td className="right">{count(row.received)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
