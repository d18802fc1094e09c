import type { Workflow } from '../../../preload/contract/workflow.ts';
import type { DomainHandlers, EngineContext } from '../context.ts';
import { SegueError } from '../core/errors.ts';
import { sendTest } from '../run/test-send.ts';
import { findWorkflow, requireWorkflow, type WorkflowDraft } from '../workflow/store.ts';
import { prepareTestMessage } from './test-message.ts';

/** Stands in the preview of a draft that has never been saved; saving gives it a subscription id of its own. */
const UNSAVED_SUBSCRIPTION = '0'.repeat(32);

/** Answers `message.*`: the exact message before it is sent, and one test message by hand. */
export function createMessageHandlers(engine: EngineContext): DomainHandlers<'message'> {
  return {
    preview: ({ workflow, draft, ...choice }) => {
      const { body, bytes, limitBytes, attributes, problems } = prepareTestMessage(
        engine,
        previewed(engine, workflow, draft),
        choice,
      );
      return { body, bytes, limitBytes, attributes, problems: [...problems] };
    },
    send: (input, context) => sendTest(engine, input, context),
  };
}

function previewed(
  { store }: EngineContext,
  name: string | undefined,
  draft: WorkflowDraft | undefined,
): Workflow {
  if (draft === undefined) {
    if (name !== undefined) return requireWorkflow(store.db, name);
    throw new SegueError('INVALID_INPUT', 'A preview needs a workflow: name a stored one, or pass a draft.', {
      field: 'workflow',
    });
  }
  const stored = findWorkflow(store.db, name ?? draft.name);
  return {
    ...draft,
    subscriptionId: draft.subscriptionId ?? stored?.subscriptionId ?? UNSAVED_SUBSCRIPTION,
  };
}
