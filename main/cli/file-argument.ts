import { readFileSync } from 'node:fs';
import { SegueError } from '../engine/core/errors.ts';

/** The text of a file that an option names, `-` for standard input. @throws FILE_NOT_FOUND naming the option */
export function readText(file: string, option: string): string {
  try {
    return readFileSync(file === '-' ? 0 : file, 'utf8');
  } catch (error) {
    throw new SegueError(
      'FILE_NOT_FOUND',
      `${file} cannot be read. Check the path of ${option}.`,
      { file },
      error,
    );
  }
}
