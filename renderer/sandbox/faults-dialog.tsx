import { useMutation } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { api } from '../bridge.ts';
import { Button, TextField } from '../ui/controls.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { ErrorNotice } from '../ui/notice.tsx';
import { toastDone } from '../ui/toasts.tsx';
import { type FaultForm, faultKinds, readFaults, writeFaults } from './faults.ts';

/** Which shares of the requests to the sandbox go wrong, so that retries and reports can be seen at work. */
export function FaultsDialog({ current, onClose }: { current: string | null; onClose: () => void }) {
  const [form, setForm] = useState<FaultForm>(() => readFaults(current));
  const { spec, wrong } = writeFaults(form);
  const set = useMutation({
    mutationFn: (next: string | null) => api.sandbox.setFaults({ spec: next }),
    onSuccess: ({ faults }) => {
      toastDone(faults === null ? 'Faults are off' : `Faults set: ${faults}`);
      onClose();
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (wrong.length === 0) set.mutate(spec);
  };
  return (
    <Dialog
      title="Faults of the sandbox"
      description="Percent of the requests, or of the entries of a batch, that go wrong. For all queues, until Segue ends."
      onClose={onClose}
    >
      <form onSubmit={submit}>
        <div className="columns">
          {faultKinds.map(({ name, title, about }) => (
            <TextField
              key={name}
              label={`${title} (%)`}
              placeholder="0"
              inputMode="decimal"
              value={form.percent[name] ?? ''}
              hint={about}
              error={wrong.includes(name) ? 'A number from 0 to 100' : undefined}
              onChange={(event) =>
                setForm({ ...form, percent: { ...form.percent, [name]: event.target.value } })
              }
            />
          ))}
          <TextField
            label="Delay"
            placeholder="none"
            value={form.delay}
            hint="Such as 50ms or 2s; 50ms@0.2 for a share of the requests."
            onChange={(event) => setForm({ ...form, delay: event.target.value })}
          />
        </div>
        <p className="hint">
          As the command line writes it: <code className="break">--faults {spec ?? '(none)'}</code>
        </p>
        {set.error ? <ErrorNotice error={set.error} /> : null}
        <footer>
          <Button disabled={current === null || set.isPending} onClick={() => set.mutate(null)}>
            Turn faults off
          </Button>
          <span className="spacer" />
          <Button onClick={onClose}>Close</Button>
          <Button submit variant="primary" disabled={wrong.length > 0 || set.isPending}>
            Set faults
          </Button>
        </footer>
      </form>
    </Dialog>
  );
}
