import { zodResolver } from '@hookform/resolvers/zod';
import { useEffect } from 'react';
import { useForm, useFormContext } from 'react-hook-form';
import type { z } from 'zod';
import { workflowFile } from '../../preload/contract/workflow.ts';
import { type Draft, type DraftState, draftText } from './draft.ts';
import { useDrafts } from './draft-store.ts';

type FormInput = z.input<typeof workflowFile>;

/** The form of one draft. Its edits go into the draft's history, undo and redo come back into its fields. */
export function useWorkflowForm(key: string, draft: DraftState) {
  const form = useForm<FormInput, unknown, Draft>({
    defaultValues: draft.present,
    resolver: zodResolver(workflowFile),
    mode: 'onChange',
  });
  const { subscribe, reset, getValues } = form;
  useEffect(
    () =>
      subscribe({
        formState: { values: true },
        callback: ({ values, name }) => {
          const { drafts, edit } = useDrafts.getState();
          const before = drafts[key]?.present;
          if (before !== undefined) edit(key, { ...before, ...values }, name ?? '');
        },
      }),
    [subscribe, key],
  );
  useEffect(() => {
    if (draftText({ ...draft.present, ...getValues() }) !== draftText(draft.present)) reset(draft.present);
  }, [draft.present, reset, getValues]);
  return form;
}

/** The form that a field of the editor belongs to. */
export function useWorkflowFields() {
  return useFormContext<FormInput, unknown, Draft>();
}
