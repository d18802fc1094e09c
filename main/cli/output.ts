import { CommanderError } from 'commander';
import { SegueError, toErrorShape } from '../engine/core/errors.ts';

/** How a command ends; a contract with scripts (DESIGN §10). */
export const EXIT = { done: 0, error: 1, usage: 2, completedWithErrors: 3, pausedOrInterrupted: 4 } as const;

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
  process.stderr.write(
    json ? `${JSON.stringify({ error: shape })}\n` : `segue: ${shape.message} [${shape.code}]\n`,
  );
  if (!(error instanceof SegueError) && error instanceof Error && process.env.SEGUE_DEBUG !== undefined) {
    process.stderr.write(`${error.stack ?? ''}\n`);
  }
  return shape.code === 'USAGE' ? EXIT.usage : EXIT.error;
}

/** Commander has printed its own text by now, except with `--json`, where nothing but the document may be printed. */
function reportUsage(error: CommanderError, json: boolean): number {
  if (error.exitCode === 0) return EXIT.done;
  if (json) {
    const message = error.message.replace(/^error: /, '');
    process.stderr.write(`${JSON.stringify({ error: { code: 'USAGE', message } })}\n`);
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

/** A count with thousands separators. */
export function count(value: number): string {
  return value.toLocaleString('en');
}
