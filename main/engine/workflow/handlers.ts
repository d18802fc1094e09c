import type { DomainHandlers, EngineContext } from '../context.ts';
import { requireNotLive } from '../live/live-store.ts';
import { inTransaction } from '../store/store.ts';
import { listWorkflows, removeWorkflow, requireWorkflow, saveWorkflow } from './store.ts';
import { readWorkflowFile, writeWorkflowFile } from './workflow-file.ts';

/** Answers `workflow.*` but for the live mode: the stored workflows and their files. */
export function createWorkflowHandlers({
  store,
  clock,
  newId,
  emit,
}: Pick<EngineContext, 'store' | 'clock' | 'newId' | 'emit'>): Omit<DomainHandlers<'workflow'>, 'setLive'> {
  const { db } = store;
  const changed = () => emit('storeChanged', { tables: ['workflow'] });
  const tools = () => ({ nowMs: clock(), newId });

  return {
    list: () => ({ rows: listWorkflows(db) }),
    show: ({ name }) => requireWorkflow(db, name),
    save: ({ workflow, previousName }) => {
      if (previousName !== undefined && previousName !== workflow.name) requireNotLive(db, previousName);
      const stored = saveWorkflow(db, workflow, previousName, tools());
      changed();
      return stored;
    },
    remove: ({ name }) => {
      requireNotLive(db, name);
      removeWorkflow(db, name);
      changed();
      return { name };
    },
    import: ({ path }) => {
      const drafts = readWorkflowFile(path);
      const imported = inTransaction(db, () =>
        drafts.map((draft) => saveWorkflow(db, draft, undefined, tools()).name),
      );
      changed();
      return { imported };
    },
    export: async ({ name, out }) => {
      await writeWorkflowFile(out, requireWorkflow(db, name));
      return { file: out };
    },
  };
}
