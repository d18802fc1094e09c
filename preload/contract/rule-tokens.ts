/**
 * The tokens of FilterQL, shared by the engine's lexer and the window's editor, so that what is coloured is what is parsed.
 */
export type RuleTokenKind =
  | 'space'
  | 'comment'
  | 'string'
  | 'quoted'
  | 'number'
  | 'word'
  | 'symbol'
  | 'broken';

/** Finds one token that begins exactly at an offset. */
export type TokenPattern = (text: string, offset: number) => [string] | null;

/** The words that mean something in FilterQL, for highlighting and completion. */
export const KEYWORDS = [
  'FILTER',
  'SELECT',
  'FROM',
  'WHERE',
  'LIMIT',
  'WITH',
  'ALIAS',
  'AS',
  'AND',
  'OR',
  'NOT',
  'EXISTS',
  'INCLUDE',
  'IN',
  'INTERSECTS',
  'CONTAINS',
  'LIKE',
  'BETWEEN',
  'IS',
  'NULL',
  'TRUE',
  'FALSE',
  'MATCH_ALL',
] as const;

const WORD = '[\\p{L}_][\\p{L}\\p{N}_./-]*';

function sticky(source: string, flags = 'yu'): TokenPattern {
  const pattern = new RegExp(source, flags);
  return (text, offset) => {
    pattern.lastIndex = offset;
    const found = pattern.exec(text);
    return found === null ? null : [found[0]];
  };
}

/** A text ends at the first quote that is neither doubled nor behind a backslash. */
function scanString(text: string, offset: number): [string] | null {
  if (text[offset] !== '"') return null;
  for (let from = offset + 1; ; ) {
    const quote = text.indexOf('"', from);
    if (quote < 0) return null;
    const escaped = quote > offset + 1 && text[quote - 1] === '\\';
    if (!escaped && text[quote + 1] !== '"') return [text.slice(offset, quote + 1)];
    from = escaped ? quote + 1 : quote + 2;
  }
}

/** The kinds in the order in which they are tried; the first that fits wins. */
export const TOKEN_PATTERNS: readonly { readonly kind: RuleTokenKind; readonly find: TokenPattern }[] = [
  { kind: 'space', find: sticky('[ \\t\\r\\n\\f\\v\\u00a0\\ufeff]+', 'y') },
  { kind: 'comment', find: sticky('(?:--|//|#)[^\\n]*|/\\*[^]*?(?:\\*/|$)', 'y') },
  { kind: 'string', find: scanString },
  {
    kind: 'quoted',
    find: sticky(`(?:${WORD}\\.)?\`[^\`]*\`(?:\\.\`[^\`]*\`)?|'[^']*'|\\[${WORD.replace('./-', './ -')}\\]`),
  },
  {
    kind: 'number',
    find: sticky('(?:0x[0-9a-fA-F]+|\\d+(?:\\.\\d+)?(?:[eE][+-]?\\d+)?)(?![\\p{L}\\p{N}_])'),
  },
  { kind: 'word', find: sticky(`@{0,2}${WORD}|\\d[\\p{L}\\p{N}_]+`) },
  { kind: 'symbol', find: sticky('==|!=|<>|>=|<=|&&|\\|\\||[=<>!+\\-*/%()[\\]{},;:]', 'y') },
  // What begins no token swallows the rest: looking on behind a quote that never closes would take quadratic time.
  { kind: 'broken', find: sticky('[^]+', 'y') },
];

/** A token and where it stands; `to` is exclusive. */
export interface RuleToken {
  readonly kind: RuleTokenKind;
  readonly from: number;
  readonly to: number;
}

/** Cuts any text into tokens, spaces among them; never throws. Time is linear in the length. */
export function* scanRule(text: string): Generator<RuleToken, void, void> {
  for (let from = 0; from < text.length; ) {
    const token = tokenAt(text, from);
    yield token;
    from = token.to;
  }
}

function tokenAt(text: string, from: number): RuleToken {
  for (const { kind, find } of TOKEN_PATTERNS) {
    const found = find(text, from);
    if (found !== null) return { kind, from, to: from + found[0].length };
  }
  return { kind: 'broken', from, to: text.length };
}
