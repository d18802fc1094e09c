import { z } from 'zod';
import { type RunMessageRow, runMessageRow } from '../../../preload/contract/run.ts';
import { SegueError } from '../core/errors.ts';
import { openInput } from '../input/input.ts';
import { readJsonRecords } from '../input/records.ts';
import type { Reject } from '../input/reject.ts';
import { type ShareHeader, shareHeader } from './share.ts';

/** One line of an exported journal, as it stands and as it is read. */
export interface ShareLine {
  readonly text: string;
  readonly row: RunMessageRow;
}

/**
 * Reads the header of a share's exported journal.
 *
 * @throws FILE_NOT_FOUND, FILE_UNREADABLE, FILE_FORMAT when it is no export of a bundle's run
 */
export async function readShareHeader(file: string, signal: AbortSignal): Promise<ShareHeader> {
  for await (const [first] of records(file, signal)) {
    if (first !== undefined) return parseLine(shareHeader, file, first.line, first.text);
  }
  throw new SegueError('FILE_FORMAT', `${file} is empty.`, { file });
}

/**
 * The messages of a share's exported journal, some at a time; plain or packed. Memory does not grow with the file.
 *
 * @throws FILE_FORMAT at a line that is no message of a run, and as {@link readShareHeader}
 */
export async function* readShareLines(
  file: string,
  signal: AbortSignal,
): AsyncGenerator<ShareLine[], void, void> {
  let first = true;
  for await (const batch of records(file, signal)) {
    yield batch
      .slice(first ? 1 : 0)
      .map(({ line, text }) => ({ text, row: parseLine(runMessageRow, file, line, text) }));
    first = false;
  }
}

async function* records(file: string, signal: AbortSignal) {
  const input = await openInput(file, signal);
  try {
    yield* readJsonRecords(input, 'ndjson', {
      onReject: ({ line, reason }: Reject) => {
        throw new SegueError('FILE_FORMAT', `${file}, line ${line}: ${reason}.`, { file, line });
      },
    });
  } finally {
    await input.close();
  }
}

function parseLine<T extends z.ZodType>(schema: T, file: string, line: number, text: string): z.output<T> {
  const parsed = schema.safeParse(jsonOf(text));
  if (parsed.success) return parsed.data;
  throw new SegueError(
    'FILE_FORMAT',
    `${file}, line ${line} is not of the exported journal of a bundle's share. Make it with: segue run export ID --out FILE, in the workspace of the share.`,
    { file, line, reason: z.prettifyError(parsed.error) },
  );
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
