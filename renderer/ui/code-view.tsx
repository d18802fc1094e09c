import { defaultKeymap, history, historyKeymap } from '@codemirror/commands';
import { json } from '@codemirror/lang-json';
import { bracketMatching, foldGutter, foldKeymap } from '@codemirror/language';
import { highlightSelectionMatches, searchKeymap } from '@codemirror/search';
import { Compartment, EditorSelection, EditorState, type Extension } from '@codemirror/state';
import { EditorView, keymap, lineNumbers } from '@codemirror/view';
import { useEffect, useRef } from 'react';
import { cspNonce } from '../bridge.ts';
import { codeTheme } from './code-theme.ts';

interface CodeViewProps {
  label: string;
  text: string;
  language?: 'json' | 'text';
  /** Absent for a read-only view. */
  onChange?: (text: string) => void;
  /** A line (from 1) to show and select; a new object jumps again. */
  jump?: { line: number; column?: number } | null;
  /** More of CodeMirror for this editor; the same object at each rendering, or the editor is made anew. */
  extensions?: Extension;
}

/** What every editor of the window has, read-only or not. */
export function codeExtensions(label: string, language: 'json' | 'text'): Extension[] {
  const nonce = cspNonce();
  return [
    ...(nonce ? [EditorView.cspNonce.of(nonce)] : []),
    lineNumbers(),
    foldGutter(),
    bracketMatching(),
    highlightSelectionMatches(),
    EditorView.lineWrapping,
    // Read-only text stays focusable too, so that it can be scrolled, searched and copied by keyboard.
    EditorView.contentAttributes.of({ 'aria-label': label, tabindex: '0' }),
    keymap.of([...defaultKeymap, ...searchKeymap, ...foldKeymap]),
    codeTheme,
    ...(language === 'json' ? [json()] : []),
  ];
}

const NO_EXTENSIONS: Extension = [];

/** Text in CodeMirror: to be read, or edited when `onChange` is given. */
export function CodeView({
  label,
  text,
  language = 'json',
  onChange,
  jump = null,
  extensions = NO_EXTENSIONS,
}: CodeViewProps) {
  const host = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView | null>(null);
  const changed = useRef(onChange);
  changed.current = onChange;
  const editable = onChange !== undefined;

  useEffect(() => {
    if (host.current === null) return;
    const readOnly = new Compartment();
    const editor = new EditorView({
      parent: host.current,
      state: EditorState.create({
        extensions: [
          readOnly.of(EditorState.readOnly.of(!editable)),
          ...(editable
            ? [history(), keymap.of(historyKeymap)]
            : [EditorView.contentAttributes.of({ 'aria-readonly': 'true' }), EditorView.editable.of(false)]),
          extensions,
          codeExtensions(label, language),
          EditorView.updateListener.of((update) => {
            if (update.docChanged) changed.current?.(update.state.doc.toString());
          }),
        ],
      }),
    });
    view.current = editor;
    return () => {
      view.current = null;
      editor.destroy();
    };
  }, [label, language, editable, extensions]);

  useEffect(() => {
    const editor = view.current;
    if (editor === null || editor.state.doc.toString() === text) return;
    editor.dispatch({ changes: { from: 0, to: editor.state.doc.length, insert: text } });
  }, [text]);

  useEffect(() => {
    const editor = view.current;
    if (editor === null || jump === null) return;
    const line = editor.state.doc.line(Math.max(1, Math.min(jump.line, editor.state.doc.lines)));
    const at = Math.min(line.to, line.from + Math.max(0, (jump.column ?? 1) - 1));
    const selection =
      jump.column === undefined ? EditorSelection.range(line.from, line.to) : EditorSelection.cursor(at);
    editor.dispatch({ selection, effects: EditorView.scrollIntoView(at, { y: 'center' }) });
    editor.focus();
  }, [jump]);

  return <div className="code" ref={host} />;
}
