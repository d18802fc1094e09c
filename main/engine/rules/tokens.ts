import { createToken, Lexer } from 'chevrotain';
import type { Position } from './ast.ts';
import { syntaxError } from './syntax-error.ts';

export type TokenKind = 'word' | 'quoted' | 'string' | 'number' | 'symbol' | 'comment' | 'end';

/** A piece of the text. `value` is the text without quotes and escapes, `lower` the same in lower case for words. */
export interface Token extends Position {
  readonly kind: TokenKind;
  readonly image: string;
  readonly value: string;
  readonly lower: string;
  readonly end: number;
  /** A line break stands between this token and the one before. */
  readonly newLine: boolean;
}

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

/** Patterns with letters of any script are given as functions: the lexer library does not analyse the `u` flag. */
function sticky(source: string, flags = 'yu') {
  const pattern = new RegExp(source, flags);
  return (text: string, offset: number): RegExpExecArray | null => {
    pattern.lastIndex = offset;
    return pattern.exec(text);
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

const TYPES = [
  createToken({
    name: 'space',
    pattern: /[ \t\r\n\f\v\u00a0\ufeff]+/,
    line_breaks: true,
    group: Lexer.SKIPPED,
  }),
  createToken({
    name: 'comment',
    pattern: sticky('(?:--|//|#)[^\\n]*|/\\*[^]*?(?:\\*/|$)', 'y'),
    line_breaks: true,
  }),
  createToken({ name: 'string', pattern: scanString, line_breaks: true }),
  createToken({
    name: 'quoted',
    pattern: sticky(
      `(?:${WORD}\\.)?\`[^\`]*\`(?:\\.\`[^\`]*\`)?|'[^']*'|\\[${WORD.replace('./-', './ -')}\\]`,
    ),
    line_breaks: true,
  }),
  createToken({
    name: 'number',
    pattern: sticky('(?:0x[0-9a-fA-F]+|\\d+(?:\\.\\d+)?(?:[eE][+-]?\\d+)?)(?![\\p{L}\\p{N}_])'),
    line_breaks: false,
  }),
  createToken({ name: 'word', pattern: sticky(`@{0,2}${WORD}|\\d[\\p{L}\\p{N}_]+`), line_breaks: false }),
  createToken({ name: 'symbol', pattern: /==|!=|<>|>=|<=|&&|\|\||[=<>!+\-*/%()[\]{},;:]/ }),
  // What begins no token swallows the rest: looking on behind a quote that never closes would take quadratic time.
  createToken({ name: 'broken', pattern: sticky('[^]+', 'y'), line_breaks: true }),
];

const lexer = new Lexer(TYPES, { ensureOptimizations: false, positionTracking: 'full' });

/**
 * Cuts a text into tokens, comments among them, with an `end` token last. Time is linear in the length. The editor colours
 * with the same tokens. Throws `RULE_SYNTAX` for a character that begins nothing and for a string without its end.
 */
export function tokenize(text: string): Token[] {
  const { tokens } = lexer.tokenize(text);
  const result: Token[] = [];
  let lastLine = 1;
  for (const token of tokens) {
    const line = token.startLine ?? 1;
    if (token.tokenType.name === 'broken' || isOpenComment(token.image)) {
      throw lexicalError({ offset: token.startOffset, line, column: token.startColumn ?? 1 }, token.image);
    }
    const kind = token.tokenType.name as TokenKind;
    const value = tokenValue(kind, token.image);
    const end = token.startOffset + token.image.length;
    result.push({
      kind,
      image: token.image,
      value,
      lower: kind === 'word' ? value.toLowerCase() : '',
      offset: token.startOffset,
      line,
      column: token.startColumn ?? 1,
      end,
      newLine: line > lastLine,
    });
    lastLine = token.endLine ?? line;
  }
  result.push(endToken(text, lastLine));
  return result;
}

function endToken(text: string, lastLine: number): Token {
  const breakAt = text.lastIndexOf('\n');
  const line = text.split('\n').length;
  return {
    kind: 'end',
    image: '',
    value: '',
    lower: '',
    offset: text.length,
    line,
    column: text.length - breakAt,
    end: text.length,
    newLine: line > lastLine,
  };
}

function tokenValue(kind: TokenKind, image: string): string {
  if (kind === 'string') return image.slice(1, -1).replace(/\\"|""/g, '"');
  if (kind !== 'quoted') return image;
  return image.includes('`') ? image.replaceAll('`', '') : image.slice(1, -1);
}

function isOpenComment(image: string): boolean {
  return image.startsWith('/*') && !(image.length > 3 && image.endsWith('*/'));
}

const CLOSING: Readonly<Record<string, string>> = {
  '"': 'a closing "',
  "'": "a closing '",
  '`': 'a closing `',
  '/': 'a closing */',
};

function lexicalError(at: Position, rest: string) {
  const found = String.fromCodePoint(rest.codePointAt(0) ?? 0x20);
  return syntaxError(at, found, CLOSING[found] ?? 'a field, a value or an operator');
}
