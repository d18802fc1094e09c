/** Where something stands in the text: offset from 0, line and column from 1. */
export interface Position {
  readonly offset: number;
  readonly line: number;
  readonly column: number;
}

/**
 * Operators by what they do; `==` and `=`, `or` and `||` and so on are the same operator written differently. `&&` is AND of
 * two truth values only, where `AND` takes numbers and null as well.
 */
export type BinaryOp =
  | '=='
  | '!='
  | '>'
  | '>='
  | '<'
  | '<='
  | 'in'
  | 'intersects'
  | 'contains'
  | 'like'
  | 'and'
  | '&&'
  | 'or'
  | '+'
  | '-'
  | '*'
  | '/'
  | '%';

/** A field. `left` and `right` are set where the name has a dot that can mean a look-up in a map. */
export interface IdentNode {
  readonly type: 'ident';
  readonly name: string;
  readonly quoted: boolean;
  readonly left: string | undefined;
  readonly right: string | undefined;
}

export interface LiteralNode {
  readonly type: 'literal';
  readonly kind: 'string' | 'number' | 'bool' | 'null' | 'star';
  /** The text as written, without quotes and escapes. */
  readonly text: string;
}

/** `written` is the operator as the author wrote it, kept for the canonical text. */
export interface BinaryNode {
  readonly type: 'binary';
  readonly op: BinaryOp;
  readonly written: string;
  readonly args: readonly [Node, Node];
  readonly paren: boolean;
}

/** `AND ( … )` and `OR ( … )`. */
export interface BooleanNode {
  readonly type: 'boolean';
  readonly op: 'and' | 'or';
  readonly written: string;
  readonly args: readonly Node[];
  readonly negated: boolean;
}

export interface BetweenNode {
  readonly type: 'between';
  readonly args: readonly [Node, Node, Node];
  readonly negated: boolean;
}

export interface UnaryNode {
  readonly type: 'unary';
  readonly op: 'not' | '-' | 'exists';
  readonly arg: Node;
}

export interface IncludeNode {
  readonly type: 'include';
  readonly ident: IdentNode;
  readonly negated: boolean;
}

export interface CallNode {
  readonly type: 'call';
  readonly name: string;
  readonly args: readonly Node[];
}

/** `(a, b)`: each item is an expression. */
export interface TupleNode {
  readonly type: 'tuple';
  readonly args: readonly Node[];
}

/** `["a", 5]`: text and numbers only; the numbers are floating-point. */
export interface ArrayNode {
  readonly type: 'array';
  readonly items: readonly LiteralNode[];
}

export type Node =
  | IdentNode
  | LiteralNode
  | BinaryNode
  | BooleanNode
  | BetweenNode
  | UnaryNode
  | IncludeNode
  | CallNode
  | TupleNode
  | ArrayNode;

export type WithValue =
  | string
  | number
  | boolean
  | null
  | readonly WithValue[]
  | { readonly [key: string]: WithValue };

export interface Column {
  readonly expression: Node;
  readonly as: string | undefined;
}

export interface Statement {
  readonly kind: 'filter' | 'select';
  readonly columns: readonly Column[];
  readonly filter: Node;
  /** SELECT … WHERE instead of FILTER. */
  readonly where: boolean;
  readonly from: string | undefined;
  readonly limit: number | undefined;
  readonly with: Readonly<Record<string, WithValue>> | undefined;
  /** Lower case. */
  readonly alias: string | undefined;
  /** The comment before the statement. */
  readonly description: string | undefined;
}

/** The AST as JSON, in the reference engine's shape: `{op, args}`, `{ident}` or `{val}`. */
export interface AstJson {
  readonly op?: string;
  readonly args?: readonly AstJson[];
  readonly ident?: string;
  readonly val?: string;
}

/** Turns an expression into the JSON shape of the reference engine. */
export function toAstJson(node: Node): AstJson {
  switch (node.type) {
    case 'ident':
      return { ident: node.name };
    case 'literal':
      // The reference engine leaves an empty text out.
      return node.text === '' ? {} : { val: node.text };
    case 'binary':
      return { op: node.written.toLowerCase(), args: node.args.map(toAstJson) };
    case 'boolean':
      return negate(node.negated, { op: node.op, args: node.args.map(toAstJson) });
    case 'between':
      return negate(node.negated, { op: 'between', args: node.args.map(toAstJson) });
    case 'unary':
      return { op: node.op, args: [toAstJson(node.arg)] };
    case 'include':
      return negate(node.negated, { op: 'include', args: [toAstJson(node.ident)] });
    case 'call':
      return {
        op: 'expr',
        ...(node.args.length === 0 ? {} : { args: [{ ident: node.name }, ...node.args.map(toAstJson)] }),
      };
    case 'tuple':
      return node.args.length === 0 ? {} : { args: node.args.map(toAstJson) };
    case 'array':
      return { val: node.items.map((item) => item.text).join(',') };
  }
}

function negate(negated: boolean, json: AstJson): AstJson {
  return negated ? { op: 'not', args: [json] } : json;
}

/** The nodes directly below a node. */
export function childrenOf(node: Node): readonly Node[] {
  switch (node.type) {
    case 'ident':
    case 'literal':
    case 'array':
      return [];
    case 'include':
      return [];
    case 'unary':
      return [node.arg];
    default:
      return node.args;
  }
}

/** Calls `visit` for a node and everything below it. Includes are not followed. */
export function walk(node: Node, visit: (node: Node) => void): void {
  visit(node);
  for (const child of childrenOf(node)) walk(child, visit);
}
