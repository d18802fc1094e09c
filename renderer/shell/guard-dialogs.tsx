import { useState } from 'react';
import { Button, TextField } from '../ui/controls.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { Notice } from '../ui/notice.tsx';
import { type Doing, useGuard } from './guard.ts';

const words: Record<Doing, { title: string; warning: string; no: string; yes: string }> = {
  send: {
    title: 'Send to production',
    warning: 'Messages that reach the queue stay sent.',
    no: 'Do not send',
    yes: 'Send to production',
  },
  drain: {
    title: 'Drain a production queue',
    warning: 'Messages are deleted from the queue; the archive is then the only copy.',
    no: 'Keep the messages',
    yes: 'Drain queue',
  },
};

function NameQuestion({ workflow, what, does }: { workflow: string; what: string; does: Doing }) {
  const { title, warning, no, yes } = words[does];
  const answer = useGuard((state) => state.answer);
  const [typed, setTyped] = useState('');
  return (
    <Dialog title={title} description={what} onClose={() => answer(false)}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (typed === workflow) answer(true);
        }}
      >
        <Notice tone="warning" title="Production">
          <p>{warning}</p>
        </Notice>
        <TextField
          label="Name of the workflow"
          hint={`Type ${workflow} to go on.`}
          value={typed}
          onChange={(event) => setTyped(event.target.value)}
        />
        <footer>
          <Button onClick={() => answer(false)}>{no}</Button>
          <Button submit variant="danger" disabled={typed !== workflow}>
            {yes}
          </Button>
        </footer>
      </form>
    </Dialog>
  );
}

/** The questions of `guarded`, shown above whatever view asked. */
export function GuardDialogs() {
  const { question, answer } = useGuard();
  if (question === null) return null;
  if (question.kind === 'name') return <NameQuestion {...question} />;
  return (
    <Dialog title="Unknown host" description={question.message} onClose={() => answer(false)}>
      <p>
        Messages and their profile data go to <strong>{question.host}</strong>.
      </p>
      <footer>
        <Button onClick={() => answer(false)}>Do not send</Button>
        <Button variant="primary" onClick={() => answer(true)}>
          Trust this host
        </Button>
      </footer>
    </Dialog>
  );
}
