import type { DomainHandlers, EngineContext } from '../context.ts';
import { inTransaction } from '../store/store.ts';
import { listWorkflows, removeWorkflow, requireWorkflow, saveWorkflow } from './store.ts';
import { readWorkflowFile, writeWorkflowFile } from './workflow-file.ts';

/** Answers `workflow.*`: the stored workflows and their files. */
export function createWorkflowHandlers({
  store,
  clock,
  newId,
  emit,
}: Pick<EngineContext, 'store' | 'clock' | 'newId' | 'emit'>): DomainHandlers<'workflow'> {
  const { db } = store;
  const changed = () => emit('storeChanged', { tables: ['workflow'] });
  const tools = () => ({ nowMs: clock(), newId });

  return {
    list: () => ({ rows: listWorkflows(db) }),
    show: ({ name }) => requireWorkflow(db, name),
    save: ({ workflow, previousName }) => {
      const stored = saveWorkflow(db, workflow, previousName, tools());
      changed();
      return stored;
    },
    remove: ({ name }) => {
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
    export: ({ name, out }) => {
      writeWorkflowFile(out, requireWorkflow(db, name));
      return { file: out };
    },
  };
}
