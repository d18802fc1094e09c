import { useState } from 'react';
import { Button, TextField } from '../ui/controls.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { Notice } from '../ui/notice.tsx';
import { useGuard } from './guard.ts';

function NameQuestion({ workflow, what }: { workflow: string; what: string }) {
  const answer = useGuard((state) => state.answer);
  const [typed, setTyped] = useState('');
  return (
    <Dialog title="Send to production" description={what} onClose={() => answer(false)}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (typed === workflow) answer(true);
        }}
      >
        <Notice tone="warning" title="Production">
          <p>Messages that reach the queue stay sent.</p>
        </Notice>
        <TextField
          label="Name of the workflow"
          hint={`Type ${workflow} to go on.`}
          value={typed}
          onChange={(event) => setTyped(event.target.value)}
        />
        <footer>
          <Button onClick={() => answer(false)}>Do not send</Button>
          <Button submit variant="danger" disabled={typed !== workflow}>
            Send to production
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
  if (question.kind === 'name') return <NameQuestion workflow={question.workflow} what={question.what} />;
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
