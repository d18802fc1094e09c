import { SegueError } from '../core/errors.ts';
import { skipSpace } from './json-grammar.ts';
import { elementsAt, membersOf, objectAt, scanObject } from './json-text.ts';
import { pointerStep } from './problem.ts';

/**
 * The JSON pointer of the value that an offset falls into; the empty pointer (the whole document) for text that is not JSON.
 */
export function pointerAt(text: string, offset: number): string {
  try {
    const open = skipSpace(text, 0);
    if (text.charAt(open) === '{') scanObject(text);
    return descend(text, open, offset);
  } catch (error) {
    // A body that a person edited need not be JSON; its problem then belongs to the whole.
    if (error instanceof SegueError) return '';
    throw error;
  }
}

function descend(text: string, start: number, offset: number): string {
  let at = start;
  let pointer = '';
  for (;;) {
    const inner = children(text, at).find((child) => child.from <= offset && offset < child.end);
    if (inner === undefined) return pointer;
    pointer += pointerStep(inner.step);
    at = inner.start;
  }
}

/** The offset of the value, or with `key` of the member's key, that a path leads to; undefined where it leads nowhere. */
export function locate(
  text: string,
  path: readonly (string | number)[],
  what: 'key' | 'value',
): number | undefined {
  let at = skipSpace(text, 0);
  let place = at;
  for (const step of path) {
    const inner = children(text, at).findLast((child) => child.step === step);
    if (inner === undefined) return undefined;
    at = inner.start;
    place = what === 'key' ? inner.from : inner.start;
  }
  return place;
}

function children(
  text: string,
  at: number,
): { step: string | number; from: number; start: number; end: number }[] {
  if (text.charAt(at) === '{') {
    return membersOf(objectAt(text, at)).map(({ key, keyStart, valueStart, valueEnd }) => ({
      step: key,
      from: keyStart,
      start: valueStart,
      end: valueEnd,
    }));
  }
  return elementsAt(text, at).map(({ start, end }, step) => ({ step, from: start, start, end }));
}
