import { useState } from 'react';
import type { Workflow } from '../../preload/contract/workflow.ts';
import { api } from '../bridge.ts';
import { useAnswer } from '../data/queries.ts';
import { guarded } from '../shell/guard.ts';
import { Button } from '../ui/controls.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { Notice } from '../ui/notice.tsx';
import { orToast, toastDone } from '../ui/toasts.tsx';

interface LiveSwitchProps {
  workflow: Pick<Workflow, 'name' | 'environment' | 'queueUrl' | 'existingUsers'>;
  dirty: boolean;
}

/** Switches a saved workflow live, after a question that says what that means, and off again. */
export function LiveSwitch({ workflow, dirty }: LiveSwitchProps) {
  const [asking, setAsking] = useState(false);
  const { name, environment } = workflow;
  const live = useAnswer('live', 'list', {}).data?.rows.find((row) => row.workflow === name);

  const switchOn = async () => {
    setAsking(false);
    const what = `Changes of the audiences of ${name} are sent from now on, by themselves.`;
    await guarded({ workflow: name, environment, what }, (guards) =>
      api.workflow.setLive({ name, live: true, ...guards }),
    );
    toastDone(`${name} is live`);
  };
  const switchOff = async () => {
    await api.workflow.setLive({ name, live: false });
    toastDone(`Live mode of ${name} is off`);
  };

  if (live !== undefined) {
    return (
      <Button variant="danger" title={`Switch live mode of ${name} off`} onClick={() => orToast(switchOff())}>
        Stop live
      </Button>
    );
  }
  return (
    <>
      <Button onClick={() => setAsking(true)} disabled={dirty}>
        Go live…
      </Button>
      {asking ? (
        <Dialog
          title={`Switch ${name} live`}
          description="Changes are sent to the queue as they arise: from imports, edited rules and the clock."
          onClose={() => setAsking(false)}
        >
          <Notice tone="warning" title="What reaches the queue stays sent">
            <p>Undoing an import takes nothing back from the queue. Archived messages are not sent.</p>
          </Notice>
          <p>
            Destination: <strong className="break">{workflow.queueUrl}</strong> ({environment})
          </p>
          <p>
            {workflow.existingUsers
              ? 'Existing Users is on: everyone now in the audiences is sent first, as enter.'
              : 'Existing Users is off: only changes from now on are sent.'}
          </p>
          <p>Later edits of the workflow take effect when it is switched off and on again.</p>
          <footer>
            <Button onClick={() => setAsking(false)}>Stay off</Button>
            <Button variant="danger" onClick={() => orToast(switchOn())}>
              Go live
            </Button>
          </footer>
        </Dialog>
      ) : null}
    </>
  );
}
