import type { Node, Statement, WithValue } from './ast.ts';
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
      const logical = node.op === 'and' || node.op === 'or';
      const print = logical ? printNode : printOperand;
      const rightText = logical && right.type === 'boolean' ? `(${printNode(right)})` : print(right);
      const text = `${print(left)} ${node.written} ${rightText}`;
      return node.paren ? `(${text})` : text;
    }
    case 'boolean':
      return `${node.negated ? 'NOT ' : ''}${node.written} ( ${node.args.map(printItem).join(', ')} )`;
    case 'between': {
      const [value, low, high] = node.args.map(printOperand);
      return `${value} ${node.negated ? 'NOT ' : ''}BETWEEN ${low} AND ${high}`;
    }
    case 'unary':
      if (node.op === '-') return `- (${printNode(node.arg)})`;
      if (node.op === 'exists') return `EXISTS ${printOperand(node.arg)}`;
      return `NOT ${printNode(node.arg)}`;
    case 'include':
      return `${node.negated ? 'NOT ' : ''}INCLUDE ${printIdent(node.ident)}`;
    case 'call':
      return `${node.name}(${node.args.map(printNode).join(', ')})`;
    case 'tuple':
      return `(${node.args.map(printNode).join(', ')})`;
    case 'array':
      return `[${node.items.map((item) => (item.kind === 'string' ? quote(item.text) : item.text)).join(', ')}]`;
  }
}

/** In an operand's place everything that binds looser gets parentheses. */
function printOperand(node: Node): string {
  const loose =
    node.type === 'between' ||
    node.type === 'boolean' ||
    node.type === 'include' ||
    (node.type === 'unary' && node.op === 'not' && node.arg.type !== 'call');
  return loose ? `(${printNode(node)})` : printNode(node);
}

/** Inside a list, `a AND (b)` would be read as two items. */
function printItem(node: Node): string {
  const text = printNode(node);
  return splitsInList(node) ? `(${text})` : text;
}

function splitsInList(node: Node): boolean {
  if (node.type !== 'binary' || node.paren || (node.op !== 'and' && node.op !== 'or')) return false;
  const [left, right] = node.args;
  const openRight = right.type === 'boolean' || printNode(right).startsWith('(');
  return (node.op === 'and' && openRight) || splitsInList(left) || splitsInList(right);
}

function printText(text: string): string {
  return text === '*' ? '*' : quote(text);
}

function quote(text: string): string {
  return `"${text.replaceAll('"', '\\"')}"`;
}
