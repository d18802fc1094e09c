/** A parsed JSON value in which integers beyond 2^53 are bigints. */
export type ExactJson =
  | null
  | boolean
  | number
  | bigint
  | string
  | readonly ExactJson[]
  | { readonly [key: string]: ExactJson };

const LONG_NUMBER = /\d{16}/;
const INTEGER = /^-?\d+$/;

/**
 * Parses JSON without rounding large integers. Texts without a run of sixteen digits take the plain, faster way. Throws
 * `SyntaxError` as `JSON.parse` does.
 */
export function parseExactJson(text: string): ExactJson {
  return LONG_NUMBER.test(text) ? JSON.parse(text, revive as Reviver) : JSON.parse(text);
}

type Reviver = (key: string, value: unknown) => unknown;

function revive(_key: string, value: unknown, context: { readonly source?: string }): unknown {
  if (typeof value !== 'number' || Number.isSafeInteger(value)) return value;
  return context.source !== undefined && INTEGER.test(context.source) ? BigInt(context.source) : value;
}
