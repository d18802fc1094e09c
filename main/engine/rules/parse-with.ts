import type { WithValue } from './ast.ts';
import type { Cursor } from './cursor.ts';

type WithValues = Readonly<Record<string, WithValue>>;

/** Parses `WITH key = value, …` or `WITH {json}` from the word WITH on. */
export function parseWith(cursor: Cursor): WithValues {
  cursor.next();
  if (cursor.isSymbol('{')) return parseObject(cursor);
  const pairs: [string, WithValue][] = [];
  do {
    if (pairs.length > 0) cursor.next();
    const key = parseKey(cursor, 'a name or { after WITH');
    if (!cursor.isSymbol('=') && !cursor.isSymbol('==')) cursor.fail('"=" and a value');
    cursor.next();
    pairs.push([key, parseValue(cursor)]);
  } while (cursor.isSymbol(','));
  return Object.fromEntries(pairs);
}

function parseKey(cursor: Cursor, expected: string): string {
  const { kind } = cursor.current;
  if (kind !== 'word' && kind !== 'quoted' && kind !== 'string') cursor.fail(expected);
  return cursor.next().value;
}

function parseObject(cursor: Cursor): WithValues {
  cursor.next();
  const pairs: [string, WithValue][] = [];
  while (!cursor.isSymbol('}')) {
    const key = parseKey(cursor, 'a key or "}"');
    cursor.expectSymbol(':', '":" and a value');
    pairs.push([key, cursor.nested(() => parseValue(cursor))]);
    if (cursor.isSymbol(',')) cursor.next();
    else if (!cursor.isSymbol('}')) cursor.fail('"," or "}"');
  }
  cursor.next();
  return Object.fromEntries(pairs);
}

function parseList(cursor: Cursor): WithValue[] {
  cursor.next();
  const items: WithValue[] = [];
  while (!cursor.isSymbol(']')) {
    items.push(cursor.nested(() => parseValue(cursor)));
    if (cursor.isSymbol(',')) cursor.next();
    else if (!cursor.isSymbol(']')) cursor.fail('"," or "]"');
  }
  cursor.next();
  return items;
}

function parseValue(cursor: Cursor): WithValue {
  if (cursor.isSymbol('{')) return parseObject(cursor);
  if (cursor.isSymbol('[')) return parseList(cursor);
  const negative = cursor.isSymbol('-') && cursor.peek(1).kind === 'number';
  if (negative) cursor.next();
  const { kind, lower } = cursor.current;
  if (kind === 'number') return Number(cursor.next().value) * (negative ? -1 : 1);
  if (kind === 'string') return cursor.next().value;
  if (kind !== 'word' && kind !== 'quoted') return cursor.fail('a text, a number, true, false, {, or [');
  const { value } = cursor.next();
  if (lower === 'true' || lower === 'false') return lower === 'true';
  return lower === 'null' ? null : value;
}
