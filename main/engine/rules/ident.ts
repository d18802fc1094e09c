import type { IdentNode } from './ast.ts';

const PLAIN = /^[\p{L}@][\p{L}\p{N}_/@-]*$/u;
const PAIR = /^(?:`([^`]*)`|([^`]+))\.`([^`]*)`$/;

/** A field from its text in the rule (`image`) and the same without quotes (`name`). */
export function createIdent(image: string, name: string, quoted: boolean): IdentNode {
  const pair = quoted ? PAIR.exec(image) : null;
  if (pair !== null) {
    return { type: 'ident', name, quoted: true, left: pair[1] ?? pair[2], right: pair[3] };
  }
  const dot = quoted ? -1 : name.indexOf('.');
  if (dot < 1 || dot === name.length - 1) {
    return { type: 'ident', name, quoted, left: undefined, right: undefined };
  }
  return { type: 'ident', name, quoted, left: name.slice(0, dot), right: name.slice(dot + 1) };
}

/** A field in canonical text: quotes where the author wrote them or where the name needs them. */
export function printIdent(ident: IdentNode): string {
  if (ident.left !== undefined && ident.right !== undefined) {
    return `${printName(ident.left)}.${printName(ident.right)}`;
  }
  if (ident.name === '*') return '*';
  return ident.quoted ? quoteName(ident.name) : printName(ident.name);
}

/** A name in quotes if it has other characters than letters, digits, `_`, `-` and `/`, or does not begin with a letter. */
export function printName(name: string): string {
  return PLAIN.test(name) ? name : quoteName(name);
}

function quoteName(name: string): string {
  return name.includes('`') ? `'${name}'` : `\`${name}\``;
}
