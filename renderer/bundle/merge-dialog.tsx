import { useMutation } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import type { MergeReport } from '../../preload/contract/bundle.ts';
import { useAction } from '../actions/handlers.ts';
import { api, newJobId } from '../bridge.ts';
import { jobShare, jobText, useJobs } from '../import/job-store.ts';
import { Button, CheckField, Field } from '../ui/controls.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { Facts } from '../ui/facts.tsx';
import { count } from '../ui/format.ts';
import { ErrorNotice, Notice } from '../ui/notice.tsx';
import { Progress } from '../ui/progress.tsx';
import { orToast } from '../ui/toasts.tsx';

const stateWords: Record<MergeReport['state'], string> = {
  completed: 'Completed: each message of the bundle is in the journals exactly once.',
  completed_with_errors: 'Completed with errors: some messages were not sent.',
  incomplete: 'Incomplete: a share is missing or has not ended.',
};

function Report({ report }: { report: MergeReport }) {
  return (
    <div role="status" aria-label="Merged run" className="stack">
      <h3>
        {report.workflow}: {stateWords[report.state]}
      </h3>
      <Facts
        label="Merged figures"
        facts={[
          ['Planned', count(report.planned)],
          ['Sent', count(report.sent)],
          ['Failed', count(report.failed)],
          ['Parked', count(report.parked)],
          ['Left', count(report.pending)],
          ['Possible duplicates', count(report.possibleDuplicates)],
          ['Unaccounted', count(report.unaccounted)],
        ]}
      />
      {report.missing.length > 0 ? (
        <Notice tone="warning" title="Shares without a journal">
          <p>{report.missing.map((index) => `${index}/${report.of}`).join(', ')}</p>
        </Notice>
      ) : null}
      <div className="dialog-scroll">
        <table className="plain" aria-label="Shares">
          <thead>
            <tr>
              <th scope="col">Share</th>
              <th scope="col">State</th>
              <th scope="col" className="right">
                Sent
              </th>
              <th scope="col" className="right">
                Planned
              </th>
            </tr>
          </thead>
          <tbody>
            {report.shares.map((share) => (
              <tr key={share.index}>
                <th scope="row">
                  {share.index}/{report.of}
                </th>
                <td>{share.state.replaceAll('_', ' ')}</td>
                <td className="right">{count(share.sent)}</td>
                <td className="right">{count(share.planned)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </div>
  );
}

/** The paths of a text, one a line. */
function linesOf(text: string): string[] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
}

function MergeDialog({ onClose }: { onClose: () => void }) {
  const [text, setText] = useState('');
  const [out, setOut] = useState('');
  const [allowMissing, setAllowMissing] = useState(false);
  const [jobId] = useState(newJobId);
  const progress = useJobs((state) => state.jobs[jobId]);
  const files = linesOf(text);
  const merge = useMutation({ mutationFn: () => api.bundle.merge({ files, out, allowMissing, jobId }) });
  const add = async () => {
    const { paths } = await api.app.chooseFiles({
      title: 'Journals of the shares',
      extensions: ['ndjson', 'jsonl'],
    });
    setText((before) => [...linesOf(before), ...paths].join('\n'));
  };
  const chooseOut = async () => {
    const { path } = await api.app.chooseSaveFile({ title: 'Merged journal', defaultName: 'merged.ndjson' });
    if (path !== null) setOut(path);
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    merge.mutate();
  };
  return (
    <Dialog
      title="Merge journals"
      description={
        merge.data
          ? undefined
          : 'Joins the journals of a bundle’s shares, and checks that each of its messages is there exactly once.'
      }
      onClose={() => (merge.isPending ? undefined : onClose())}
    >
      {merge.data ? <Report report={merge.data} /> : null}
      <form onSubmit={submit}>
        {merge.data ? null : (
          <>
            <Field label="Journals" hint="One path a line.">
              {(control) => (
                <div className="row">
                  <textarea
                    {...control}
                    rows={5}
                    className="mono"
                    value={text}
                    spellCheck={false}
                    onChange={(event) => setText(event.target.value)}
                  />
                  <Button onClick={() => orToast(add())}>Add files…</Button>
                </div>
              )}
            </Field>
            <Field label="Merged journal">
              {(control) => (
                <div className="row">
                  <input
                    type="text"
                    {...control}
                    value={out}
                    spellCheck={false}
                    onChange={(event) => setOut(event.target.value)}
                  />
                  <Button onClick={() => orToast(chooseOut())}>Choose…</Button>
                </div>
              )}
            </Field>
            <CheckField
              label="Allow missing shares"
              hint="The merged run is then incomplete, and says which shares it lacks."
              checked={allowMissing}
              onChange={(event) => setAllowMissing(event.target.checked)}
            />
          </>
        )}
        {merge.error ? <ErrorNotice error={merge.error} /> : null}
        {merge.isPending ? (
          <Progress
            label="Merge progress"
            share={progress ? jobShare(progress) : null}
            text={progress ? jobText(progress) : 'Starting'}
          />
        ) : null}
        <footer>
          <Button disabled={merge.isPending} onClick={onClose}>
            {merge.data ? 'Done' : 'Close'}
          </Button>
          {merge.data ? null : (
            <Button submit variant="primary" disabled={files.length === 0 || out === '' || merge.isPending}>
              Merge
            </Button>
          )}
        </footer>
      </form>
    </Dialog>
  );
}

/** The dialog of the merge action, available from every view. */
export function MergeDialogs() {
  const [open, setOpen] = useState(false);
  useAction('bundle.merge', () => setOpen(true));
  return open ? <MergeDialog onClose={() => setOpen(false)} /> : null;
}
