import type {
  ArrayNode,
  BinaryNode,
  BinaryOp,
  CallNode,
  IdentNode,
  LiteralNode,
  Node,
  TupleNode,
} from './ast.ts';
import type { Cursor } from './cursor.ts';
import { arityProblem } from './functions/registry.ts';
import { createIdent } from './ident.ts';
import { syntaxError } from './syntax-error.ts';
import type { Token } from './tokens.ts';

/**
 * Expressions, by recursive descent from the loosest operator to the tightest. A parser generator does not fit: separators
 * between list items are optional, `AND (` begins an item inside a list and continues the expression outside, NOT binds to
 * a call alone, and the depth has to be bounded before the stack is.
 */
const SYMBOL_OPS: Readonly<Record<string, BinaryOp>> = {
  '=': '==',
  '==': '==',
  '!=': '!=',
  '<>': '!=',
  '>': '>',
  '>=': '>=',
  '<': '<',
  '<=': '<=',
};
const NEGATABLE = new Set(['in', 'intersects', 'contains', 'like', 'between']);
/** Words that begin a clause, so never a field without quotes. */
const CLAUSES = new Set(['from', 'limit', 'with', 'alias', 'where', 'filter']);
const OPERAND = 'a field, a value, a function, NOT, EXISTS, INCLUDE, AND (, OR ( or (';

/** Parses one expression and leaves the cursor behind it. Throws `RULE_SYNTAX`. */
export function parseExpression(cursor: Cursor): Node {
  return cursor.nested(() => parseOr(cursor));
}

function parseOr(cursor: Cursor): Node {
  let node = parseAnd(cursor);
  while (cursor.isWord('or') || cursor.isSymbol('||')) {
    if (beginsItem(cursor)) return node;
    const token = cursor.next();
    node = binary(cursor, 'or', token, node, parseAnd(cursor));
  }
  return node;
}

function parseAnd(cursor: Cursor): Node {
  let node = parseComparison(cursor);
  while (cursor.isWord('and') || cursor.isSymbol('&&')) {
    if (beginsItem(cursor) || (cursor.inList && cursor.isSymbol('(', 1))) return node;
    const token = cursor.next();
    node = binary(cursor, token.image === '&&' ? '&&' : 'and', token, node, parseComparison(cursor));
  }
  return node;
}

/** On a new line inside a list, `AND (` and `OR (` begin an item. */
function beginsItem(cursor: Cursor): boolean {
  return cursor.inItem && cursor.current.newLine && cursor.isSymbol('(', 1);
}

/** So do `*` and `-`. */
function beginsOperand(cursor: Cursor): boolean {
  return cursor.inItem && cursor.current.newLine && (cursor.isSymbol('*') || cursor.isSymbol('-'));
}

function parseComparison(cursor: Cursor): Node {
  const node = parseSum(cursor);
  if (isNot(cursor) && NEGATABLE.has(cursor.peek(1).lower) && !isContainsCall(cursor, 1)) {
    cursor.next();
    return negated(cursor, parseOperators(cursor, node));
  }
  return parseOperators(cursor, node);
}

function parseOperators(cursor: Cursor, first: Node): Node {
  let node = first;
  for (;;) {
    const token = cursor.current;
    const symbol = token.kind === 'symbol' ? SYMBOL_OPS[token.image] : undefined;
    if (symbol !== undefined) {
      cursor.next();
      node = binary(cursor, symbol, token, node, parseSum(cursor));
    } else if (token.lower === 'like' || (token.lower === 'contains' && !isContainsCall(cursor, 0))) {
      cursor.next();
      node = binary(cursor, token.lower, token, node, parsePattern(cursor));
    } else if (token.lower === 'between') {
      cursor.next();
      const low = parseSigned(cursor);
      if (!cursor.isWord('and')) cursor.fail('AND and the upper bound of BETWEEN');
      cursor.next();
      node = cursor.built({ type: 'between', args: [node, low, parseSum(cursor)], negated: false });
    } else if (token.lower === 'in') {
      cursor.next();
      return binary(cursor, 'in', token, node, parseSet(cursor, true));
    } else if (token.lower === 'intersects') {
      cursor.next();
      return binary(cursor, 'intersects', token, node, parseSet(cursor, false));
    } else if (token.lower === 'is') {
      cursor.next();
      const op = isNot(cursor) ? '!=' : '==';
      if (op === '!=') cursor.next();
      node = binary(cursor, op, { ...token, image: op }, node, parseSum(cursor));
    } else {
      return node;
    }
  }
}

/** `contains(a, b)` is a call, `a contains (b)` an operator: the space decides. */
function isContainsCall(cursor: Cursor, ahead: number): boolean {
  return cursor.isWord('contains', ahead) && cursor.isCall(ahead);
}

/** After LIKE and CONTAINS, NULL is the name of a field. */
function parsePattern(cursor: Cursor): Node {
  return cursor.isWord('null') ? identNode(cursor.next()) : parseSigned(cursor);
}

/** Here a sign belongs to the number. */
function parseSigned(cursor: Cursor): Node {
  if (!cursor.isSymbol('-') || cursor.peek(1).kind !== 'number') return parseSum(cursor);
  cursor.next();
  return literal('number', `-${cursor.next().value}`);
}

function parseSet(cursor: Cursor, textAllowed: boolean): Node {
  const token = cursor.current;
  const expected = `a field, a function${textAllowed ? ', a text' : ''} or a list such as ("a", "b")`;
  if (cursor.isSymbol('(')) return parseTuple(cursor);
  if (cursor.isSymbol('[')) return parseArray(cursor);
  if (cursor.isCall()) return parseCall(cursor);
  if (token.kind === 'string' && textAllowed) return literal('string', cursor.next().value);
  if (token.kind === 'quoted') return identNode(cursor.next());
  if (token.kind !== 'word' || ['true', 'false', 'null'].includes(token.lower)) return cursor.fail(expected);
  return identNode(cursor.next());
}

function parseSum(cursor: Cursor): Node {
  let node = parseProduct(cursor);
  while ((cursor.isSymbol('+') || cursor.isSymbol('-')) && !beginsOperand(cursor)) {
    const token = cursor.next();
    node = binary(cursor, token.image === '+' ? '+' : '-', token, node, parseProduct(cursor));
  }
  return node;
}

function parseProduct(cursor: Cursor): Node {
  let node = parseUnary(cursor);
  for (;;) {
    const op = ['*', '/', '%'].find((image) => cursor.isSymbol(image)) as '*' | '/' | '%' | undefined;
    if (op === undefined || beginsOperand(cursor)) return node;
    node = binary(cursor, op, cursor.next(), node, parseUnary(cursor));
  }
}

function parseUnary(cursor: Cursor): Node {
  const token = cursor.current;
  if (isNot(cursor)) {
    cursor.next();
    return cursor.nested(() =>
      negated(
        cursor,
        cursor.isCall() && !isKeywordCall(cursor) ? parseOperand(cursor) : parseComparison(cursor),
      ),
    );
  }
  // A sign takes the comparison that follows, as NOT does: `-x == 3` is no answer and `(-x) == 3` is meant.
  if (cursor.isSymbol('-')) {
    cursor.next();
    return cursor.nested(() =>
      cursor.built({ type: 'unary', op: '-', arg: parenthesized(cursor, parseComparison(cursor)) }),
    );
  }
  if (token.lower === 'exists' && !cursor.isCall()) {
    cursor.next();
    return cursor.nested(() =>
      cursor.built({ type: 'unary', op: 'exists', arg: parenthesized(cursor, parseOperand(cursor)) }),
    );
  }
  if ((token.lower === 'and' || token.lower === 'or') && cursor.isSymbol('(', 1)) return parseBoolean(cursor);
  return parseOperand(cursor);
}

/** NOT, AND and OR directly before a parenthesis are not calls. */
function isKeywordCall(cursor: Cursor): boolean {
  return ['and', 'or', 'not', 'include'].includes(cursor.current.lower);
}

function isNot(cursor: Cursor): boolean {
  return cursor.isWord('not') || cursor.isSymbol('!');
}

function parseBoolean(cursor: Cursor): Node {
  const token = cursor.next();
  cursor.next();
  const outerItem = cursor.inItem;
  cursor.inList = true;
  cursor.inItem = true;
  const args: Node[] = [];
  if (cursor.isSymbol(',')) cursor.next();
  while (!cursor.isSymbol(')')) {
    args.push(parseExpression(cursor));
    for (let commas = 0; commas < 2 && cursor.isSymbol(','); commas++) cursor.next();
    if (cursor.atEnd()) cursor.fail(`"," or ")" to end ${token.image.toUpperCase()} (`);
  }
  if (args.length === 0) cursor.fail('at least one item');
  // As in the reference engine: what follows an inner list is no longer read as an item of the outer one.
  cursor.inList = false;
  cursor.inItem = outerItem;
  cursor.next();
  const [only] = args;
  if (args.length === 1 && only !== undefined) return only;
  const op = token.lower === 'or' ? 'or' : 'and';
  return cursor.built({ type: 'boolean', op, written: token.image, args, negated: false });
}

function parseOperand(cursor: Cursor): Node {
  const token = cursor.current;
  if (token.kind === 'string') return literal('string', cursor.next().value);
  if (token.kind === 'number') return literal('number', cursor.next().value);
  if (token.kind === 'quoted') return identNode(cursor.next());
  if (token.kind === 'symbol') return parseSymbolOperand(cursor);
  if (token.kind !== 'word') return cursor.fail(OPERAND);
  if (token.lower === 'include') return parseInclude(cursor);
  if (cursor.isCall() && !isKeywordCall(cursor)) return parseCall(cursor);
  if (CLAUSES.has(token.lower) || isKeywordCall(cursor)) return cursor.fail(OPERAND);
  if (/^\d/.test(token.image)) return cursor.fail('a field, which begins with a letter or "_"');
  cursor.next();
  if (token.lower === 'true' || token.lower === 'false') return literal('bool', token.image);
  if (token.lower === 'null') return literal('null', 'NULL');
  return identNode(token);
}

function parseSymbolOperand(cursor: Cursor): Node {
  if (cursor.isSymbol('*')) return literal('star', cursor.next().image);
  if (cursor.isSymbol('[')) return parseArray(cursor);
  if (!cursor.isSymbol('(')) return cursor.fail(OPERAND);
  cursor.next();
  const node = outsideList(cursor, () => parseExpression(cursor));
  cursor.expectSymbol(')', 'an operator or ")"');
  return parenthesized(cursor, node);
}

/** Inside plain parentheses and arguments `AND (` continues the expression. */
function outsideList<T>(cursor: Cursor, parse: () => T): T {
  const { inList, inItem } = cursor;
  cursor.inList = false;
  cursor.inItem = false;
  const result = parse();
  cursor.inList = inList;
  cursor.inItem = inItem;
  return result;
}

function parseInclude(cursor: Cursor): Node {
  cursor.next();
  const token = cursor.current;
  const named =
    token.kind === 'word' || token.kind === 'quoted' || (token.kind === 'number' && /e/i.test(token.image));
  if (!named) return cursor.fail('the name of an audience after INCLUDE');
  return cursor.built({ type: 'include', ident: identNode(cursor.next()), negated: false });
}

function parseCall(cursor: Cursor): Node {
  const token = cursor.next();
  cursor.next();
  const args = outsideList(cursor, () => parseArguments(cursor, token));
  const problem = arityProblem(token.lower, args.length);
  if (problem !== undefined) throw syntaxError(token, token.image, `${problem}, not ${args.length}`);
  const node: CallNode = { type: 'call', name: token.image, args };
  return cursor.built(node);
}

function parseArguments(cursor: Cursor, token: Token): Node[] {
  const args: Node[] = [];
  while (!cursor.isSymbol(')')) {
    args.push(parseExpression(cursor));
    if (token.lower === 'cast' && cursor.isWord('as')) {
      args.push(literal('string', cursor.next().image));
      if (cursor.current.kind !== 'word') cursor.fail('a type after AS');
      args.push(literal('string', cursor.next().image));
    }
    if (cursor.isSymbol(',')) cursor.next();
    else if (!cursor.isSymbol(')')) cursor.fail(`"," or ")" in the arguments of ${token.image}`);
  }
  cursor.next();
  return args;
}

function parseTuple(cursor: Cursor): Node {
  cursor.next();
  const args = outsideList(cursor, () => {
    const items: Node[] = [];
    while (!cursor.isSymbol(')')) {
      if (cursor.isSymbol(',')) cursor.next();
      else items.push(parseExpression(cursor));
      if (cursor.atEnd()) cursor.fail('"," or ")" to end the list');
    }
    return items;
  });
  cursor.next();
  const node: TupleNode = { type: 'tuple', args };
  return cursor.built(node);
}

function parseArray(cursor: Cursor): Node {
  cursor.next();
  const items: LiteralNode[] = [];
  while (!cursor.isSymbol(']')) {
    const minus = cursor.isSymbol('-') && cursor.peek(1).kind === 'number' ? cursor.next().image : '';
    const token = cursor.current;
    if (token.kind !== 'string' && token.kind !== 'number') return cursor.fail('a text, a number or "]"');
    const { value } = cursor.next();
    items.push(literal(token.kind, token.kind === 'number' ? String(Number(minus + value)) : value));
    if (cursor.isSymbol(',')) cursor.next();
    else if (!cursor.isSymbol(']')) cursor.fail('"," or "]" to end the list');
  }
  cursor.next();
  const node: ArrayNode = { type: 'array', items };
  return node;
}

function binary(cursor: Cursor, op: BinaryOp, token: Token, left: Node, right: Node): BinaryNode {
  return cursor.built({ type: 'binary', op, written: token.image, args: [left, right], paren: false });
}

/** NOT turns a list, BETWEEN or INCLUDE around in place; over anything else it is a node of its own. */
function negated(cursor: Cursor, node: Node): Node {
  if (node.type === 'boolean' || node.type === 'between' || node.type === 'include') {
    return cursor.built({ ...node, negated: !node.negated });
  }
  return cursor.built({ type: 'unary', op: 'not', arg: parenthesized(cursor, node) });
}

function parenthesized(cursor: Cursor, node: Node): Node {
  return node.type === 'binary' ? cursor.built({ ...node, paren: true }) : node;
}

function literal(kind: LiteralNode['kind'], text: string): LiteralNode {
  return { type: 'literal', kind, text };
}

function identNode(token: Token): IdentNode {
  return createIdent(token.image, token.value, token.kind === 'quoted');
}
