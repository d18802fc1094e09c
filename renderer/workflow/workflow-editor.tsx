import { useQueryClient } from '@tanstack/react-query';
import { Redo2, Undo2 } from 'lucide-react';
import { useState } from 'react';
import { FormProvider } from 'react-hook-form';
import { runAction, useAction } from '../actions/handlers.ts';
import { api } from '../bridge.ts';
import { useAnswer } from '../data/queries.ts';
import { PreviewPane } from '../message/preview-pane.tsx';
import { useNavigation } from '../shell/navigation.ts';
import { Button, IconButton } from '../ui/controls.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { DiffView } from '../ui/diff-view.tsx';
import { ActionMenu } from '../ui/menu.tsx';
import { orToast, toastDone } from '../ui/toasts.tsx';
import { AdvancedFields } from './advanced-fields.tsx';
import { BasicFields } from './basic-fields.tsx';
import { copyName, type DraftState, draftText, isDirty } from './draft.ts';
import { useDrafts } from './draft-store.ts';
import { LiveSwitch } from './live-switch.tsx';
import { useWorkflowForm } from './use-workflow-form.ts';

interface EditorProps {
  draftKey: string;
  draft: DraftState;
}

/** Moves the focus to the form field that a problem names; opens the advanced section when the field is in there. */
function focusField(name: string): void {
  const field = name.split(/[.[]/)[0] ?? name;
  const element = document.querySelector<HTMLElement>(
    `[data-field="${CSS.escape(field)}"], [name="${CSS.escape(field)}"]`,
  );
  const section = element?.closest('details');
  if (section) section.open = true;
  element?.focus();
  element?.scrollIntoView({ block: 'center' });
}

function useEditorActions(
  { draftKey, draft }: EditorProps,
  save: () => Promise<string | null>,
  compare: () => void,
) {
  const { undo, redo, begin, drop } = useDrafts();
  const { openWorkflow, go } = useNavigation();
  const workflows = useAnswer('workflow', 'list', {});
  const queries = useQueryClient();
  const savedName = draft.saved?.name ?? null;

  const remove = async () => {
    const { saved } = draft;
    if (saved !== null) {
      await api.workflow.remove({ name: saved.name });
      // The list first, or the editor would open the removed row again.
      await queries.invalidateQueries({ queryKey: ['workflow.list'] });
    }
    drop(draftKey);
    openWorkflow(null);
    if (saved === null) return;
    toastDone(`Workflow ${saved.name} removed`, () => orToast(api.workflow.save({ workflow: saved })));
  };
  const exportFile = async (name: string) => {
    const { path } = await api.app.chooseSaveFile({ title: 'Export workflow', defaultName: `${name}.json` });
    if (path === null) return;
    const { file } = await api.workflow.export({ name, out: path });
    toastDone(`Workflow written to ${file}`);
  };
  const duplicate = () => {
    const taken = (workflows.data?.rows ?? []).map((row) => row.name);
    const { subscriptionId: _own, ...rest } = draft.present;
    openWorkflow(begin({ ...rest, name: copyName(draft.present.name, taken) }));
  };
  const replay = async () => {
    const name = await save();
    if (name !== null) go({ name: 'replay', workflow: name });
  };

  useAction('workflow.save', () => orToast(save()));
  useAction('workflow.undo', () => undo(draftKey), draft.past.length > 0);
  useAction('workflow.redo', () => redo(draftKey), draft.future.length > 0);
  useAction('workflow.diff', compare);
  useAction('workflow.duplicate', duplicate);
  useAction('workflow.remove', () => orToast(remove()));
  useAction('workflow.export', () => savedName && orToast(exportFile(savedName)), savedName !== null);
  useAction('replay.open', () => orToast(replay()));
}

/** One workflow: its form on the left, the live preview on the right. */
export function WorkflowEditor({ draftKey, draft }: EditorProps) {
  const form = useWorkflowForm(draftKey, draft);
  const queries = useQueryClient();
  const { open, drop } = useDrafts();
  const openWorkflow = useNavigation((state) => state.openWorkflow);
  const [comparing, setComparing] = useState(false);
  const dirty = isDirty(draft);

  /** Saves a draft with edits; the stored name, or null when the form has errors, which then show. */
  const save = async (): Promise<string | null> => {
    if (!dirty && draft.saved !== null) return draft.saved.name;
    let name: string | null = null;
    await form.handleSubmit(
      async (workflow) => {
        const stored = await api.workflow.save({
          workflow,
          ...(draft.saved ? { previousName: draft.saved.name } : {}),
        });
        await queries.invalidateQueries({ queryKey: ['workflow.list'] });
        drop(draftKey);
        open(stored);
        openWorkflow(stored.name);
        toastDone(`Workflow ${stored.name} saved`);
        name = stored.name;
      },
      (errors) => {
        const first = Object.keys(errors)[0];
        if (first !== undefined) focusField(first);
      },
    )();
    return name;
  };
  useEditorActions({ draftKey, draft }, save, () => setComparing(true));

  return (
    <FormProvider {...form}>
      <form
        className="editor"
        aria-label="Workflow"
        data-undo-scope
        onSubmit={(event) => {
          event.preventDefault();
          orToast(save());
        }}
      >
        <div className="toolbar">
          <Button submit variant="primary" action="workflow.save">
            Save
          </Button>
          <IconButton
            small
            label="Undo"
            action="workflow.undo"
            disabled={draft.past.length === 0}
            onClick={() => runAction('workflow.undo')}
          >
            <Undo2 aria-hidden size={16} />
          </IconButton>
          <IconButton
            small
            label="Redo"
            action="workflow.redo"
            disabled={draft.future.length === 0}
            onClick={() => runAction('workflow.redo')}
          >
            <Redo2 aria-hidden size={16} />
          </IconButton>
          <span className={dirty ? 'dirty' : 'muted'} role="status">
            {dirty ? 'Unsaved' : 'Saved'}
          </span>
          <span className="spacer" />
          <div className="row together">
            {draft.saved === null ? null : <LiveSwitch workflow={draft.saved} dirty={dirty} />}
            <Button action="replay.open" onClick={() => runAction('replay.open')}>
              Replay…
            </Button>
            <ActionMenu
              label="More"
              ids={['workflow.diff', 'workflow.duplicate', 'workflow.export', 'workflow.remove']}
            />
          </div>
        </div>
        <div className="editor-fields">
          <BasicFields />
          <AdvancedFields />
        </div>
      </form>
      <PreviewPane
        workflow={draft.saved?.name ?? null}
        draft={draft.present}
        dirty={dirty}
        ensureSaved={save}
        onField={focusField}
      />
      {comparing ? (
        <Dialog title="Compare draft and saved" wide onClose={() => setComparing(false)}>
          <DiffView
            before={{ label: 'Saved', text: draft.saved === null ? '' : draftText(draft.saved) }}
            after={{ label: 'Draft', text: draftText(draft.present) }}
          />
        </Dialog>
      ) : null}
    </FormProvider>
  );
}
