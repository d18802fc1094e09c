import { useMutation } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { api, describeError, newJobId } from '../bridge.ts';
import { Button, CheckField, Field, SelectField, TextField } from '../ui/controls.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { ErrorNotice } from '../ui/notice.tsx';
import { Progress } from '../ui/progress.tsx';
import { orToast } from '../ui/toasts.tsx';
import { ImportOutcome } from './import-outcome.tsx';
import { jobShare, jobText, useJobs } from './job-store.ts';
import {
  emptyImport,
  type ImportForm,
  type ImportKind,
  importKinds,
  importProblem,
  runImport,
} from './kinds.ts';
import './import.css';

interface OptionsProps {
  kind: ImportKind;
  form: ImportForm;
  set: (part: Partial<ImportForm>) => void;
}

function Options({ kind, form, set }: OptionsProps) {
  if (kind === 'audiences') return null;
  const check = (name: 'replace' | 'partial' | 'dryRun' | 'strict', label: string, hint: string) => (
    <CheckField
      label={label}
      hint={hint}
      checked={form[name]}
      onChange={(event) => set({ [name]: event.target.checked })}
    />
  );
  return (
    <>
      {kind === 'archive' || kind === 'events' ? null : (
        <div className="columns">
          <TextField
            label={kind === 'snapshot' ? 'Taken at (UTC)' : 'Valid from (UTC)'}
            placeholder={kind === 'snapshot' ? '2026-11-23 00:00' : 'now'}
            value={form.at}
            onChange={(event) => set({ at: event.target.value })}
          />
          <SelectField
            label="Format"
            value={form.format}
            onChange={(event) => set({ format: event.target.value })}
          >
            <option value="">by name and first bytes</option>
            <option value="ndjson">NDJSON</option>
            <option value="json">JSON array</option>
            <option value="csv">CSV</option>
          </SelectField>
          <TextField
            label="Key field"
            placeholder="the workspace's own"
            value={form.key}
            onChange={(event) => set({ key: event.target.value })}
          />
        </div>
      )}
      {kind === 'profiles'
        ? check('replace', 'Replace', 'A line replaces the whole profile instead of merging into it.')
        : null}
      {kind === 'snapshot'
        ? check('partial', 'Partial', 'Users who are absent from the file keep their memberships.')
        : null}
      {kind === 'snapshot' ? check('dryRun', 'Dry run', 'Counts the changes without storing them.') : null}
      {check('strict', 'Strict', 'One bad line takes the whole import back.')}
    </>
  );
}

/** Chooses a file and its options, imports it with progress, and says what came of it. */
export function ImportDialog({ kind, onClose }: { kind: ImportKind; onClose: () => void }) {
  const { title, about, extensions } = importKinds[kind];
  const [form, setForm] = useState(emptyImport);
  const [jobId] = useState(newJobId);
  const progress = useJobs((state) => state.jobs[jobId]);
  const work = useMutation({ mutationFn: () => runImport(kind, form, jobId) });
  const problem = importProblem(kind, form);
  const cancelled = work.error !== null && describeError(work.error).code === 'CANCELLED';
  const set = (part: Partial<ImportForm>) => setForm({ ...form, ...part });
  const choose = async () => {
    const { path } = await api.app.chooseFile({ title, extensions });
    if (path !== null) setForm((before) => ({ ...before, path }));
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (problem === null) work.mutate();
  };
  if (work.data) {
    return (
      <Dialog title={title} onClose={onClose}>
        <ImportOutcome summary={work.data} onClose={onClose} />
      </Dialog>
    );
  }
  return (
    <Dialog title={title} description={about} onClose={() => (work.isPending ? undefined : onClose())}>
      <form onSubmit={submit}>
        <Field label="File">
          {(control) => (
            <div className="row">
              <input
                type="text"
                {...control}
                value={form.path}
                spellCheck={false}
                onChange={(event) => set({ path: event.target.value })}
              />
              <Button onClick={() => orToast(choose())}>Choose…</Button>
            </div>
          )}
        </Field>
        <Options kind={kind} form={form} set={set} />
        {cancelled ? (
          <p role="status">Cancelled: the store is as it was.</p>
        ) : work.error ? (
          <ErrorNotice error={work.error} />
        ) : null}
        {work.isPending ? (
          <Progress
            label="Import progress"
            share={progress ? jobShare(progress) : null}
            text={progress ? jobText(progress) : 'Starting'}
          />
        ) : null}
        <footer>
          {work.isPending ? (
            <Button onClick={() => orToast(api.job.cancel({ jobId }))}>Cancel import</Button>
          ) : (
            <Button onClick={onClose}>Close</Button>
          )}
          <Button
            submit
            variant="primary"
            disabled={problem !== null || work.isPending}
            title={problem ?? undefined}
          >
            Import
          </Button>
        </footer>
      </form>
    </Dialog>
  );
}
