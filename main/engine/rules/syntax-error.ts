import { SegueError } from '../core/errors.ts';
import type { Position } from './ast.ts';

const SHOWN = 40;

/** The error of a text that is no rule: where, what stands there, and what could stand there instead. */
export function syntaxError(at: Position, found: string, expected: string): SegueError {
  const shown = found === '' ? 'the end of the text' : `"${clip(found)}"`;
  return new SegueError(
    'RULE_SYNTAX',
    `Line ${at.line}, column ${at.column}: found ${shown}, expected ${expected}.`,
    { line: at.line, column: at.column, offset: at.offset, found: clip(found), expected },
  );
}

function clip(text: string): string {
  return text.length <= SHOWN ? text : `${text.slice(0, SHOWN)}…`;
}
