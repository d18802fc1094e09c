import type { BinaryOp } from './ast.ts';
import { floatValue, intValue, sameInt, type Value } from './values.ts';

/** Times compare in whole seconds; undefined for an operator that does not compare. */
export function compareSeconds(op: BinaryOp, a: number, b: number): boolean | undefined {
  switch (op) {
    case '==':
      return a === b;
    case '!=':
      return a !== b;
    case '>':
      return a > b;
    case '>=':
      return a >= b;
    case '<':
      return a < b;
    case '<=':
      return a <= b;
    default:
      return undefined;
  }
}

/** Integer arithmetic wraps at 64 bits and divides towards zero; undefined for an operator that integers have not. */
export function intOp(op: BinaryOp, a: number | bigint, b: number | bigint): Value | undefined {
  switch (op) {
    case '==':
      return sameInt(a, b);
    case '!=':
      return !sameInt(a, b);
    case '>':
      return a > b;
    case '>=':
      return a >= b;
    case '<':
      return a < b;
    case '<=':
      return a <= b;
    case 'or':
      return !sameInt(a, 0) || !sameInt(b, 0);
    case 'and':
      return !sameInt(a, 0) && !sameInt(b, 0);
    case '+':
      return intValue(BigInt(a) + BigInt(b));
    case '-':
      return intValue(BigInt(a) - BigInt(b));
    case '*':
      return intValue(BigInt(a) * BigInt(b));
    case '/':
      return sameInt(b, 0) ? undefined : intValue(BigInt(a) / BigInt(b));
    case '%':
      return sameInt(b, 0) ? undefined : intValue(BigInt(a) % BigInt(b));
    default:
      return undefined;
  }
}

/** Floating-point arithmetic; undefined for an operator that such numbers have not. */
export function floatOp(op: BinaryOp, a: number, b: number): Value | undefined {
  switch (op) {
    case '==':
    case '!=':
    case '>':
    case '>=':
    case '<':
    case '<=':
      return compareSeconds(op, a, b);
    case 'or':
      return a !== 0 || b !== 0;
    case 'and':
      return a !== 0 && b !== 0;
    case '+':
      return floatValue(a + b);
    case '-':
      return floatValue(a - b);
    case '*':
      return floatValue(a * b);
    case '/':
      return floatValue(a / b);
    case '%':
      return Math.trunc(b) === 0 || Number.isNaN(b) ? undefined : floatValue(Math.trunc(a) % Math.trunc(b));
    default:
      return undefined;
  }
}
