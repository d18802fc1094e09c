import type { Problem } from '../../../preload/contract/message.ts';

/** Where a problem belongs: a form field of the workflow, a JSON pointer into the body, or neither. */
export interface ProblemPlace {
  readonly field?: string | undefined;
  readonly path?: string | undefined;
}

/** A problem that keeps a message from being sent. */
export function errorProblem(code: string, message: string, place: ProblemPlace = {}): Problem {
  return { severity: 'error', code, message, field: place.field ?? null, path: place.path ?? null };
}

/** A problem worth knowing; the message can be sent. */
export function warningProblem(code: string, message: string, place: ProblemPlace = {}): Problem {
  return { severity: 'warning', code, message, field: place.field ?? null, path: place.path ?? null };
}

/** One list for all that have none: of most messages each check says nothing. */
export const NO_PROBLEMS: readonly Problem[] = [];

/** The problems of several checks, in order. */
export function allProblems(...lists: readonly (readonly Problem[])[]): readonly Problem[] {
  return lists.some(({ length }) => length > 0) ? lists.flat() : NO_PROBLEMS;
}

/** One step of a JSON pointer (RFC 6901 §3). */
export function pointerStep(key: string | number): string {
  const text = String(key);
  // Written for every attribute of every message, and hardly any field name needs the escapes.
  if (!text.includes('~') && !text.includes('/')) return `/${text}`;
  return `/${text.replaceAll('~', '~0').replaceAll('/', '~1')}`;
}
