import type { BinaryOp, Node, Statement, WithValue } from './ast.ts';
import { printIdent, printName } from './ident.ts';

/**
 * The canonical text of a statement, on one line, in the reference engine's spelling. Parsing it again gives the same AST.
 */
export function printStatement(statement: Statement): string {
  const parts: string[] = [];
  const phrase = printPhrase(statement.filter);
  if (statement.kind === 'select') {
    const columns = statement.columns.map(({ expression, as }) => {
      const text = printNode(expression);
      return as === undefined ? text : `${text} AS ${printName(as)}`;
    });
    parts.push(`SELECT ${columns.join(', ')} FROM ${printName(statement.from ?? '')}`);
    parts.push(`${statement.where ? 'WHERE' : 'FILTER'} ${phrase}`);
  } else {
    parts.push(`FILTER ${phrase}`);
    if (statement.from !== undefined) parts.push(`FROM ${printName(statement.from)}`);
  }
  if (statement.limit !== undefined && statement.limit > 0) parts.push(`LIMIT ${statement.limit}`);
  if (statement.with !== undefined && Object.keys(statement.with).length > 0) {
    parts.push(`WITH ${printWith(statement.with)}`);
  }
  if (statement.alias !== undefined) parts.push(`ALIAS ${printName(statement.alias)}`);
  const { description } = statement;
  const comment = description === undefined || description.includes('\n') ? '' : `--${description}\n`;
  return `${statement.kind === 'select' ? '' : comment}${parts.join(' ')}`;
}

function printWith(values: Readonly<Record<string, WithValue>>): string {
  const entries = Object.entries(values).sort(([a], [b]) => (a < b ? -1 : 1));
  if (entries.some(([, value]) => typeof value === 'object')) return printJson(values);
  return entries.map(([key, value]) => `${printName(key)} = ${printJson(value)}`).join(', ');
}

function printJson(value: WithValue): string {
  if (typeof value === 'string') return quote(value);
  if (value === null || typeof value !== 'object') return String(value);
  if (isList(value)) return `[${value.map(printJson).join(', ')}]`;
  return `{${Object.entries(value)
    .map(([key, item]) => `${quote(key)}: ${printJson(item)}`)
    .join(', ')}}`;
}

function isList(value: WithValue): value is readonly WithValue[] {
  return Array.isArray(value);
}

/** A lone text `*` at the start of a phrase would be read as everyone. */
function printPhrase(node: Node): string {
  return node.type === 'literal' && node.text === '*' && node.kind === 'string' ? '"*"' : printNode(node);
}

/** The canonical text of an expression. */
export function printNode(node: Node): string {
  switch (node.type) {
    case 'ident':
      return printIdent(node);
    case 'literal':
      return node.kind === 'string' ? printText(node.text) : node.text;
    case 'binary': {
      const [left, right] = node.args;
      const level = LEVELS[node.op];
      const text = `${printLeft(left, level)} ${node.written} ${printOperand(right, level, true)}`;
      return node.paren ? `(${text})` : text;
    }
    case 'boolean':
      return `${node.negated ? 'NOT ' : ''}${node.written} ( ${node.args.map(printItem).join(', ')} )`;
    case 'between': {
      const [value, ...bounds] = node.args;
      const [low, high] = bounds.map((bound) => printOperand(bound, LEVELS['+']));
      return `${printLeft(value, LEVELS['+'])} ${node.negated ? 'NOT ' : ''}BETWEEN ${low} AND ${high}`;
    }
    case 'unary':
      if (node.op === '-') return `- (${printNode(node.arg)})`;
      if (node.op === 'exists') return `EXISTS ${printOperand(node.arg, TIGHTEST)}`;
      return `NOT ${printNode(node.arg)}`;
    case 'include':
      return `${node.negated ? 'NOT ' : ''}INCLUDE ${printIdent(node.ident)}`;
    case 'call':
      return `${node.name}(${node.args.map(printNode).join(', ')})`;
    case 'tuple':
      return `(${node.args.map(printNode).join(', ')})`;
    case 'array':
      return `[${node.items.map((item) => quote(item.text)).join(', ')}]`;
  }
}

/** How tightly operators bind. */
const LEVELS: Readonly<Record<BinaryOp, number>> = {
  or: 1,
  and: 2,
  '&&': 2,
  '==': 3,
  '!=': 3,
  '>': 3,
  '>=': 3,
  '<': 3,
  '<=': 3,
  in: 3,
  intersects: 3,
  contains: 3,
  like: 3,
  '+': 4,
  '-': 4,
  '*': 5,
  '/': 5,
  '%': 5,
};

const TIGHTEST = 6;

function printOperand(node: Node, level: number, tighter = false): string {
  const text = printNode(node);
  return needsParens(node, level, tighter) ? `(${text})` : text;
}

function printLeft(node: Node, level: number): string {
  const text = printNode(node);
  return leftNeedsParens(node, level) ? `(${text})` : text;
}

function leftNeedsParens(node: Node, level: number): boolean {
  return needsParens(node, level, isClosed(node, level)) || (level > LEVELS.and && endsInSign(node));
}

/** A sign takes the whole comparison that follows it. */
function endsInSign(node: Node): boolean {
  if (node.type === 'unary') return node.op === '-';
  if (node.type === 'between') return endsInSign(node.args[2]);
  if (node.type !== 'binary' || node.paren) return false;
  const [, right] = node.args;
  return !needsParens(right, LEVELS[node.op], true) && endsInSign(right);
}

/**
 * An operand has to bind as tightly as its operator, or `tighter`. Otherwise it gets parentheses; it can have lost them
 * where a list of one item collapsed.
 */
function needsParens(node: Node, level: number, tighter = false): boolean {
  switch (node.type) {
    case 'binary':
      return !node.paren && LEVELS[node.op] < (tighter ? level + 1 : level);
    case 'between':
    case 'boolean':
    case 'include':
      return level > LEVELS.and || (tighter && node.type === 'boolean');
    case 'unary':
      return level > LEVELS.and && node.op === 'not' && node.arg.type !== 'call';
    default:
      return false;
  }
}

/** Nothing follows the list of an IN without parentheses. */
function isClosed(node: Node, level: number): boolean {
  return node.type === 'binary' && (node.op === 'in' || node.op === 'intersects') && level === LEVELS.in;
}

/** Inside a list, `a AND (b)` would be read as two items. */
function printItem(node: Node): string {
  const text = printNode(node);
  return splitsInList(node) ? `(${text})` : text;
}

function splitsInList(node: Node): boolean {
  if (node.type !== 'binary' || node.paren || LEVELS[node.op] > LEVELS.and) return false;
  const [left, right] = node.args;
  const open =
    (node.op === 'and' || node.op === '&&') && (needsParens(right, LEVELS.and, true) || startsOpen(right));
  return open || splitsInList(left) || splitsInList(right);
}

/** Whether the text of a node begins with a parenthesis. */
function startsOpen(node: Node): boolean {
  if (node.type === 'tuple') return true;
  if (node.type !== 'binary' && node.type !== 'between') return false;
  if (node.type === 'binary' && node.paren) return true;
  const [left] = node.args;
  const level = node.type === 'binary' ? LEVELS[node.op] : LEVELS['+'];
  return leftNeedsParens(left, level) || startsOpen(left);
}

function printText(text: string): string {
  return text === '*' ? '*' : quote(text);
}

function quote(text: string): string {
  return `"${text.replaceAll('"', '\\"')}"`;
}
