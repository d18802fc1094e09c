import { useState } from 'react';
import type { ChangeRow } from '../../preload/contract/history.ts';
import { useAnswer } from '../data/queries.ts';
import { layOutJson } from '../message/json-layout.ts';
import { MessageBody } from '../message/message-body.tsx';
import { useTestSend } from '../message/test-send.ts';
import { Button, SelectField } from '../ui/controls.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { DiffView } from '../ui/diff-view.tsx';
import { count } from '../ui/format.ts';
import { ReadFailed } from '../ui/notice.tsx';
import { justAfter } from './just-after.ts';

interface ChangeMessageProps {
  change: ChangeRow;
  /** The body that was archived with the change; null for a change that Segue found itself. */
  recorded: string | null;
}

/** The exact message in which a workflow sends a change, beside what was recorded and what was last sent. */
export function ChangeMessage({ change, recorded }: ChangeMessageProps) {
  const workflows = useAnswer('workflow', 'list', {});
  const names = (workflows.data?.rows ?? [])
    .filter(({ audiences }) => audiences.includes(change.audience))
    .map(({ name }) => name);
  const [chosen, setChosen] = useState<string | null>(null);
  const workflow = names.find((name) => name === chosen) ?? names[0];
  // A plan of this one instant: the very message that a replay of it would send.
  const plan = useAnswer(
    'run',
    'plan',
    {
      workflow: workflow ?? '',
      kind: 'replay',
      selection: { userId: change.user_id, from: change.at, to: justAfter(change.at) },
    },
    { enabled: workflow !== undefined, keep: true },
  );
  if (workflow === undefined) return <p className="hint">No workflow has this audience.</p>;
  const sample = plan.data?.samples[0];
  return (
    <>
      {names.length > 1 ? (
        <SelectField label="Workflow" value={workflow} onChange={(event) => setChosen(event.target.value)}>
          {names.map((name) => (
            <option key={name} value={name}>
              {name}
            </option>
          ))}
        </SelectField>
      ) : (
        <p className="hint">
          As {workflow} sends it{sample ? `, ${count(sample.bytes)} bytes` : ''}.
        </p>
      )}
      <ReadFailed read={plan} />
      {plan.data && sample === undefined ? (
        <p className="hint">{workflow} does not send events of this kind.</p>
      ) : null}
      {sample ? (
        <>
          <Comparisons workflow={workflow} seq={change.seq} body={sample.body} recorded={recorded} />
          <MessageBody label="Message of this change" body={sample.body} />
        </>
      ) : null}
    </>
  );
}

interface ComparisonsProps {
  workflow: string;
  seq: number;
  body: string;
  recorded: string | null;
}

/** The body in which a workflow sent a change last: by a run, else by the last test of this session; null for neither. */
function useLastSent(workflow: string, seq: number): string | null {
  const test = useTestSend((state) => state.tests[workflow]);
  const runs = useAnswer('run', 'ofChange', { seq });
  const sent = runs.data?.rows.find(
    (row) => row.workflow === workflow && row.state === 'sent' && !row.dryRun,
  );
  const message = useAnswer(
    'run',
    'message',
    { id: sent?.id ?? '', n: sent?.n ?? 0 },
    { enabled: sent !== undefined },
  );
  if (sent !== undefined) return message.data?.body ?? null;
  return test?.state === 'sent' ? test.result.body : null;
}

function Comparisons({ workflow, seq, body, recorded }: ComparisonsProps) {
  const lastSent = useLastSent(workflow, seq);
  const [before, setBefore] = useState<{ label: string; text: string } | null>(null);
  const choices = [
    { button: 'Compare with the recorded message', label: 'Recorded', text: recorded },
    { button: 'Compare with the last one sent', label: 'Last sent', text: lastSent },
  ];
  return (
    <div className="row">
      {choices.map(({ button, label, text }) =>
        text === null ? null : (
          <Button key={label} small onClick={() => setBefore({ label, text: layOutJson(text).text })}>
            {button}
          </Button>
        ),
      )}
      {before === null ? null : (
        <Dialog title={`${before.label} and this message`} wide onClose={() => setBefore(null)}>
          <DiffView before={before} after={{ label: 'This message', text: layOutJson(body).text }} />
        </Dialog>
      )}
    </div>
  );
}
