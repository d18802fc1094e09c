import { isUtf8 } from 'node:buffer';
import { SegueError } from '../core/errors.ts';
import { createCsvScanner, fieldTexts } from './csv.ts';
import { detectDelimiter } from './format.ts';
import type { Input } from './input.ts';
import { createArrayScanner } from './json-array.ts';
import { createLineScanner, type Scanner } from './lines.ts';
import { excerptOf, type OnReject, type Reject } from './reject.ts';
import { firstInvalidUtf8 } from './utf8.ts';

/** A JSON record's own text, and where it begins. It is valid UTF-8 but not yet known to be valid JSON. */
export interface JsonRecord {
  readonly line: number;
  readonly column: number;
  readonly text: string;
}

/** A CSV row's fields, and the line on which it begins. It has as many fields as the header. */
export interface CsvRecord {
  readonly line: number;
  readonly fields: readonly string[];
}

export interface RecordOptions {
  readonly onReject: OnReject;
  readonly maxBytes?: number;
}

/** Where a record begins, and where to put what is wrong with it. */
export interface RecordPlace {
  readonly line: number;
  readonly column: number;
  readonly onReject: OnReject;
}

/** Makes something of records' bytes, which are valid during the call only. */
export interface Taker<T> {
  /** Takes one record; undefined for one that is left out. */
  record(bytes: Buffer, start: number, end: number, place: RecordPlace): T | undefined;
  /**
   * Takes whole lines at once, in parts one behind the other, the last of them with its end: gives what it made of them in their
   * order to `add`, and how many lines there were. Without it they are taken one by one.
   */
  lines?(parts: readonly Buffer[], place: RecordPlace, add: (record: T) => void): number;
}

/** Takes records as texts. */
export const jsonTexts: Taker<JsonRecord> = { record: jsonRecord };

/** Reads NDJSON or a JSON array as texts, see {@link readJson}. */
export function readJsonRecords(
  input: Input,
  format: 'ndjson' | 'json',
  options: RecordOptions,
): AsyncGenerator<JsonRecord[], void, void> {
  return readJson(input, format, options, jsonTexts);
}

/**
 * Reads NDJSON or a JSON array record by record, a batch for each chunk of the input, so memory does not grow with the
 * file and a consumer that works on one batch between two awaits never holds the process up for long.
 *
 * @throws what {@link Input.chunks} and {@link createArrayScanner} throw
 */
export async function* readJson<T>(
  input: Input,
  format: 'ndjson' | 'json',
  options: RecordOptions,
  taker: Taker<T>,
): AsyncGenerator<T[], void, void> {
  const { onReject } = options;
  let batch: T[] = [];
  const add = (record: T | undefined) => {
    if (record !== undefined) batch.push(record);
  };
  const scanner =
    format === 'ndjson'
      ? createRecordLines(taker, { ...options, add })
      : createArrayScanner({
          ...options,
          name: input.name,
          onElement: (bytes, start, end, line, column) =>
            add(taker.record(bytes, start, end, { line, column, onReject })),
        });
  for await (const _ of scanned(input, scanner)) {
    if (batch.length === 0) continue;
    yield batch;
    batch = [];
  }
}

/** A scanner of NDJSON that gives what a taker makes of its records, in their order, to `add`. */
export function createRecordLines<T>(
  taker: Taker<T>,
  { add, onReject, maxBytes }: RecordOptions & { readonly add: (record: T | undefined) => void },
): Scanner {
  return createLineScanner({
    onReject,
    maxBytes,
    onLine: (bytes, start, end, line) => add(taker.record(bytes, start, end, { line, column: 1, onReject })),
    onLines: taker.lines && ((parts, line) => taker.lines?.(parts, { line, column: 1, onReject }, add) ?? 0),
  });
}

/** A record's text out of its bytes; undefined, and a reject, when they are not valid UTF-8. */
export function jsonRecord(
  bytes: Buffer,
  start: number,
  end: number,
  { line, column, onReject }: RecordPlace,
): JsonRecord | undefined {
  const slice = bytes.subarray(start, end);
  if (isUtf8(slice)) return { line, column, text: slice.toString('utf8') };
  onReject({
    ...placeOf(bytes, start, firstInvalidUtf8(bytes, start, end), { line, column }),
    reason: 'The bytes are not valid UTF-8',
    excerpt: excerptOf(bytes, start, end),
  });
  return undefined;
}

/** A CSV file's header and its rows. */
export interface CsvReader {
  readonly header: readonly string[];
  batches(): AsyncGenerator<CsvRecord[], void, void>;
}

/**
 * Opens CSV with a header line: the delimiter is detected, the header is read and checked for the columns that must be
 * there. Rows whose number of fields is not the header's are rejected.
 *
 * @param options.required columns that must be in the header, exactly as written
 * @throws FILE_FORMAT when a required column is missing (naming what was expected and what was found), when a column
 * stands twice, or when there is no header; and what {@link Input.chunks} throws
 */
export async function openCsv(
  input: Input,
  options: RecordOptions & { readonly required: readonly string[] },
): Promise<CsvReader> {
  const { onReject, required } = options;
  const header = readHeader(input.name, await input.head(), required);
  async function* batches(): AsyncGenerator<CsvRecord[], void, void> {
    let batch: CsvRecord[] = [];
    let first = true;
    const scanner = createCsvScanner({
      ...options,
      delimiter: detectDelimiter(await input.head()),
      onRow: (row) => {
        if (first) {
          first = false;
          return;
        }
        if (row.count === header.length) {
          batch.push({ line: row.line, fields: fieldTexts(row) });
          return;
        }
        onReject({
          line: row.line,
          column: 1,
          reason: `The row has ${row.count} of ${header.length} columns`,
          excerpt: excerptOf(row.bytes, row.start, row.end),
        });
      },
    });
    for await (const _ of scanned(input, scanner)) {
      if (batch.length === 0) continue;
      yield batch;
      batch = [];
    }
  }
  return { header, batches };
}

/**
 * Reads the header from the beginning of a CSV file.
 *
 * @throws FILE_FORMAT as {@link openCsv}
 */
export function readHeader(name: string, head: Buffer, required: readonly string[]): string[] {
  let header: string[] | undefined;
  let problem: Reject | undefined;
  const scanner = createCsvScanner({
    delimiter: detectDelimiter(head),
    onRow: (row) => {
      header ??= fieldTexts(row).map((column) => column.trim());
    },
    onReject: (reject) => {
      problem ??= reject;
    },
  });
  // One line is enough, and the head may be cut in the middle of a later row.
  const end = endOfHeader(head);
  scanner.push(head.subarray(0, end));
  scanner.end();
  if (header === undefined && problem !== undefined) throw badHeader(name, problem);
  const found = header ?? [];
  // Only LF ends a row, so a file of an old Mac would be one endless header and no rows.
  if (found.some((column) => /\r(?!\n)/.test(column)))
    throw badHeader(name, { line: 1, column: 1, reason: 'The lines end in CR alone, expected LF or CR LF' });
  const clip = (column: string) => `"${column.slice(0, 40)}"`;
  const missing = required.filter((column) => !found.includes(column));
  if (header === undefined || missing.length > 0) {
    throw new SegueError(
      'FILE_FORMAT',
      `${name} has no CSV header with ${required.map(clip).join(', ')}: its first line is ` +
        `${found.length === 0 ? 'empty' : found.slice(0, 12).map(clip).join(', ')}. Add a header line with these columns.`,
      {
        path: name,
        line: 1,
        expected: required,
        found: found.slice(0, 50).map((column) => column.slice(0, 100)),
      },
    );
  }
  const twice = header.find((column, i) => header?.indexOf(column) !== i);
  if (twice !== undefined) {
    throw new SegueError('FILE_FORMAT', `${name} has the column ${clip(twice)} twice. Rename one of them.`, {
      path: name,
      line: 1,
      column: twice.slice(0, 100),
    });
  }
  return header;
}

function badHeader(name: string, { line, column, reason }: Omit<Reject, 'excerpt'>): SegueError {
  return new SegueError(
    'FILE_FORMAT',
    `${name}, line ${line}, column ${column}: the CSV header cannot be read. ${reason}.`,
    { path: name, line, column, reason },
  );
}

function endOfHeader(head: Buffer): number {
  let quoted = false;
  let blank = true;
  for (let i = 0; i < head.length; i += 1) {
    const c = head[i];
    if (c === 0x22) quoted = !quoted;
    if (c === 0x0a && !quoted && !blank) return i + 1;
    if (c !== 0x0a && c !== 0x0d) blank = false;
  }
  return head.length;
}

/** Pushes an input through a scanner and yields after each chunk, once more at the end. */
export async function* scanned(input: Input, scanner: Scanner): AsyncGenerator<void, void, void> {
  for await (const chunk of input.chunks()) {
    scanner.push(chunk);
    yield;
  }
  scanner.end();
  yield;
}

/** Line and column, in bytes from 1, of the byte at `at` in a record that begins at `start`, which is at a line and column. */
export function placeOf(
  bytes: Buffer,
  start: number,
  at: number,
  { line, column }: { line: number; column: number },
): { line: number; column: number } {
  const before = bytes.subarray(start, at);
  let lines = 0;
  let last = -1;
  for (let i = before.indexOf(0x0a); i >= 0; i = before.indexOf(0x0a, i + 1)) {
    lines += 1;
    last = i;
  }
  return { line: line + lines, column: lines === 0 ? column + at - start : at - start - last };
}
