/** A line that was not taken: where it begins, why, and the beginning of what it says. Lines and columns count from 1. */
export interface Reject {
  readonly line: number;
  readonly column: number;
  readonly reason: string;
  readonly excerpt: string;
}

export type OnReject = (reject: Reject) => void;

/** Bytes of a rejected line that its report shows. */
export const EXCERPT_BYTES = 200;

/** The beginning of a rejected line as text; bytes that are not UTF-8 show as U+FFFD. */
export function excerptOf(bytes: Buffer, start: number, end: number): string {
  return bytes.toString('utf8', start, Math.min(end, start + EXCERPT_BYTES));
}
