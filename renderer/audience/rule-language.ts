import {
  autocompletion,
  type Completion,
  type CompletionContext,
  type CompletionResult,
  closeBrackets,
  closeBracketsKeymap,
  closeCompletion,
  completionKeymap,
} from '@codemirror/autocomplete';
import { type Extension, RangeSetBuilder, StateField, type Text } from '@codemirror/state';
import { Decoration, type DecorationSet, EditorView, keymap } from '@codemirror/view';
import { KEYWORDS, type RuleToken, scanRule } from '../../preload/contract/rule-tokens.ts';

/** The names that an editor of rules offers; read at each completion, so that they may arrive later. */
export interface RuleNames {
  readonly fields: readonly string[];
  readonly audiences: readonly string[];
  readonly functions: readonly string[];
}

/** A longer text is not coloured: every key would cut all of it into tokens again. */
const MAX_COLOURED = 200_000;
const PLAIN_NAME = /^[\p{L}_][\p{L}\p{N}_./-]*$/u;
const ATOMS = new Set(['null', 'true', 'false', 'match_all']);
const WORDS = new Set(KEYWORDS.map((word) => word.toLowerCase()));

const marks = {
  comment: Decoration.mark({ class: 'rule-comment' }),
  string: Decoration.mark({ class: 'rule-string' }),
  number: Decoration.mark({ class: 'rule-number' }),
  keyword: Decoration.mark({ class: 'rule-keyword' }),
  atom: Decoration.mark({ class: 'rule-atom' }),
  function: Decoration.mark({ class: 'rule-function' }),
  field: Decoration.mark({ class: 'rule-field' }),
  broken: Decoration.mark({ class: 'rule-broken' }),
};

/** The part a token plays in a rule, by its kind, its word and whether a bracket follows; undefined for plain signs. */
export function roleOf({ kind, from, to }: RuleToken, text: string): keyof typeof marks | undefined {
  if (kind === 'quoted') return 'field';
  if (kind === 'space' || kind === 'symbol') return undefined;
  if (kind !== 'word') return kind;
  const word = text.slice(from, to).toLowerCase();
  if (ATOMS.has(word)) return 'atom';
  if (WORDS.has(word)) return 'keyword';
  return text[to] === '(' ? 'function' : 'field';
}

function colours(doc: Text): DecorationSet {
  if (doc.length > MAX_COLOURED) return Decoration.none;
  const text = doc.toString();
  const builder = new RangeSetBuilder<Decoration>();
  for (const token of scanRule(text)) {
    const role = roleOf(token, text);
    if (role !== undefined) builder.add(token.from, token.to, marks[role]);
  }
  return builder.finish();
}

const highlighting = StateField.define<DecorationSet>({
  create: (state) => colours(state.doc),
  update: (present, change) => (change.docChanged ? colours(change.state.doc) : present),
  provide: (field) => EditorView.decorations.from(field),
});

/** Names for the word before the cursor: audiences behind INCLUDE, otherwise fields, functions and keywords. */
export function completeRule(context: CompletionContext, names: RuleNames): CompletionResult | null {
  const text = context.state.doc.sliceString(0, context.pos);
  const tokens = [...scanRule(text)];
  const last = tokens.at(-1);
  const inWord = last?.kind === 'word' && last.to === context.pos;
  if (last !== undefined && !inWord && last.kind !== 'space' && last.kind !== 'symbol') return null;
  if (!inWord && !context.explicit) return null;
  const before = tokens.filter(({ kind }) => kind !== 'space' && kind !== 'comment').at(inWord ? -2 : -1);
  const afterInclude = before !== undefined && /^include$/i.test(text.slice(before.from, before.to));
  return {
    from: inWord && last !== undefined ? last.from : context.pos,
    options: afterInclude ? options(names.audiences, 'audience') : general(names),
    validFor: /^[\p{L}\p{N}_./-]*$/u,
  };
}

function general(names: RuleNames): Completion[] {
  return [
    ...options(names.fields, 'field', 2),
    ...KEYWORDS.map((label) => ({ label, detail: 'keyword', boost: 1 })),
    ...names.functions.map((label) => ({ label, detail: 'function', apply: `${label}(` })),
  ];
}

function options(labels: readonly string[], detail: string, boost = 0): Completion[] {
  return labels.map((label) => ({
    label,
    detail,
    boost,
    apply: PLAIN_NAME.test(label) ? label : `\`${label}\``,
  }));
}

const theme = EditorView.theme({
  '.rule-comment': { color: 'var(--muted)', fontStyle: 'italic' },
  '.rule-string': { color: 'var(--code-string)' },
  '.rule-number': { color: 'var(--code-number)' },
  '.rule-keyword': { color: 'var(--code-atom)', fontWeight: '600' },
  '.rule-atom': { color: 'var(--code-atom)' },
  '.rule-function': { color: 'var(--code-number)' },
  '.rule-field': { color: 'var(--code-key)' },
  '.rule-broken': { color: 'var(--danger)' },
  '.cm-lintRange-error, .cm-lintRange-warning': { backgroundImage: 'none' },
  '.cm-lintRange-error': { textDecoration: 'underline wavy var(--danger)' },
  '.cm-lintRange-warning': { textDecoration: 'underline wavy var(--warning)' },
  '.cm-tooltip': {
    backgroundColor: 'var(--surface)',
    color: 'var(--text)',
    border: '1px solid var(--border)',
    boxShadow: 'var(--shadow)',
  },
  '.cm-tooltip.cm-tooltip-autocomplete > ul > li[aria-selected]': {
    backgroundColor: 'var(--accent-soft)',
    color: 'var(--text)',
    outline: '1px solid var(--accent)',
  },
  '.cm-completionDetail': { color: 'var(--muted)', fontStyle: 'normal' },
});

/** The colours of FilterQL. */
export const ruleColours: Extension = [highlighting, theme];

/** Colours and completion of FilterQL. `names` is asked at each completion. */
export function ruleLanguage(names: () => RuleNames): Extension {
  return [
    ruleColours,
    closeBrackets(),
    autocompletion({
      override: [(context) => completeRule(context, names())],
      icons: false,
    }),
    keymap.of([
      // The dialog around the editor closes at Escape as well, which must not happen while names are shown.
      { key: 'Escape', run: closeCompletion, stopPropagation: true },
      ...closeBracketsKeymap,
      ...completionKeymap,
    ]),
  ];
}
