import { SegueError } from '../core/errors.ts';
import type { Input } from './input.ts';

export type InputFormat = 'ndjson' | 'json' | 'csv';

/**
 * Chooses a format: the caller's, else by the name (`.ndjson`, `.jsonl`, `.csv`, `.tsv`, with or without `.gz` or
 * `.zst`), else by the first character: `[` is a JSON array, `{` is NDJSON, anything else CSV. A `.json` file is an array
 * or, as many exports are, NDJSON.
 *
 * @throws FILE_FORMAT for a `.json` file that begins with neither bracket, and for an object that is laid out over many lines
 */
export async function chooseFormat(input: Input, given?: InputFormat): Promise<InputFormat> {
  if (given !== undefined) return given;
  const extension = /\.([a-z]+)(?:\.(?:gz|zst))?$/i.exec(input.baseName)?.[1]?.toLowerCase();
  if (extension === 'ndjson' || extension === 'jsonl') return 'ndjson';
  if (extension === 'csv' || extension === 'tsv') return 'csv';
  const beginning = (await input.head()).toString('utf8', 0, 1024).trimStart();
  const first = beginning.charAt(0);
  if (first === '[') return 'json';
  if (/^\{[ \t\r]*\n/.test(beginning)) throw overManyLines(input.name);
  if (first === '{' || first === '') return 'ndjson';
  if (extension !== 'json') return 'csv';
  throw new SegueError(
    'FILE_FORMAT',
    `${input.name} begins with "${first}", JSON begins with "[" (an array) or "{" (one object a line).`,
    { path: input.name, found: first, expected: ['[', '{'] },
  );
}

/** As NDJSON each of its lines would be rejected, with reasons that say nothing of what is wrong. */
function overManyLines(name: string): SegueError {
  return new SegueError(
    'FILE_FORMAT',
    `${name} holds a JSON object over many lines. Write each object on a line of its own (jq -c . FILE), or put "[" and "]" around them and commas between.`,
    { path: name, found: '{', expected: ['one object a line', 'an array'] },
  );
}

const DELIMITERS = [',', ';', '\t'] as const;

/**
 * The delimiter of a CSV file: whichever of comma, semicolon and tab stands most often outside quotes in its first line.
 * Comma when there is none of them.
 */
export function detectDelimiter(head: Buffer): string {
  const counts = new Map<string, number>(DELIMITERS.map((delimiter) => [delimiter, 0]));
  let quoted = false;
  for (const char of head.toString('utf8', 0, 64 * 1024)) {
    if (char === '"') quoted = !quoted;
    else if (quoted) continue;
    else if (char === '\n') break;
    else if (counts.has(char)) counts.set(char, (counts.get(char) ?? 0) + 1);
  }
  let best: string = DELIMITERS[0];
  for (const [delimiter, count] of counts) if (count > (counts.get(best) ?? 0)) best = delimiter;
  return best;
}
