import { Plus } from 'lucide-react';
import { runAction } from '../actions/handlers.ts';
import { useAnswer } from '../data/queries.ts';
import { useNavigation } from '../shell/navigation.ts';
import { Button } from '../ui/controls.tsx';
import { EnvironmentBadge } from '../ui/environment-badge.tsx';
import { type DraftState, isDirty } from './draft.ts';
import { useDrafts } from './draft-store.ts';

/** The saved workflows and those that were begun, each with its environment and a mark for unsaved edits. */
export function WorkflowList() {
  const saved = useAnswer('workflow', 'list', {});
  const drafts = useDrafts((state) => state.drafts);
  const { workflow: current, openWorkflow } = useNavigation();
  const begun = Object.entries(drafts).flatMap(([key, draft]) =>
    draft.saved === null ? [{ key, draft }] : [],
  );
  const entry = (
    key: string,
    name: string,
    environment: DraftState['present']['environment'],
    dirty: boolean,
  ) => (
    <li key={key}>
      <button
        type="button"
        aria-current={key === current ? 'true' : undefined}
        onClick={() => openWorkflow(key)}
      >
        <span className="list-name">
          {name || 'Unnamed'}
          {dirty ? <span className="dirty"> · unsaved</span> : null}
        </span>
        <EnvironmentBadge environment={environment} />
      </button>
    </li>
  );
  return (
    <aside className="side-list" aria-label="Workflow list">
      <div className="side-head">
        <h1>Workflows</h1>
        <Button small action="workflow.new" onClick={() => runAction('workflow.new')}>
          <Plus aria-hidden size={14} /> New workflow
        </Button>
      </div>
      <ul>
        {begun.map(({ key, draft }) => entry(key, draft.present.name, draft.present.environment, true))}
        {(saved.data?.rows ?? []).map((row) => {
          const draft = drafts[row.name];
          return entry(
            row.name,
            row.name,
            draft?.present.environment ?? row.environment,
            draft !== undefined && isDirty(draft),
          );
        })}
      </ul>
    </aside>
  );
}
