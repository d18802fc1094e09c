import { isUtf8 } from 'node:buffer';
import type { Instant } from '../core/instant.ts';
import { createCsvScanner, fieldText } from '../input/csv.ts';
import { detectDelimiter } from '../input/format.ts';
import type { Input } from '../input/input.ts';
import { createInterning } from '../input/interning.ts';
import type { Scanner } from '../input/lines.ts';
import { readHeader } from '../input/records.ts';
import { excerptOf, type OnReject } from '../input/reject.ts';
import type { ImportAudiences } from './audiences.ts';
import { ENTERED_NAMES, SEGMENT_NAMES } from './row-names.ts';
import type { RowSink } from './sink.ts';

const LF = 0x0a;
const CR = 0x0d;
const QUOTE = 0x22;

/** Where a snapshot's columns stand. `entered` is -1 when the file has no enter times. */
export interface SnapshotColumns {
  readonly user: number;
  readonly segment: number;
  readonly entered: number;
  readonly count: number;
}

/**
 * Finds the columns of a membership CSV by its header.
 *
 * @returns undefined when the header has no audience column: the file may hold profiles
 * @throws FILE_FORMAT when the user's column is missing or the header is none
 */
export function snapshotColumns(name: string, head: Buffer, keyField: string): SnapshotColumns | undefined {
  const header = readHeader(name, head, [keyField]);
  const find = (names: readonly string[]) =>
    header.findIndex((column) => names.includes(column.toLowerCase()));
  const segment = find(SEGMENT_NAMES);
  if (segment < 0) return undefined;
  return { user: header.indexOf(keyField), segment, entered: find(ENTERED_NAMES), count: header.length };
}

/** Longest line that is put together from two chunks here. */
const LONGEST_CARRY = 256 * 1024;

/**
 * Reads membership rows from CSV. Text without quotes, NUL bytes or invalid UTF-8, which is what exports of millions are,
 * goes through a scan of its own that makes no object or string for a row; from the first byte that needs more, the
 * general CSV scanner takes over. Both take and reject the same rows.
 */
export async function createSnapshotCsv(
  input: Input,
  columns: SnapshotColumns,
  { sink, audiences, onReject }: { sink: RowSink; audiences: ImportAudiences; onReject: OnReject },
): Promise<Scanner> {
  const delimiter = detectDelimiter(await input.head());
  let general: Scanner | undefined;
  const openGeneral = (before: number) => {
    let header = before === 0;
    return createCsvScanner({
      delimiter,
      onReject: (reject) => onReject({ ...reject, line: reject.line + before }),
      onRow(row) {
        if (header) {
          header = false;
          return;
        }
        const reason =
          row.count === columns.count
            ? sink.pairText(
                fieldText(row, columns.user),
                fieldText(row, columns.segment),
                columns.entered < 0 ? '' : fieldText(row, columns.entered),
              )
            : wrongCount(row.count, columns.count);
        if (reason === undefined) return;
        onReject({
          line: row.line + before,
          column: 1,
          reason,
          excerpt: excerptOf(row.bytes, row.start, row.end),
        });
      },
    });
  };
  const plain = createPlainScan(delimiter.charCodeAt(0), columns, { sink, audiences, onReject });
  /** The beginning of a line whose end has not come. */
  let carry = Buffer.alloc(0);
  const giveUp = (...rest: Buffer[]) => {
    general = openGeneral(plain.lines());
    for (const bytes of rest) general.push(bytes);
    carry = Buffer.alloc(0);
  };
  return {
    push(chunk) {
      if (general !== undefined) {
        general.push(chunk);
        return;
      }
      const first = carry.length === 0 ? 0 : chunk.indexOf(LF) + 1;
      const end = chunk.lastIndexOf(LF) + 1;
      // A line that does not end for long is the general scanner's, which caps it.
      if (end === 0 || chunk.length - end > LONGEST_CARRY) {
        if (carry.length + chunk.length > LONGEST_CARRY) giveUp(carry, chunk);
        else carry = Buffer.concat([carry, chunk]);
        return;
      }
      if (first > 0) {
        const line = Buffer.concat([carry, chunk.subarray(0, first)]);
        if (plain.scan(line, 0, line.length) < line.length) {
          giveUp(line, chunk.subarray(first));
          return;
        }
      }
      const stop = plain.scan(chunk, first, end);
      if (stop < end) giveUp(chunk.subarray(stop));
      else carry = Buffer.from(chunk.subarray(end));
    },
    end() {
      if (general === undefined && carry.length > 0) giveUp(carry);
      general?.end();
    },
  };
}

function wrongCount(found: number, expected: number): string {
  return `The row has ${found} columns, the header has ${expected}`;
}

interface PlainScan {
  /**
   * Takes whole lines, `bytes[from..end)`. Gives `end`, or the start of the first line that is not plain: it has a quote, a
   * NUL byte or invalid UTF-8, and was not taken.
   */
  scan(bytes: Buffer, from: number, end: number): number;
  /** Lines taken so far, the header among them. */
  lines(): number;
}

function createPlainScan(
  delimiter: number,
  columns: SnapshotColumns,
  { sink, audiences, onReject }: { sink: RowSink; audiences: ImportAudiences; onReject: OnReject },
): PlainScan {
  const { user, segment, entered, count } = columns;
  const intern = createInterning(audiences.resolveImported);
  const starts = new Int32Array(count + 1);
  const ends = new Int32Array(count + 1);
  // Every byte above this is part of a field, so most words of four bytes are done with in one test.
  const highest = Math.max(delimiter, QUOTE);
  const aboveHighest = (highest + 1) * 0x01010101;
  let lastText = '';
  let lastInstant: Instant | string | undefined;
  let line = 0;

  function enterTime(bytes: Buffer): Instant | string | undefined {
    const text = bytes.toString('latin1', starts[entered], ends[entered]);
    if (text !== lastText) {
      lastText = text;
      lastInstant = sink.enterTime(text);
    }
    return lastInstant;
  }

  /** Takes the line whose fields are in `starts` and `ends`, or says why not. */
  function takeLine(bytes: Buffer, view: DataView): string | undefined {
    const keyStart = starts[user] as number;
    const keyEnd = ends[user] as number;
    const problem = sink.keyProblem(bytes, keyStart, keyEnd);
    if (problem !== undefined) return problem;
    const time = entered < 0 ? undefined : enterTime(bytes);
    if (typeof time === 'string') return time;
    const audience = intern(bytes, view, starts[segment] as number, ends[segment] as number);
    if (typeof audience === 'string') return audience;
    sink.pair(view, keyStart, keyEnd, audience, time);
    return undefined;
  }

  function scan(bytes: Buffer, from: number, end: number): number {
    const view = new DataView(bytes.buffer, bytes.byteOffset, end);
    let at = from;
    while (at < end) {
      const lineStart = at;
      let field = 0;
      let seen = 0;
      starts[0] = at;
      for (;;) {
        let c: number;
        for (;;) {
          if (at + 4 > end) {
            c = bytes[at] as number;
            seen |= c;
            if (c <= highest) break;
            at += 1;
            continue;
          }
          const word = view.getInt32(at, true);
          seen |= word;
          // Sets the top bit of a byte for which (byte - (highest + 1)) borrows; exact up to the first such byte.
          const low = (word - aboveHighest) & ~word & 0x80808080;
          if (low === 0) {
            at += 4;
            continue;
          }
          at += (31 - Math.clz32(low ^ (low - 1))) >> 3;
          c = bytes[at] as number;
          break;
        }
        if (c === delimiter) {
          if (field < count) {
            ends[field] = at;
            starts[field + 1] = at + 1;
          }
          field += 1;
        } else if (c === LF) break;
        else if (c === QUOTE || c === 0) return lineStart;
        at += 1;
      }
      let lineEnd = at;
      at += 1;
      if ((seen & 0x80808080) !== 0 && !isUtf8(bytes.subarray(lineStart, lineEnd))) return lineStart;
      line += 1;
      if (lineEnd > lineStart && bytes[lineEnd - 1] === CR) lineEnd -= 1;
      if (line === 1 || lineEnd === lineStart) continue;
      if (field < count) ends[field] = lineEnd;
      const reason = field + 1 === count ? takeLine(bytes, view) : wrongCount(field + 1, count);
      if (reason !== undefined)
        onReject({ line, column: 1, reason, excerpt: excerptOf(bytes, lineStart, lineEnd) });
    }
    return end;
  }
  return { scan, lines: () => line };
}
