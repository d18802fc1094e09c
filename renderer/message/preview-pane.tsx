import { useState } from 'react';
import { workflowFile } from '../../preload/contract/workflow.ts';
import { useAnswer } from '../data/queries.ts';
import { SelectField } from '../ui/controls.tsx';
import { ReadFailed } from '../ui/notice.tsx';
import type { Draft } from '../workflow/draft.ts';
import { AttributesTable } from './attributes-table.tsx';
import { MessageBody } from './message-body.tsx';
import { ProblemList } from './problem-list.tsx';
import { SendTest } from './send-test.tsx';
import { shapeChoice, testShapes } from './shapes.ts';
import { sizeLine } from './size-line.ts';
import { useTestChoice } from './test-choice.ts';
import { useDebounced } from './use-debounced.ts';
import { UserSearch } from './user-search.tsx';
import './message.css';

interface PreviewPaneProps {
  /** The saved name; null for a workflow that was never saved. */
  workflow: string | null;
  draft: Draft;
  dirty: boolean;
  ensureSaved: () => Promise<string | null>;
  onField: (field: string) => void;
}

/** The exact message of a draft for a chosen user and shape, as it changes; and the test that sends it. */
export function PreviewPane({ workflow, draft, dirty, ensureSaved, onField }: PreviewPaneProps) {
  const first = useAnswer('profile', 'list', { limit: 1 });
  const { user: typedUser, shape: shapeId, audience } = useTestChoice();
  const [jump, setJump] = useState<{ pointer: string } | null>(null);

  // Until a person chooses, the first stored user shows what a message looks like.
  const userId = (typedUser ?? first.data?.rows[0]?.userId ?? '').trim();
  const choice = { userId, ...shapeChoice(shapeId, audience, draft.audiences) };
  const settled = useDebounced(JSON.stringify({ draft, choice }), 200);
  const asked: { draft: unknown; choice: typeof choice } = JSON.parse(settled);
  const parsed = workflowFile.safeParse(asked.draft);
  const preview = useAnswer(
    'message',
    'preview',
    { ...asked.choice, ...(parsed.success ? { draft: parsed.data } : {}) },
    { enabled: parsed.success && asked.choice.userId !== '', keep: true },
  );
  const result =
    parsed.success && asked.choice.userId !== '' && preview.error === null ? preview.data : undefined;

  return (
    <section className="preview" aria-label="Preview">
      <div className="preview-choice">
        <UserSearch
          label="User"
          value={typedUser ?? userId}
          onChange={(user) => useTestChoice.setState({ user })}
        />
        <SelectField
          label="Shape"
          value={shapeId}
          onChange={(event) =>
            useTestChoice.setState({
              shape: testShapes.find(({ id }) => id === event.target.value)?.id ?? 'enter',
            })
          }
        >
          {testShapes.map(({ id, title }) => (
            <option key={id} value={id}>
              {title}
            </option>
          ))}
        </SelectField>
        <SelectField
          label="Audience"
          value={choice.audiences[0] ?? ''}
          disabled={shapeId === 'several' || draft.audiences.length === 0}
          onChange={(event) => useTestChoice.setState({ audience: event.target.value })}
        >
          {choice.audiences.length === 0 ? <option value="">all of the workflow</option> : null}
          {draft.audiences.map((slug) => (
            <option key={slug} value={slug}>
              {slug}
            </option>
          ))}
        </SelectField>
      </div>
      <SendTest
        workflow={workflow}
        choice={choice}
        environment={draft.environment}
        dirty={dirty}
        ensureSaved={ensureSaved}
        body={result?.body ?? null}
      />
      <p className="size-line" role="status" aria-label="Message size">
        {result
          ? sizeLine(result)
          : parsed.success
            ? 'No message to show'
            : 'The form has errors; the preview waits.'}
      </p>
      {parsed.success ? <ReadFailed read={preview} /> : null}
      {asked.choice.userId === '' ? (
        <p className="hint">No user chosen. Import profiles or type a user key.</p>
      ) : null}
      {result ? (
        <>
          <ProblemList
            problems={result.problems}
            onField={onField}
            onPath={(pointer) => setJump({ pointer })}
          />
          <MessageBody label="Message body" body={result.body} jump={jump} />
          <h2>Message attributes</h2>
          <AttributesTable attributes={result.attributes} />
        </>
      ) : null}
    </section>
  );
}
