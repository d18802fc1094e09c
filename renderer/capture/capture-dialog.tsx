import { useMutation } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import type { CaptureResult } from '../../preload/contract/capture.ts';
import { useAction } from '../actions/handlers.ts';
import { api, describeError, newJobId } from '../bridge.ts';
import { useAnswer } from '../data/queries.ts';
import { ImportFigures } from '../import/import-outcome.tsx';
import { jobShare, jobText, useJobs } from '../import/job-store.ts';
import { emptyImport, type ImportSummary, runImport } from '../import/kinds.ts';
import { guarded } from '../shell/guard.ts';
import { useNavigation } from '../shell/navigation.ts';
import { Button } from '../ui/controls.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { ErrorNotice, Notice } from '../ui/notice.tsx';
import { Progress } from '../ui/progress.tsx';
import { orToast } from '../ui/toasts.tsx';
import { CaptureFields } from './capture-fields.tsx';
import {
  type CaptureErrors,
  type CaptureForm,
  captureLines,
  emptyCapture,
  readCapture,
} from './capture-form.ts';
import { type CaptureStart, openCapture, useCapture } from './capture-store.ts';

interface Captured {
  readonly result: CaptureResult;
  readonly history: ImportSummary | null;
}

/** Runs the capture as the job `jobId`, then reads its archive into the history where that is asked for. */
async function capture(form: CaptureForm, environment: string, jobId: string): Promise<Captured> {
  const read = readCapture(form);
  if ('errors' in read) throw new Error(Object.values(read.errors)[0]);
  const { request } = read;
  const run = (guards: object) => api.capture.run({ ...request, ...guards, jobId });
  const target = {
    workflow: form.workflow,
    environment: form.mode === 'drain' && form.workflow !== '' ? environment : 'sandbox',
    does: 'drain' as const,
    what: `Draining deletes the messages of ${form.queue || `the queue of ${form.workflow}`}.`,
  };
  const result = await guarded(target, run);
  const history =
    form.intoHistory && result.captured > 0 ? await importArchive(result.file, newJobId()) : null;
  return { result, history };
}

function importArchive(path: string, jobId: string): Promise<ImportSummary> {
  return runImport('archive', { ...emptyImport, path }, jobId);
}

function Outcome({ captured, onClose }: { captured: Captured; onClose: () => void }) {
  const { result } = captured;
  const go = useNavigation((state) => state.go);
  const late = useMutation({ mutationFn: () => importArchive(result.file, newJobId()) });
  const history = captured.history ?? late.data ?? null;
  return (
    <div role="status" aria-label="Capture result" className="stack">
      <ul className="summary">
        {captureLines(result).map((line) => (
          <li key={line}>{line}</li>
        ))}
      </ul>
      <dl className="facts">
        <dt>Queue</dt>
        <dd className="mono break">{result.queueUrl}</dd>
        <dt>Archive</dt>
        <dd className="mono break">{result.file}</dd>
      </dl>
      {history === null ? null : (
        <section className="card" aria-label="In the history">
          <ImportFigures summary={history} />
        </section>
      )}
      {late.error ? <ErrorNotice error={late.error} /> : null}
      <footer>
        <Button onClick={() => orToast(api.app.showFile({ path: result.file }))}>Show file</Button>
        {history === null && result.captured > 0 ? (
          <Button disabled={late.isPending} onClick={() => late.mutate()}>
            {late.isPending ? 'Importing' : 'Import into history'}
          </Button>
        ) : null}
        {history === null ? null : (
          <Button
            onClick={() => {
              onClose();
              go({ name: 'history' });
            }}
          >
            Open history
          </Button>
        )}
        <Button variant="primary" onClick={onClose}>
          Done
        </Button>
      </footer>
    </div>
  );
}

function Question({ form, onBack, onGo }: { form: CaptureForm; onBack: () => void; onGo: () => void }) {
  return (
    <>
      <Notice tone="warning" title="Draining deletes messages">
        <p>
          Each message of <strong className="break">{form.queue || form.workflow}</strong> is deleted from the
          queue once its line is in the file. The file is then the only copy.
        </p>
      </Notice>
      <footer>
        <Button onClick={onBack}>Back</Button>
        <Button variant="danger" onClick={onGo}>
          Drain queue
        </Button>
      </footer>
    </>
  );
}

function CaptureDialog({ start, onClose }: { start: CaptureStart; onClose: () => void }) {
  const [form, setForm] = useState<CaptureForm>({ ...emptyCapture, ...start });
  const [errors, setErrors] = useState<CaptureErrors>({});
  const [asking, setAsking] = useState(false);
  const [jobId, setJobId] = useState(newJobId);
  const progress = useJobs((state) => state.jobs[jobId]);
  const workflows = useAnswer('workflow', 'list', {});
  const environment =
    workflows.data?.rows.find(({ name }) => name === form.workflow)?.environment ?? 'sandbox';
  const work = useMutation({ mutationFn: () => capture(form, environment, jobId) });
  const begin = () => {
    setAsking(false);
    setJobId(newJobId());
    work.mutate();
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const read = readCapture(form);
    setErrors('errors' in read ? read.errors : {});
    if ('errors' in read) return;
    if (form.mode === 'drain') setAsking(true);
    else begin();
  };
  const failed = work.error !== null && describeError(work.error).code !== 'CANCELLED';
  return (
    <Dialog
      title="Capture messages"
      description={
        work.data
          ? undefined
          : 'Receives what a queue holds, a dead-letter queue mostly, into an archive that can be inspected and replayed.'
      }
      onClose={() => (work.isPending ? undefined : onClose())}
    >
      {work.data ? <Outcome captured={work.data} onClose={onClose} /> : null}
      {asking ? <Question form={form} onBack={() => setAsking(false)} onGo={begin} /> : null}
      {work.data || asking ? null : (
        <form onSubmit={submit} noValidate>
          <CaptureFields
            form={form}
            errors={errors}
            workflows={workflows.data?.rows ?? []}
            onChange={(next) => {
              setForm(next);
              setErrors({});
            }}
          />
          {failed ? <ErrorNotice error={work.error} /> : null}
          {work.isPending ? (
            <Progress
              label="Capture progress"
              share={progress ? jobShare(progress) : null}
              text={progress ? jobText(progress) : 'Receiving'}
            />
          ) : null}
          <footer>
            {work.isPending ? (
              <Button onClick={() => orToast(api.job.cancel({ jobId }))}>Cancel capture</Button>
            ) : (
              <Button onClick={onClose}>Close</Button>
            )}
            <Button submit variant="primary" disabled={work.isPending}>
              {form.mode === 'peek' ? 'Peek' : 'Drain…'}
            </Button>
          </footer>
        </form>
      )}
    </Dialog>
  );
}

/** The dialog of the capture action, available from every view; it begins with the queue of the workflow in hand. */
export function CaptureDialogs() {
  const start = useCapture((state) => state.start);
  const workflow = useNavigation((state) => state.workflow);
  const saved = useAnswer('workflow', 'list', {}).data?.rows.find(({ name }) => name === workflow);
  useAction('capture.open', () =>
    openCapture(saved === undefined ? {} : { workflow: saved.name, queue: saved.queueUrl }),
  );
  if (start === null) return null;
  return <CaptureDialog start={start} onClose={() => useCapture.setState({ start: null })} />;
}
