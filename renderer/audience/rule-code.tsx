import { type Diagnostic, setDiagnostics } from '@codemirror/lint';
import type { Text } from '@codemirror/state';
import { type EditorView, ViewPlugin } from '@codemirror/view';
import { useEffect, useRef, useState } from 'react';
import { useAnswer } from '../data/queries.ts';
import { CodeView } from '../ui/code-view.tsx';
import { type RuleNames, ruleLanguage } from './rule-language.ts';

/** Something to underline, at a line and column from 1. */
export interface RuleMark {
  readonly severity: 'error' | 'warning';
  readonly line: number;
  readonly column: number;
  readonly message: string;
}

interface RuleCodeProps {
  text: string;
  marks: readonly RuleMark[];
  onChange: (text: string) => void;
}

function diagnosticOf({ severity, line, column, message }: RuleMark, doc: Text): Diagnostic {
  const at = doc.line(Math.max(1, Math.min(line, doc.lines)));
  const from = Math.min(at.to, at.from + Math.max(0, column - 1));
  const word = /^[^\s(),]+/.exec(doc.sliceString(from, at.to))?.[0] ?? '';
  // At the end of a line nothing stands that could be underlined: the character before it is.
  const start = word === '' && from === at.to ? Math.max(at.from, from - 1) : from;
  return { from: start, to: Math.max(start, Math.min(at.to, from + word.length)), severity, message };
}

/** The text of a rule, coloured, with completion of names and with its faults underlined in place. */
export function RuleCode({ text, marks, onChange }: RuleCodeProps) {
  const fields = useAnswer('profile', 'fields', {});
  const audiences = useAnswer('audience', 'list', {});
  const language = useAnswer('audience', 'language', {});
  const names = useRef<RuleNames>({ fields: [], audiences: [], functions: [] });
  names.current = {
    fields: fields.data?.fields ?? [],
    audiences: audiences.data?.rows.map(({ slug }) => slug) ?? [],
    functions: language.data?.functions ?? [],
  };
  const view = useRef<EditorView | null>(null);
  const [extensions] = useState(() => [
    ruleLanguage(() => names.current),
    ViewPlugin.define((editor) => {
      view.current = editor;
      return {};
    }),
  ]);

  useEffect(() => {
    const editor = view.current;
    if (editor === null) return;
    const found = marks.map((mark) => diagnosticOf(mark, editor.state.doc));
    editor.dispatch(setDiagnostics(editor.state, found));
  }, [marks]);

  return (
    <CodeView label="Rule text" language="text" text={text} onChange={onChange} extensions={extensions} />
  );
}
