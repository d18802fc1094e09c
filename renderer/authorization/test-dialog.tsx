import { useMutation } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { api } from '../bridge.ts';
import { useAnswer } from '../data/queries.ts';
import { regionOfQueueUrl } from '../shell/queue-target.ts';
import { Button, TextField } from '../ui/controls.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { count } from '../ui/format.ts';
import { ErrorNotice, Notice } from '../ui/notice.tsx';

/** Asks a queue for its attributes with saved keys; nothing is sent to it. */
export function TestDialog({ name, onClose }: { name: string; onClose: () => void }) {
  const workflows = useAnswer('workflow', 'list', {});
  const known = [...new Set((workflows.data?.rows ?? []).map((row) => row.queueUrl))].filter((url) =>
    url.startsWith('http'),
  );
  const [typed, setTyped] = useState<string | null>(null);
  const queueUrl = typed ?? known[0] ?? '';
  const test = useMutation({
    mutationFn: () => {
      const region = regionOfQueueUrl(queueUrl);
      return api.authorization.test({ name, queueUrl, ...(region === null ? {} : { region }) });
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (queueUrl !== '') test.mutate();
  };
  return (
    <Dialog
      title={`Test ${name}`}
      description="Reads the queue's attributes; no message is sent."
      onClose={onClose}
    >
      <form onSubmit={submit}>
        <TextField
          label="Queue URL"
          list="test-queues"
          value={queueUrl}
          onChange={(event) => setTyped(event.target.value)}
        />
        <datalist id="test-queues">
          {known.map((url) => (
            <option key={url} value={url} />
          ))}
        </datalist>
        <div aria-live="polite">
          {test.error ? <ErrorNotice error={test.error} /> : null}
          {test.data ? (
            <Notice title={`Access works, ${count(Math.round(test.data.milliseconds))} ms`}>
              <dl className="facts">
                {Object.entries(test.data.attributes).map(([key, value]) => (
                  <div key={key} className="fact">
                    <dt>{key}</dt>
                    <dd className="mono break">{value}</dd>
                  </div>
                ))}
              </dl>
            </Notice>
          ) : null}
        </div>
        <footer>
          <Button onClick={onClose}>Close test</Button>
          <Button submit variant="primary" disabled={queueUrl === '' || test.isPending}>
            {test.isPending ? 'Testing' : 'Test'}
          </Button>
        </footer>
      </form>
    </Dialog>
  );
}
