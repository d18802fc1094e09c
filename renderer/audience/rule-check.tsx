import { useState } from 'react';
import { useAnswer } from '../data/queries.ts';
import { useDebounced } from '../message/use-debounced.ts';
import { CodeView } from '../ui/code-view.tsx';
import { Button } from '../ui/controls.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { ErrorNotice, Notice } from '../ui/notice.tsx';

/** Checks the text of a rule as it is typed; nothing is stored. */
export function RuleCheck({ initial, onClose }: { initial: string; onClose: () => void }) {
  const [text, setText] = useState(initial);
  const [jump, setJump] = useState<{ line: number; column: number } | null>(null);
  const settled = useDebounced(text, 250);
  const checked = useAnswer(
    'audience',
    'checkRule',
    { text: settled },
    { enabled: settled.trim() !== '', keep: true },
  );
  const result = settled.trim() === '' ? undefined : checked.data;
  return (
    <Dialog
      title="Check a rule"
      wide
      description="FilterQL; the text is checked, not stored."
      onClose={onClose}
    >
      <div className="dialog-code">
        <CodeView label="Rule text" language="text" text={text} onChange={setText} jump={jump} />
      </div>
      <div aria-live="polite">
        {checked.error ? <ErrorNotice error={checked.error} /> : null}
        {result?.valid ? (
          <Notice title="The rule is valid">
            <p className="mono break">{result.canonical}</p>
            <p>{result.fields.length > 0 ? `Fields: ${result.fields.join(', ')}` : 'No field is used.'}</p>
          </Notice>
        ) : null}
        {result && !result.valid ? (
          <Notice tone="error" title={`Line ${result.line}, column ${result.column}`}>
            <p>{result.message}</p>
            {result.expected.length > 0 ? <p>Expected: {result.expected.join(', ')}</p> : null}
            <Button small onClick={() => setJump({ line: result.line, column: result.column })}>
              Go to the place
            </Button>
          </Notice>
        ) : null}
      </div>
    </Dialog>
  );
}
