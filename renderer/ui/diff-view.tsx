import { MergeView } from '@codemirror/merge';
import { EditorState } from '@codemirror/state';
import { EditorView } from '@codemirror/view';
import { useEffect, useRef } from 'react';
import { codeExtensions } from './code-view.tsx';

interface DiffViewProps {
  before: { label: string; text: string };
  after: { label: string; text: string };
}

/** Two texts side by side with their differences marked; unchanged stretches are folded. */
export function DiffView({ before, after }: DiffViewProps) {
  const host = useRef<HTMLDivElement>(null);
  const { label: beforeLabel, text: beforeText } = before;
  const { label: afterLabel, text: afterText } = after;
  useEffect(() => {
    if (host.current === null) return;
    const side = (label: string, doc: string) => ({
      doc,
      extensions: [
        codeExtensions(label, 'json'),
        EditorState.readOnly.of(true),
        EditorView.editable.of(false),
      ],
    });
    const view = new MergeView({
      parent: host.current,
      a: side(beforeLabel, beforeText),
      b: side(afterLabel, afterText),
      collapseUnchanged: { margin: 3, minSize: 6 },
    });
    return () => view.destroy();
  }, [beforeLabel, beforeText, afterLabel, afterText]);
  return (
    <div className="diff">
      <div className="diff-titles" aria-hidden="true">
        <span>{beforeLabel}</span>
        <span>{afterLabel}</span>
      </div>
      <div className="diff-body" ref={host} />
      {beforeText === afterText ? <p className="hint">Both texts are equal.</p> : null}
    </div>
  );
}
