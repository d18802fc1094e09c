import { useMutation } from '@tanstack/react-query';
import { CircleCheck } from 'lucide-react';
import { useState } from 'react';
import type { MessageChoice, SendResult } from '../../preload/contract/message.ts';
import { runAction, useAction } from '../actions/handlers.ts';
import { api, describeError } from '../bridge.ts';
import { guarded } from '../shell/guard.ts';
import { useNavigation } from '../shell/navigation.ts';
import { Button } from '../ui/controls.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { DiffView } from '../ui/diff-view.tsx';
import { count } from '../ui/format.ts';
import { ErrorNotice } from '../ui/notice.tsx';
import { layOutJson } from './json-layout.ts';

interface SendTestProps {
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
      <h3>
        <CircleCheck aria-hidden size={16} /> Sent in {count(Math.round(result.milliseconds))} ms
      </h3>
      <dl className="facts">
        <dt>Message id</dt>
        <dd className="mono">{result.messageId}</dd>
        <dt>MD5</dt>
        <dd className="mono">{result.md5}</dd>
        <dt>Queue</dt>
        <dd className="mono break">{result.queueUrl}</dd>
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
export function SendTest({ choice, environment, dirty, ensureSaved, body }: SendTestProps) {
  const send = useMutation({
    mutationFn: async () => {
      const workflow = await ensureSaved();
      if (workflow === null) return null;
      const what = `One test message of ${choice.userId} goes to the queue of ${workflow}.`;
      return guarded({ workflow, environment, what }, (guards) =>
        api.message.send({ workflow, ...choice, ...guards }),
      );
    },
  });
  const ready = choice.userId !== '' && !send.isPending;
  useAction('message.send', () => send.mutate(), ready);
  const cancelled = send.error !== null && describeError(send.error).code === 'CANCELLED';
  return (
    <>
      <div className="row">
        <Button
          variant="primary"
          action="message.send"
          disabled={!ready}
          onClick={() => runAction('message.send')}
        >
          {send.isPending ? 'Sending' : 'Send test'}
        </Button>
        {dirty ? <span className="hint">Unsaved changes are saved before sending.</span> : null}
      </div>
      <div aria-live="polite">
        {cancelled ? <p className="hint">Nothing was sent.</p> : null}
        {send.error && !cancelled ? <ErrorNotice error={send.error} /> : null}
        {send.data ? <ResultCard result={send.data} body={body} /> : null}
      </div>
    </>
  );
}
