import { CommanderError } from 'commander';
import type { ErrorShape } from '../../preload/contract/error.ts';
import { SegueError, toErrorShape } from '../engine/core/errors.ts';

/** How a command ends; a contract with scripts (DESIGN §10). */
export const EXIT = { done: 0, error: 1, usage: 2, completedWithErrors: 3, pausedOrInterrupted: 4 } as const;

/**
 * Lets the reader of the output go away (`segue … | head`) without an error: there is nobody left to tell. The command itself
 * goes on to its end, so that nothing is left half done. Output that cannot be written (a full disk) ends it with an error.
 */
export function allowClosedOutput(): void {
  process.stderr.on('error', () => undefined);
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') return;
    note(`segue: Standard output cannot be written (${error.code ?? error.message}). [DISK_FULL]`);
    process.exitCode = EXIT.error;
  });
}

/** Writes one JSON document to standard output, on one line, so that a program can also read it line by line. */
export function printJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}

/** Writes lines of text to standard output. */
export function printLines(lines: readonly string[]): void {
  process.stdout.write(lines.map((line) => `${line}\n`).join(''));
}

/** Writes a sentence to standard error: notices and progress never mix with the answer. */
export function note(text: string): void {
  process.stderr.write(`${text}\n`);
}

/** The answer of a command: one document with `--json`, else the lines that `human` makes of it. */
export function answer<T>(json: boolean, value: T, human: (value: T) => readonly string[]): void {
  if (json) printJson(value);
  else printLines(human(value));
}

/**
 * Reports what a command threw on standard error, as `{"error":{code,message,detail}}` with `--json`.
 *
 * @returns the exit code that it stands for
 */
export function reportFailure(error: unknown, json: boolean): number {
  if (error instanceof CommanderError) return reportUsage(error, json);
  const shape = toErrorShape(error);
  if (json) printError(shape);
  else note(`segue: ${shape.message} [${shape.code}]`);
  if (!(error instanceof SegueError) && error instanceof Error && process.env.SEGUE_DEBUG !== undefined) {
    process.stderr.write(`${error.stack ?? ''}\n`);
  }
  switch (shape.code) {
    case 'USAGE':
      return EXIT.usage;
    case 'CANCELLED':
      return EXIT.pausedOrInterrupted;
    default:
      return EXIT.error;
  }
}

/** `detail` is always there, so that a program need not look for it first. */
function printError({ code, message, detail = {} }: ErrorShape): void {
  note(JSON.stringify({ error: { code, message, detail } }));
}

/** Commander has printed its own text by now, except with `--json`, where nothing but the document may be printed. */
function reportUsage(error: CommanderError, json: boolean): number {
  if (error.exitCode === 0) return EXIT.done;
  if (json) {
    const message =
      error.code === 'commander.help'
        ? 'Name a command. List them with --help.'
        : error.message.replace(/^error: /, '');
    printError({ code: 'USAGE', message });
  }
  return EXIT.usage;
}

/** Rows as text in columns, each as wide as its widest cell. */
export function table(header: readonly string[], rows: readonly (readonly (string | number)[])[]): string[] {
  const all = [header, ...rows.map((row) => row.map(String))];
  const widths = header.map((_, column) => Math.max(...all.map((row) => String(row[column] ?? '').length)));
  return all.map((row) =>
    row
      .map((cell, column) => String(cell).padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}
