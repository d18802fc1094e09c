import type { PreviewResult } from '../../preload/contract/message.ts';
import { count, plural } from '../ui/format.ts';

/** `1,204 bytes of 1,048,576 · valid`, or the number of errors in place of the last word. */
export function sizeLine({
  bytes,
  limitBytes,
  problems,
}: Omit<PreviewResult, 'body' | 'attributes'>): string {
  const errors = problems.filter((problem) => problem.severity === 'error').length;
  return `${count(bytes)} bytes of ${count(limitBytes)} · ${errors === 0 ? 'valid' : plural(errors, 'error')}`;
}
