import { createToken, Lexer } from 'chevrotain';
import { TOKEN_PATTERNS } from '../../../preload/contract/rule-tokens.ts';
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

/** Patterns with letters of any script are given as functions: the lexer library does not analyse the `u` flag. */
const TYPES = TOKEN_PATTERNS.map(({ kind, find }) =>
  createToken({
    name: kind,
    pattern: find,
    line_breaks: kind !== 'number' && kind !== 'word' && kind !== 'symbol',
    ...(kind === 'space' ? { group: Lexer.SKIPPED } : {}),
  }),
);

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
