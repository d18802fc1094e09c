import type { Column, Node, Statement } from './ast.ts';
import { type Cursor, createCursor } from './cursor.ts';
import { createIdent } from './ident.ts';
import { parseExpression } from './parse-expression.ts';
import { parseWith } from './parse-with.ts';
import { syntaxError } from './syntax-error.ts';
import { type Token, tokenize } from './tokens.ts';

const CLAUSE_ENDS = new Set(['from', 'limit', 'with', 'alias']);
const MAX_LIMIT = 2 ** 31 - 1;

/**
 * Parses one FILTER or SELECT statement. Throws `RULE_SYNTAX` with `{line, column, offset, found, expected}` in its detail,
 * also for a second statement and for nesting beyond the documented depth.
 */
export function parseFilter(text: string): Statement {
  const { statements, tokens } = parseAll(text);
  const [first, second] = statements;
  if (first === undefined)
    throw syntaxError({ offset: 0, line: 1, column: 1 }, text.trim(), 'FILTER or SELECT');
  if (second !== undefined) {
    const at = tokens.find((token) => token.image === ';') ?? { offset: 0, line: 1, column: 1 };
    throw syntaxError(at, ';', 'one statement only');
  }
  return first;
}

/** Parses any number of statements separated by `;`. Throws `RULE_SYNTAX`. */
export function parseFilters(text: string): Statement[] {
  return parseAll(text).statements;
}

function parseAll(text: string): { statements: Statement[]; tokens: Token[] } {
  const all = tokenize(text);
  const tokens = all.filter((token) => token.kind !== 'comment');
  const end = all[all.length - 1];
  if (end === undefined) return { statements: [], tokens };
  const cursor = createCursor(tokens, end);
  const comments = commentsBefore(all);
  const statements: Statement[] = [];
  while (!cursor.atEnd()) {
    if (cursor.isSymbol(';') && statements.length > 0) {
      cursor.next();
      continue;
    }
    statements.push(parseStatement(cursor, comments.get(cursor.current)));
    if (!cursor.isSymbol(';') && !cursor.atEnd())
      cursor.fail('an operator, FROM, LIMIT, WITH, ALIAS (in this order) or the end');
  }
  return { statements, tokens };
}

/** The text of the comments that stand directly before each token. */
function commentsBefore(all: readonly Token[]): Map<Token, string> {
  const result = new Map<Token, string>();
  let pending = '';
  for (const token of all) {
    if (token.kind === 'comment') {
      pending += token.image.startsWith('/*')
        ? token.image.slice(2, -2)
        : token.image.replace(/^(?:--|\/\/|#)/, '').trimEnd();
    } else {
      if (pending !== '') result.set(token, pending);
      pending = '';
    }
  }
  return result;
}

function parseStatement(cursor: Cursor, description: string | undefined): Statement {
  if (cursor.isWord('select')) return parseSelect(cursor, description);
  if (!cursor.isWord('filter')) cursor.fail('FILTER or SELECT');
  cursor.next();
  const filter = parsePhrase(cursor);
  const from = cursor.isWord('from') ? parseFrom(cursor) : undefined;
  return { kind: 'filter', columns: [], filter, where: false, from, description, ...parseTail(cursor) };
}

function parseSelect(cursor: Cursor, description: string | undefined): Statement {
  cursor.next();
  const columns = parseColumns(cursor);
  if (!cursor.isWord('from')) cursor.fail('"," or FROM');
  const from = parseFrom(cursor);
  const where = cursor.isWord('where');
  if (!where && !cursor.isWord('filter')) cursor.fail('WHERE or FILTER');
  cursor.next();
  const filter = where ? parseFresh(cursor) : parsePhrase(cursor);
  return { kind: 'select', columns, filter, where, from, description, ...parseTail(cursor) };
}

function parseColumns(cursor: Cursor): Column[] {
  const columns: Column[] = [];
  do {
    if (columns.length > 0) cursor.next();
    const expression = parseFresh(cursor);
    let as: string | undefined;
    if (cursor.isWord('as')) {
      cursor.next();
      as = parseName(cursor, 'a name after AS');
    }
    columns.push({ expression, as });
  } while (cursor.isSymbol(','));
  return columns;
}

/** `*` and `match_all` stand for everyone, but only alone. */
function parsePhrase(cursor: Cursor): Node {
  if (cursor.isSymbol('*') && endsPhrase(cursor.peek(1))) {
    cursor.next();
    return createIdent('*', '*', false);
  }
  if (cursor.isWord('match_all')) {
    cursor.next();
    return createIdent('match_all', 'match_all', false);
  }
  return parseFresh(cursor);
}

function endsPhrase(token: Token): boolean {
  return token.kind === 'end' || token.image === ';' || CLAUSE_ENDS.has(token.lower);
}

function parseFresh(cursor: Cursor): Node {
  cursor.inList = false;
  cursor.inItem = false;
  return parseExpression(cursor);
}

function parseFrom(cursor: Cursor): string {
  cursor.next();
  return parseName(cursor, 'a name after FROM');
}

function parseTail(cursor: Cursor): Pick<Statement, 'limit' | 'with' | 'alias'> {
  const limit = cursor.isWord('limit') ? parseLimit(cursor) : undefined;
  const withValues = cursor.isWord('with') ? parseWith(cursor) : undefined;
  let alias: string | undefined;
  if (cursor.isWord('alias')) {
    cursor.next();
    alias =
      cursor.current.kind === 'string'
        ? cursor.next().value.toLowerCase()
        : parseName(cursor, 'a name after ALIAS').toLowerCase();
  }
  return { limit, with: withValues, alias };
}

function parseLimit(cursor: Cursor): number {
  cursor.next();
  const limit = Number(cursor.current.image);
  const whole = cursor.current.kind === 'number' && Number.isInteger(limit) && limit <= MAX_LIMIT;
  if (!whole || !/^\d+$/.test(cursor.current.image)) cursor.fail('a whole number after LIMIT');
  cursor.next();
  return limit;
}

function parseName(cursor: Cursor, expected: string): string {
  const { kind, image } = cursor.current;
  if (kind !== 'quoted' && (kind !== 'word' || /^\d+$/.test(image))) cursor.fail(expected);
  return cursor.next().value;
}
