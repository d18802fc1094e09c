import { useMutation } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import type { OutputOf } from '../../preload/contract/call.ts';
import type { Contract } from '../../preload/contract/contract.ts';
import { api, newJobId } from '../bridge.ts';
import { useAnswer } from '../data/queries.ts';
import { jobShare, jobText, useJobs } from '../import/job-store.ts';
import { useDebounced } from '../message/use-debounced.ts';
import { useNavigation } from '../shell/navigation.ts';
import { Button, TextField } from '../ui/controls.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { count } from '../ui/format.ts';
import { ErrorNotice, Notice, ReadFailed } from '../ui/notice.tsx';
import { Progress } from '../ui/progress.tsx';
import { toastDone } from '../ui/toasts.tsx';
import { RuleCode, type RuleMark } from './rule-code.tsx';
import { type RuleDraft, useRuleDrafts } from './rule-drafts.ts';
import { RuleEffect } from './rule-effect.tsx';
import { type PreviewState, useRulePreview } from './use-rule-preview.ts';

const TYPING_MS = 300;

type Checked = OutputOf<Contract['audience']['checkRule']>;

/** What to underline: where the text does not parse, otherwise names that nobody knows. */
function marksOf(checked: Checked | undefined, state: PreviewState | null): RuleMark[] {
  if (checked === undefined) return [];
  if (!checked.valid) {
    const { line, column, message } = checked;
    return [{ severity: 'error', line, column, message }];
  }
  return (state?.preview?.warnings ?? []).map(({ line, column, message, suggestion }) => ({
    severity: 'warning',
    line,
    column,
    message: suggestion === null ? message : `${message} Did you mean ${suggestion}?`,
  }));
}

interface RuleEditorProps {
  /** The audience as it is stored; null for a new one. */
  saved: RuleDraft | null;
  onClose: () => void;
}

/** Edits the rule of an audience, or of a new one, with its effect beside it. What is not saved is kept when it closes. */
export function RuleEditor({ saved, onClose }: RuleEditorProps) {
  const key = saved?.slug ?? '';
  const stored = saved ?? { slug: '', name: '', text: 'FILTER ' };
  const draft = useRuleDrafts(({ drafts }) => drafts[key]) ?? stored;
  const { edit, drop } = useRuleDrafts();
  const audiences = useAnswer('audience', 'list', {});
  const openAudience = useNavigation((state) => state.openAudience);
  const slug = draft.slug.trim();
  const taken = saved === null && (audiences.data?.rows.some((row) => row.slug === slug) ?? false);

  const text = useDebounced(draft.text, TYPING_MS);
  const settledSlug = useDebounced(slug, TYPING_MS);
  const hasText = text.trim() !== '' && text.trim().toUpperCase() !== 'FILTER';
  const check = useAnswer('audience', 'checkRule', { text }, { enabled: hasText });
  const checked = hasText ? check.data : undefined;
  const effect = useRulePreview(checked?.valid ? text : null, settledSlug === '' ? null : settledSlug);
  const marks = useMemo(
    () => marksOf(checked, effect?.text === text ? effect : null),
    [checked, effect, text],
  );

  const [job] = useState(newJobId);
  const progress = useJobs(({ jobs }) => jobs[job]);
  const save = useMutation({
    mutationFn: () =>
      api.audience.saveRule({
        slug,
        filter: draft.text,
        jobId: job,
        ...(draft.name.trim() === '' ? {} : { name: draft.name.trim() }),
      }),
    onSuccess: ({ entered, exited }) => {
      drop(key);
      toastDone(`Saved ${slug}: ${count(entered)} entered, ${count(exited)} left`);
      openAudience(slug);
      onClose();
    },
  });
  const settled = text === draft.text && checked?.valid === true;
  const changed = draft.text !== stored.text || draft.name !== stored.name || draft.slug !== stored.slug;

  return (
    <Dialog
      title={saved === null ? 'New rule audience' : `Rule of ${saved.slug}`}
      wide
      description="FilterQL. Nothing changes before it is saved."
      onClose={onClose}
    >
      <div className="rule-names">
        {saved === null ? (
          <TextField
            label="Slug"
            value={draft.slug}
            error={taken ? 'There is an audience with this slug already' : undefined}
            onChange={(event) => edit(key, { ...draft, slug: event.target.value })}
          />
        ) : null}
        <TextField
          label="Name"
          value={draft.name}
          onChange={(event) => edit(key, { ...draft, name: event.target.value })}
        />
      </div>
      <div className="rule-code">
        <RuleCode text={draft.text} marks={marks} onChange={(next) => edit(key, { ...draft, text: next })} />
      </div>
      <div aria-live="polite" className="rule-faults">
        <ReadFailed read={check} />
        {marks.map(({ severity, line, column, message }) => (
          <Notice key={message} tone={severity} title={`Line ${line}, column ${column}`}>
            <p>{message}</p>
          </Notice>
        ))}
      </div>
      <RuleEffect state={effect} text={draft.text} />
      {save.error ? <ErrorNotice error={save.error} /> : null}
      {save.isPending ? (
        <Progress
          label="Saving"
          share={progress ? jobShare(progress) : null}
          text={progress ? jobText(progress) : 'Saving'}
        />
      ) : null}
      <footer>
        <Button disabled={!changed || save.isPending} onClick={() => drop(key)}>
          {saved === null ? 'Start again' : 'Back to the saved rule'}
        </Button>
        <Button
          variant="primary"
          disabled={slug === '' || taken || !settled || !changed || save.isPending}
          onClick={() => save.mutate()}
        >
          Save
        </Button>
      </footer>
    </Dialog>
  );
}
