import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import type { OutputOf } from '../../preload/contract/call.ts';
import type { Contract } from '../../preload/contract/contract.ts';
import { runAction } from '../actions/handlers.ts';
import { api } from '../bridge.ts';
import { useAnswer } from '../data/queries.ts';
import { AttributesEditor } from '../message/attributes-editor.tsx';
import { sourceLineOf } from '../message/json-layout.ts';
import { ProblemList } from '../message/problem-list.tsx';
import { sizeLine } from '../message/size-line.ts';
import { useDebounced } from '../message/use-debounced.ts';
import { CodeView } from '../ui/code-view.tsx';
import { Button } from '../ui/controls.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { count } from '../ui/format.ts';
import { ErrorNotice, ReadFailed } from '../ui/notice.tsx';
import { toastDone } from '../ui/toasts.tsx';
import { beginDraft, draftBody, useMessageDrafts } from './message-drafts.ts';

type RunMessage = OutputOf<Contract['run']['message']>;

interface EditMessageProps {
  run: string;
  message: RunMessage;
  onClose: () => void;
}

/** Corrects a parked message: body and attributes, with what the queue would say to them; the next retry sends it. */
export function EditMessage({ run, message, onClose }: EditMessageProps) {
  const { n } = message;
  const key = `${run} ${n}`;
  const { drafts, edit, drop } = useMessageDrafts();
  const [jump, setJump] = useState<{ line: number } | null>(null);
  const draft = drafts[key] ?? beginDraft(message.body, message.attributes);
  const target = { id: run, n, body: draftBody(draft), attributes: [...draft.attributes] };
  const settled = useDebounced(JSON.stringify(target), 250);
  const asked: typeof target = JSON.parse(settled);
  const check = useAnswer('run', 'editMessage', { ...asked, dryRun: true }, { keep: true });
  const save = useMutation({
    mutationFn: (_retry: boolean) => api.run.editMessage(target),
    onSuccess: (_, retry) => {
      drop(key);
      toastDone(`Message ${count(n)} saved for the next retry`);
      onClose();
      if (retry) runAction('run.retry');
    },
  });
  const errors = check.data?.problems.filter(({ severity }) => severity === 'error').length ?? 0;
  const changed = drafts[key] !== undefined;
  const ready = changed && errors === 0 && settled === JSON.stringify(target) && !save.isPending;
  return (
    <Dialog
      title={`Edit message ${count(n)} of ${message.userId}`}
      description={message.errorMessage ?? 'The message is parked; a retry sends it as it stands here.'}
      wide
      onClose={onClose}
    >
      <div className="row">
        <p className="size-line" role="status" aria-label="Message size">
          {check.data ? sizeLine(check.data) : 'Checking'}
        </p>
        <span className="spacer" />
        {draft.laidOut ? <span className="hint">Stored without white space between values.</span> : null}
      </div>
      <div className="dialog-code">
        <CodeView
          label={`Body of message ${n}`}
          text={draft.text}
          onChange={(text) => text === draft.text || edit(key, { ...draft, text })}
          jump={jump}
        />
      </div>
      {check.data ? (
        <ProblemList
          problems={check.data.problems}
          onPath={(pointer) => setJump({ line: sourceLineOf(draft.text, pointer) })}
        />
      ) : null}
      <AttributesEditor
        attributes={draft.attributes}
        onChange={(attributes) => edit(key, { ...draft, attributes })}
      />
      <ReadFailed read={check} />
      {save.error ? <ErrorNotice error={save.error} /> : null}
      <footer>
        <Button variant="quiet" disabled={!changed} onClick={() => drop(key)}>
          Discard edits
        </Button>
        <span className="spacer" />
        <Button onClick={onClose}>Close</Button>
        <Button disabled={!ready} onClick={() => save.mutate(true)}>
          Save and retry parked
        </Button>
        <Button variant="primary" disabled={!ready} onClick={() => save.mutate(false)}>
          Save for retry
        </Button>
      </footer>
    </Dialog>
  );
}
