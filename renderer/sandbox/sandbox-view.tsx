import { type FormEvent, useState } from 'react';
import { api } from '../bridge.ts';
import { useAnswer } from '../data/queries.ts';
import { Button, TextField } from '../ui/controls.tsx';
import { count } from '../ui/format.ts';
import { Empty, ErrorNotice } from '../ui/notice.tsx';
import { orToast, toastDone } from '../ui/toasts.tsx';
import { QueueMessages } from './queue-messages.tsx';
import './sandbox.css';

function CreateQueue() {
  const [name, setName] = useState('');
  const submit = (event: FormEvent) => {
    event.preventDefault();
    orToast(
      api.sandbox.createQueue({ name: name.trim() }).then(() => {
        setName('');
        toastDone(`Queue ${name.trim()} created`);
      }),
    );
  };
  return (
    <form className="row end" onSubmit={submit}>
      <TextField
        label="Queue name"
        placeholder="triggers or triggers.fifo"
        value={name}
        onChange={(event) => setName(event.target.value)}
      />
      <Button submit disabled={name.trim() === ''}>
        Create queue
      </Button>
    </form>
  );
}

function Faults({ current }: { current: string | null }) {
  const [spec, setSpec] = useState(current ?? '');
  const apply = (next: string | null) =>
    orToast(
      api.sandbox.setFaults({ spec: next }).then(({ faults }) => {
        setSpec(faults ?? '');
        toastDone(faults === null ? 'Faults are off' : `Faults set: ${faults}`);
      }),
    );
  return (
    <form
      className="row end"
      onSubmit={(event) => {
        event.preventDefault();
        apply(spec.trim() || null);
      }}
    >
      <TextField
        label="Faults"
        placeholder="throttle=0.1,5xx=0.05"
        value={spec}
        onChange={(event) => setSpec(event.target.value)}
        hint={current === null ? 'Off. The syntax is that of the command line.' : `Now: ${current}`}
      />
      <Button submit>Set faults</Button>
      <Button disabled={current === null} onClick={() => apply(null)}>
        Turn faults off
      </Button>
    </form>
  );
}

/** The embedded queue server: its queues, what they received, and the faults it plays. */
export function SandboxView() {
  const status = useAnswer('sandbox', 'status', {}, { refetchIntervalMs: 2000 });
  const [chosen, setChosen] = useState<string | null>(null);
  const queues = status.data?.queues ?? [];
  const queue = queues.find((candidate) => candidate.name === chosen) ?? queues[0];
  return (
    <div className="view sandbox">
      <div className="view-head">
        <h1>Sandbox</h1>
        <span className="muted mono">{status.data?.endpoint}</span>
        <span className="spacer" />
        <CreateQueue />
      </div>
      {status.error ? <ErrorNotice error={status.error} /> : null}
      {status.data ? <Faults key={status.data.faults} current={status.data.faults} /> : null}
      {status.data && queues.length === 0 ? (
        <Empty title="No queue yet">
          <p>A queue is created here, or when a workflow sends to sandbox:NAME for the first time.</p>
        </Empty>
      ) : null}
      {queues.length > 0 ? (
        <table className="plain" aria-label="Queues">
          <thead>
            <tr>
              <th scope="col">Queue</th>
              <th scope="col">Type</th>
              <th scope="col" className="right">
                Visible
              </th>
              <th scope="col" className="right">
                In flight
              </th>
              <th scope="col" className="right">
                Delayed
              </th>
              <th scope="col" className="right">
                Received
              </th>
            </tr>
          </thead>
          <tbody>
            {queues.map((row) => (
              <tr key={row.name} className={row === queue ? 'current' : undefined}>
                <th scope="row">
                  <button
                    type="button"
                    className="row-link"
                    aria-current={row === queue ? 'true' : undefined}
                    onClick={() => setChosen(row.name)}
                  >
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
      ) : null}
      {queue ? <QueueMessages key={queue.name} queue={queue.name} received={queue.received} /> : null}
    </div>
  );
}
