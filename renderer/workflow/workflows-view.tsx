import { useEffect } from 'react';
import { useAction } from '../actions/handlers.ts';
import { api } from '../bridge.ts';
import { useAnswer } from '../data/queries.ts';
import { useNavigation } from '../shell/navigation.ts';
import { SampleOffer } from '../shell/sample-offer.tsx';
import { Button } from '../ui/controls.tsx';
import { Empty, ReadFailed } from '../ui/notice.tsx';
import { orToast, toastDone } from '../ui/toasts.tsx';
import { emptyDraft } from './draft.ts';
import { useDrafts } from './draft-store.ts';
import { WorkflowEditor } from './workflow-editor.tsx';
import { WorkflowList } from './workflow-list.tsx';
import './workflow.css';

/** Registers what can be done with workflows from any view. */
export function useWorkflowActions(): void {
  const openWorkflow = useNavigation((state) => state.openWorkflow);
  const begin = useDrafts((state) => state.begin);
  const importFile = async () => {
    const { path } = await api.app.chooseFile({ title: 'Import workflow', extensions: ['json'] });
    if (path === null) return;
    const { imported } = await api.workflow.import({ path });
    toastDone(`Imported ${imported.join(', ')}`);
    openWorkflow(imported[0] ?? null);
  };
  useAction('workflow.new', () => openWorkflow(begin(emptyDraft())));
  useAction('workflow.import', () => orToast(importFile()));
}

/** Workflows: the list, and the editor of the one that is open. */
export function WorkflowsView() {
  const saved = useAnswer('workflow', 'list', {});
  const { workflow: key, openWorkflow } = useNavigation();
  const draft = useDrafts((state) => (key === null ? undefined : state.drafts[key]));
  const { open, begin } = useDrafts();
  const rows = saved.data?.rows;

  useEffect(() => {
    if (rows === undefined) return;
    const chosen = key === null ? rows[0] : rows.find((row) => row.name === key);
    if (chosen === undefined) return;
    open(chosen);
    if (key === null) openWorkflow(chosen.name);
  }, [rows, key, open, openWorkflow]);

  return (
    <div className="workflows">
      <WorkflowList />
      <ReadFailed read={saved} />
      {key !== null && draft !== undefined ? <WorkflowEditor key={key} draftKey={key} draft={draft} /> : null}
      {rows?.length === 0 && draft === undefined ? (
        <Empty title="No workflow yet">
          <p>A workflow says which audience changes go to which queue, and how the message looks.</p>
          <div className="row">
            <Button variant="primary" onClick={() => openWorkflow(begin(emptyDraft()))}>
              Begin a workflow
            </Button>
            <SampleOffer />
          </div>
        </Empty>
      ) : null}
    </div>
  );
}
