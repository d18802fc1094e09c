import { changeCause, eventKind } from '../../preload/contract/values.ts';
import { useAnswer } from '../data/queries.ts';
import { causeWords } from '../history/cause-words.ts';
import { UserSearch } from '../message/user-search.tsx';
import { FieldError, SelectField, TextField } from '../ui/controls.tsx';
import { count, instant } from '../ui/format.ts';
import { type FieldsProps, NOT_SENT } from './request.ts';

function AudienceChoice({ workflow, form, errors, set }: FieldsProps) {
  const toggle = (slug: string, on: boolean) =>
    set({ audiences: on ? [...form.audiences, slug] : form.audiences.filter((other) => other !== slug) });
  return (
    <fieldset className="field wide">
      <legend>Audiences</legend>
      <div className="row check-row">
        {workflow.audiences.map((slug) => (
          <label key={slug} className="inline-check">
            <input
              type="checkbox"
              checked={form.audiences.includes(slug)}
              onChange={(event) => toggle(slug, event.target.checked)}
            />
            {slug}
          </label>
        ))}
      </div>
      <p className="hint">None ticked means all audiences of the workflow.</p>
      <FieldError error={errors.audiences} />
    </fieldset>
  );
}

/** The imports that changes came from, the newest first, by their files. */
function ImportChoice({ form, set }: Pick<FieldsProps, 'form' | 'set'>) {
  const batches = useAnswer('batch', 'list', { limit: 200 });
  const rows = (batches.data?.rows ?? []).filter(({ state }) => state === 'done');
  return (
    <SelectField
      label="Import"
      value={form.batch}
      disabled={form.kind !== 'replay'}
      onChange={(event) => set({ batch: event.target.value })}
    >
      <option value="">All imports</option>
      {rows.map(({ batch, source, kind, startedAt }) => (
        <option key={batch} value={batch}>
          {batch} · {source || kind} · {instant(startedAt)}
        </option>
      ))}
    </SelectField>
  );
}

/** Whether earlier runs matter: all, what this workflow has not sent yet, or what failed in one of its runs. */
function EarlierRuns({ workflow, form, set }: Omit<FieldsProps, 'errors'>) {
  const runs = useAnswer('run', 'list', { workflow: workflow.name, limit: 100 });
  const failed = (runs.data?.rows ?? []).filter((run) => !run.dryRun && run.parked + run.failed > 0);
  return (
    <SelectField
      label="Earlier runs"
      value={form.earlier}
      disabled={form.kind !== 'replay'}
      onChange={(event) => set({ earlier: event.target.value })}
      hint={
        form.earlier === NOT_SENT
          ? 'To the queue that the workflow names now; tests, backfills and dry runs do not count.'
          : undefined
      }
    >
      <option value="">All changes, sent before or not</option>
      <option value={NOT_SENT}>Not yet sent by this workflow</option>
      {failed.map((run) => (
        <option key={run.id} value={run.id}>
          {`Failed in the ${run.kind} of ${instant(run.createdAt)} (${count(run.parked + run.failed)})`}
        </option>
      ))}
    </SelectField>
  );
}

/** Which changes of the history become messages. */
export function WhatFields(props: FieldsProps) {
  const { workflow, form, errors, set } = props;
  const replay = form.kind === 'replay';
  return (
    <fieldset className="columns card">
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
      <UserSearch
        label="Only this user"
        placeholder="all users"
        value={form.userId}
        onChange={(userId) => set({ userId })}
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
      <SelectField
        label="Cause"
        value={form.cause}
        disabled={!replay}
        onChange={(event) => set({ cause: changeCause.safeParse(event.target.value).data ?? '' })}
      >
        <option value="">All causes</option>
        {changeCause.options.map((option) => (
          <option key={option} value={option}>
            {causeWords[option]}
          </option>
        ))}
      </SelectField>
      <ImportChoice form={form} set={set} />
      <EarlierRuns workflow={workflow} form={form} set={set} />
      <AudienceChoice {...props} />
    </fieldset>
  );
}
