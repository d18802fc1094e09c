import type { Node } from './ast.ts';
import { childrenOf } from './ast.ts';
import { syntaxError } from './syntax-error.ts';
import type { Token } from './tokens.ts';

/**
 * How deep a rule may be nested, parentheses and chains of infix operators taken together. It keeps parsing, printing and
 * evaluation within the stack; a long list belongs in `AND ( … )`, which may be as wide as one likes.
 */
export const MAX_DEPTH = 300;

/** Reads tokens one after the other and watches the depth of what is built from them. */
export interface Cursor {
  readonly current: Token;
  /** The token `ahead` places after the current one. */
  peek(ahead: number): Token;
  next(): Token;
  atEnd(): boolean;
  isSymbol(image: string, ahead?: number): boolean;
  isWord(lower: string, ahead?: number): boolean;
  /** A word directly followed by `(`. */
  isCall(ahead?: number): boolean;
  expectSymbol(image: string, expected: string): Token;
  fail(expected: string): never;
  /** Runs `parse` one level deeper. */
  nested<T>(parse: () => T): T;
  /** Records the depth of a node that was just built and returns it. */
  built<N extends Node>(node: N): N;
  /** Whether the parser is inside the list of an `AND ( … )` or `OR ( … )`, where `AND (` begins a new item. */
  inList: boolean;
  /** The same, until the list ends, where a line break before `AND (` or `OR (` begins a new item. */
  inItem: boolean;
}

/** A cursor over tokens without comments. */
export function createCursor(tokens: readonly Token[], end: Token): Cursor {
  let index = 0;
  let level = 0;
  const depths = new WeakMap<Node, number>();
  const tooDeep = (at: Token) =>
    syntaxError(
      at,
      at.image,
      `at most ${MAX_DEPTH} levels of nesting; put long chains into AND ( … ) or OR ( … )`,
    );
  const cursor: Cursor = {
    inList: false,
    inItem: false,
    get current() {
      return tokens[index] ?? end;
    },
    peek: (ahead) => tokens[index + ahead] ?? end,
    next() {
      const token = tokens[index] ?? end;
      index++;
      return token;
    },
    atEnd: () => index >= tokens.length || tokens[index]?.kind === 'end',
    isSymbol(image, ahead = 0) {
      const token = cursor.peek(ahead);
      return token.kind === 'symbol' && token.image === image;
    },
    isWord(lower, ahead = 0) {
      return cursor.peek(ahead).lower === lower;
    },
    isCall(ahead = 0) {
      const token = cursor.peek(ahead);
      const after = cursor.peek(ahead + 1);
      return token.kind === 'word' && after.image === '(' && after.offset === token.end;
    },
    expectSymbol(image, expected) {
      return cursor.isSymbol(image) ? cursor.next() : cursor.fail(expected);
    },
    fail(expected) {
      throw syntaxError(cursor.current, cursor.current.image, expected);
    },
    nested(parse) {
      if (++level > MAX_DEPTH) throw tooDeep(cursor.current);
      const result = parse();
      level--;
      return result;
    },
    built(node) {
      let deepest = 0;
      for (const child of childrenOf(node)) deepest = Math.max(deepest, depths.get(child) ?? 1);
      if (deepest >= MAX_DEPTH) throw tooDeep(cursor.peek(-1));
      depths.set(node, deepest + 1);
      return node;
    },
  };
  return cursor;
}
