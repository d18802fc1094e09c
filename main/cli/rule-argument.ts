import type { RuleWarning } from '../../preload/contract/audience.ts';
import { SegueError } from '../engine/core/errors.ts';
import { readText } from './file-argument.ts';

/**
 * The rule that a command is given, as text or as a file. `command` and `textOption` are the names to say in an error.
 *
 * @throws USAGE unless there is exactly one of them, FILE_NOT_FOUND
 */
export function ruleText(
  given: { readonly file?: string; readonly text?: string },
  command: string,
  textOption: string,
): string {
  const { text, file } = given;
  if (text !== undefined && file === undefined) return text;
  if (text === undefined && file !== undefined) return readText(file, '--file');
  throw new SegueError('USAGE', `${command} takes either ${textOption} or --file.`);
}

/** A warning about a rule, with its place and the nearest known name. */
export function warningLine({ line, column, message, suggestion }: RuleWarning): string {
  return `Warning, line ${line}, column ${column}: ${message}${suggestion === null ? '' : ` Did you mean ${suggestion}?`}`;
}
