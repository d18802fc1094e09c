import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { api } from '../bridge.ts';
import { Button, SelectField } from '../ui/controls.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { plural } from '../ui/format.ts';
import { ErrorNotice } from '../ui/notice.tsx';
import { toastDone } from '../ui/toasts.tsx';

interface RedriveDialogProps {
  queue: string;
  others: readonly string[];
  onClose: () => void;
}

/** Moves the visible messages of a sandbox queue on, as SQS redrives a dead-letter queue: each gets a new message id. */
export function RedriveDialog({ queue, others, onClose }: RedriveDialogProps) {
  const [to, setTo] = useState('');
  const move = useMutation({
    mutationFn: () => api.sandbox.redrive({ queue, to: to === '' ? null : to }),
    onSuccess: ({ moved }) => {
      toastDone(
        moved === 0
          ? `No message of ${queue} could be moved`
          : `${plural(moved, 'message')} of ${queue} moved to ${to || 'where they came from'}`,
      );
      onClose();
    },
  });
  return (
    <Dialog
      title={`Redrive ${queue}`}
      description="Moves every visible message to another queue. Messages in flight and delayed ones stay."
      onClose={onClose}
    >
      <form
        onSubmit={(event) => {
          event.preventDefault();
          move.mutate();
        }}
      >
        <SelectField
          label="To"
          value={to}
          onChange={(event) => setTo(event.target.value)}
          hint={to === '' ? 'Only messages that a redrive policy moved here have such a queue.' : undefined}
        >
          <option value="">the queue that each message came from</option>
          {others.map((name) => (
            <option key={name} value={name}>
              {name}
            </option>
          ))}
        </SelectField>
        {move.error ? <ErrorNotice error={move.error} /> : null}
        <footer>
          <Button onClick={onClose}>Close</Button>
          <Button submit variant="primary" disabled={move.isPending}>
            Redrive
          </Button>
        </footer>
      </form>
    </Dialog>
  );
}
