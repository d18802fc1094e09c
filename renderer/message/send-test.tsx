import { CircleCheck } from 'lucide-react';
import { useState } from 'react';
import type { MessageChoice, SendResult } from '../../preload/contract/message.ts';
import { runAction, useAction } from '../actions/handlers.ts';
import { api } from '../bridge.ts';
import { guarded } from '../shell/guard.ts';
import { useNavigation } from '../shell/navigation.ts';
import { Button } from '../ui/controls.tsx';
import { CopyValue } from '../ui/copy-value.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { DiffView } from '../ui/diff-view.tsx';
import { count } from '../ui/format.ts';
import { ErrorNotice } from '../ui/notice.tsx';
import { orToast } from '../ui/toasts.tsx';
import { layOutJson } from './json-layout.ts';
import { runTest, useTestSend } from './test-send.ts';

interface SendTestProps {
  /** The saved name; null for a workflow that was never saved. */
  workflow: string | null;
  choice: Pick<MessageChoice, 'userId' | 'shape' | 'audiences'>;
  environment: string;
  dirty: boolean;
  /** Saves the draft when it has edits; null when it cannot be saved. */
  ensureSaved: () => Promise<string | null>;
  /** The body that the preview shows now, for the comparison with what was sent. */
  body: string | null;
}

function ResultCard({ result, body }: { result: SendResult; body: string | null }) {
  const [comparing, setComparing] = useState(false);
  const go = useNavigation((state) => state.go);
  return (
    <section className="card result" aria-label="Test result">
      <h2>
        <CircleCheck aria-hidden size={16} /> Sent in {count(Math.round(result.milliseconds))} ms
      </h2>
      <dl className="facts">
        <dt>Message id</dt>
        <dd>
          <CopyValue label="Message id" value={result.messageId} />
        </dd>
        <dt>MD5</dt>
        <dd className="mono">{result.md5}</dd>
        <dt>Queue</dt>
        <dd>
          <CopyValue label="Queue" value={result.queueUrl} />
        </dd>
        {result.sequenceNumber === null ? null : (
          <>
            <dt>Sequence number</dt>
            <dd className="mono">{result.sequenceNumber}</dd>
          </>
        )}
      </dl>
      <div className="row">
        <Button small disabled={body === null} onClick={() => setComparing(true)}>
          Compare with the preview
        </Button>
        <Button small onClick={() => go({ name: 'run', id: result.runId })}>
          Show run
        </Button>
      </div>
      {comparing && body !== null ? (
        <Dialog
          title="Compare the last message sent with the preview"
          wide
          onClose={() => setComparing(false)}
        >
          <DiffView
            before={{ label: 'Last sent', text: layOutJson(result.body).text }}
            after={{ label: 'Preview', text: layOutJson(body).text }}
          />
        </Dialog>
      ) : null}
    </section>
  );
}

/** The button that sends one test message, and its outcome. */
export function SendTest({
  workflow: savedName,
  choice,
  environment,
  dirty,
  ensureSaved,
  body,
}: SendTestProps) {
  const test = useTestSend((state) => (savedName === null ? undefined : state.tests[savedName]));
  const sending = test?.state === 'sending';
  const send = async () => {
    const workflow = await ensureSaved();
    if (workflow === null) return;
    const what = `One test message of ${choice.userId} goes to the queue of ${workflow}.`;
    await runTest(workflow, () =>
      guarded({ workflow, environment, what }, (guards) =>
        api.message.send({ workflow, ...choice, ...guards }),
      ),
    );
  };
  const ready = choice.userId !== '' && !sending;
  useAction('message.send', () => orToast(send()), ready);
  return (
    <>
      <div className="row">
        <Button
          variant="primary"
          action="message.send"
          disabled={!ready}
          onClick={() => runAction('message.send')}
        >
          {sending ? 'Sending' : 'Send test'}
        </Button>
        {dirty ? <span className="hint">Unsaved changes are saved before sending.</span> : null}
      </div>
      <div aria-live="polite">
        {test?.state === 'cancelled' ? <p className="hint">Nothing was sent.</p> : null}
        {test?.state === 'failed' ? <ErrorNotice error={test.error} /> : null}
        {test?.state === 'sent' ? <ResultCard result={test.result} body={body} /> : null}
      </div>
    </>
  );
}
