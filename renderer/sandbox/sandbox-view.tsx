import { type FormEvent, useState } from 'react';
import { runAction, useAction } from '../actions/handlers.ts';
import { api } from '../bridge.ts';
import { useAnswer } from '../data/queries.ts';
import { Button, TextField } from '../ui/controls.tsx';
import { Empty, Notice, ReadFailed } from '../ui/notice.tsx';
import { orToast, toastDone } from '../ui/toasts.tsx';
import { FaultsDialog } from './faults-dialog.tsx';
import { QueueMessages } from './queue-messages.tsx';
import { QueueTable } from './queue-table.tsx';
import './sandbox.css';

function CreateQueue({ onCreated }: { onCreated: (name: string) => void }) {
  const [name, setName] = useState('');
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const created = name.trim();
    orToast(
      api.sandbox.createQueue({ name: created }).then(() => {
        setName('');
        onCreated(created);
        toastDone(`Queue ${created} created`);
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

/** The embedded queue server: its queues, what they received, and the faults it plays. */
export function SandboxView() {
  const status = useAnswer('sandbox', 'status', {}, { refetchIntervalMs: 2000 });
  const [chosen, setChosen] = useState<string | null>(null);
  const [faulting, setFaulting] = useState(false);
  const queues = status.data?.queues ?? [];
  const queue = queues.find((candidate) => candidate.name === chosen) ?? queues[0];
  const faults = status.data?.faults ?? null;
  useAction('sandbox.faults', () => setFaulting(true));
  return (
    <div className="view sandbox">
      <div className="view-head">
        <h1>Sandbox</h1>
        <span className="muted mono">{status.data?.endpoint}</span>
        <span className="spacer" />
        <CreateQueue onCreated={setChosen} />
        <Button onClick={() => runAction('sandbox.faults')}>Faults…</Button>
      </div>
      <ReadFailed read={status} />
      {faults === null ? null : (
        <Notice tone="warning" title="Faults are on">
          <p>
            <code className="break">{faults}</code>
          </p>
        </Notice>
      )}
      {status.data && queues.length === 0 ? (
        <Empty title="No queue yet">
          <p>A queue is created here, or when a workflow sends to sandbox:NAME for the first time.</p>
        </Empty>
      ) : null}
      {queues.length > 0 ? <QueueTable queues={queues} chosen={queue} onChoose={setChosen} /> : null}
      {queue ? (
        <QueueMessages
          key={queue.name}
          queue={queue}
          others={queues.filter((other) => other !== queue).map(({ name }) => name)}
        />
      ) : null}
      {faulting ? <FaultsDialog current={faults} onClose={() => setFaulting(false)} /> : null}
    </div>
  );
}
