import { type FormEvent, useState } from 'react';
import type { RunRequest } from '../../preload/contract/run.ts';
import { eventKind } from '../../preload/contract/values.ts';
import type { Workflow } from '../../preload/contract/workflow.ts';
import { UserSearch } from '../message/user-search.tsx';
import { Button, CheckField, FieldError, SelectField, TextField } from '../ui/controls.tsx';
import { type ReplayErrors, type ReplayForm, readReplay } from './request.ts';

interface ChooseStepProps {
  workflow: Workflow;
  form: ReplayForm;
  onChange: (form: ReplayForm) => void;
  onPlan: (request: RunRequest) => void;
}

/** The first step: which changes, and how they are sent. */
export function ChooseStep({ workflow, form, onChange, onPlan }: ChooseStepProps) {
  const [errors, setErrors] = useState<ReplayErrors>({});
  const set = (part: Partial<ReplayForm>) => {
    onChange({ ...form, ...part });
    setErrors({});
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const read = readReplay(form, workflow.name);
    if ('request' in read) onPlan(read.request);
    else setErrors(read.errors);
  };
  const replay = form.kind === 'replay';
  const toggle = (slug: string, on: boolean) =>
    set({ audiences: on ? [...form.audiences, slug] : form.audiences.filter((other) => other !== slug) });
  return (
    <form className="step-form" aria-label="Choose" onSubmit={submit}>
      <fieldset className="columns">
        <legend>What</legend>
        <SelectField
          label="Kind"
          value={form.kind}
          onChange={(event) => set({ kind: event.target.value === 'backfill' ? 'backfill' : 'replay' })}
          hint={
            replay ? 'Changes of the history, as they happened.' : 'Everyone now in the audiences, as enter.'
          }
        >
          <option value="replay">Replay</option>
          <option value="backfill">Backfill</option>
        </SelectField>
        <TextField
          label="From (UTC)"
          placeholder="beginning of the history"
          value={form.from}
          disabled={!replay}
          onChange={(event) => set({ from: event.target.value })}
          error={errors.from}
        />
        <TextField
          label="To (UTC)"
          placeholder="end of the history"
          value={form.to}
          disabled={!replay}
          onChange={(event) => set({ to: event.target.value })}
          error={errors.to}
          hint="Not included."
        />
        <SelectField
          label="Event"
          value={form.event}
          disabled={!replay}
          onChange={(event) => set({ event: eventKind.safeParse(event.target.value).data ?? '' })}
        >
          <option value="">All events of the workflow</option>
          {eventKind.options.map((option) => (
            <option key={option} value={option}>
              {option}
            </option>
          ))}
        </SelectField>
        <UserSearch
          label="Only this user"
          placeholder="all users"
          value={form.userId}
          onChange={(userId) => set({ userId })}
        />
        <fieldset className="field wide">
          <legend>Audiences</legend>
          <div className="checklist">
            {workflow.audiences.map((slug) => (
              <label key={slug}>
                <input
                  type="checkbox"
                  checked={form.audiences.includes(slug)}
                  onChange={(event) => toggle(slug, event.target.checked)}
                />
                <span className="slug">{slug}</span>
              </label>
            ))}
          </div>
          <p className="hint">None ticked means all audiences of the workflow.</p>
          <FieldError error={errors.audiences} />
        </fieldset>
      </fieldset>
      <fieldset className="columns">
        <legend>How</legend>
        <SelectField
          label="Profile"
          value={replay ? form.profile : 'current'}
          disabled={!replay}
          onChange={(event) => set({ profile: event.target.value === 'current' ? 'current' : 'as-of' })}
        >
          <option value="as-of">As it was at the change</option>
          <option value="current">As it is now</option>
        </SelectField>
        <TextField
          label="Messages per second"
          placeholder="no limit"
          inputMode="decimal"
          value={form.rate}
          onChange={(event) => set({ rate: event.target.value })}
          error={errors.rate}
        />
        <TextField
          label="Concurrency"
          inputMode="numeric"
          value={form.concurrency}
          onChange={(event) => set({ concurrency: event.target.value })}
          error={errors.concurrency}
          hint="Requests in flight at most."
        />
        <TextField
          label="Maximum messages"
          placeholder="no maximum"
          inputMode="numeric"
          value={form.max}
          onChange={(event) => set({ max: event.target.value })}
          error={errors.max}
        />
        <TextField
          label="Stop after failures"
          placeholder="never"
          inputMode="numeric"
          value={form.stopAfter}
          onChange={(event) => set({ stopAfter: event.target.value })}
          error={errors.stopAfter}
        />
        <CheckField
          label="Dry run"
          checked={form.dryRun}
          onChange={(event) => set({ dryRun: event.target.checked })}
          hint="Does everything but the requests."
        />
      </fieldset>
      <footer className="row end">
        <Button submit variant="primary">
          Plan
        </Button>
      </footer>
    </form>
  );
}
