import { isUtf8 } from 'node:buffer';
import type { Instant } from '../core/instant.ts';
import { createCsvScanner, fieldText } from '../input/csv.ts';
import { detectDelimiter } from '../input/format.ts';
import type { Input } from '../input/input.ts';
import type { Scanner } from '../input/lines.ts';
import { readHeader } from '../input/records.ts';
import { excerptOf, type OnReject } from '../input/reject.ts';
import { hashKey } from '../membership/key.ts';
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
  let lines = 0;
  let general: Scanner | undefined;
  const openGeneral = () => {
    const before = lines;
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
  const scanPlain = createPlainScan(delimiter.charCodeAt(0), columns, { sink, audiences, onReject });
  let carry = Buffer.alloc(0);
  return {
    push(chunk) {
      if (general !== undefined) {
        general.push(chunk);
        return;
      }
      const bytes = carry.length === 0 ? chunk : Buffer.concat([carry, chunk]);
      const end = bytes.lastIndexOf(LF) + 1;
      const whole = bytes.subarray(0, end);
      // A line that does not end for long is the general scanner's, which caps it.
      if (bytes.includes(QUOTE) || whole.includes(0) || !isUtf8(whole) || bytes.length - end > chunk.length) {
        general = openGeneral();
        general.push(bytes);
        carry = Buffer.alloc(0);
        return;
      }
      lines = scanPlain(whole, lines);
      carry = Buffer.from(bytes.subarray(end));
    },
    end() {
      if (general === undefined && carry.length > 0) {
        general = openGeneral();
        general.push(carry);
      }
      general?.end();
    },
  };
}

function wrongCount(found: number, expected: number): string {
  return `The row has ${found} columns, the header has ${expected}`;
}

/** Scans whole lines of plain CSV; takes the lines before them and gives the lines after them. */
function createPlainScan(
  delimiter: number,
  columns: SnapshotColumns,
  { sink, audiences, onReject }: { sink: RowSink; audiences: ImportAudiences; onReject: OnReject },
): (bytes: Buffer, linesBefore: number) => number {
  const { user, segment, entered, count } = columns;
  const intern = createInterning(audiences);
  const starts = new Int32Array(count);
  const ends = new Int32Array(count);
  // Every byte above this is part of a field: one test for most words of four bytes, one comparison for most bytes.
  const highest = Math.max(delimiter, CR);
  const aboveHighest = (highest + 1) * 0x01010101;
  let lastText = '';
  let lastInstant: Instant | string | undefined;

  function enterTime(bytes: Buffer): Instant | string | undefined {
    const text = bytes.toString('latin1', starts[entered], ends[entered]);
    if (text !== lastText) {
      lastText = text;
      lastInstant = sink.enterTime(text);
    }
    return lastInstant;
  }

  return (bytes, linesBefore) => {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    const length = bytes.length;
    let line = linesBefore;
    let at = 0;
    while (at < length) {
      const lineStart = at;
      let field = 0;
      let start = at;
      for (;;) {
        // Sets the top bit of a byte for which (byte - (highest + 1)) borrows; exact up to the first such byte.
        while (at + 4 <= length) {
          const word = view.getInt32(at, true);
          if (((word - aboveHighest) & ~word & 0x80808080) !== 0) break;
          at += 4;
        }
        let c = bytes[at] as number;
        while (c > highest) {
          at += 1;
          c = bytes[at] as number;
        }
        if (c !== delimiter && c !== LF) {
          at += 1;
          continue;
        }
        if (field < count) {
          starts[field] = start;
          ends[field] = at;
        }
        field += 1;
        at += 1;
        if (c === LF) break;
        start = at;
      }
      line += 1;
      let lineEnd = at - 1;
      if (lineEnd > lineStart && bytes[lineEnd - 1] === CR) {
        lineEnd -= 1;
        if (field === count) ends[field - 1] = lineEnd;
      }
      if (line === 1 || lineEnd === lineStart) continue;
      let reason: string | undefined;
      if (field !== count) reason = wrongCount(field, count);
      else {
        const keyStart = starts[user] as number;
        const keyEnd = ends[user] as number;
        reason = sink.keyProblem(keyEnd - keyStart);
        const time = entered < 0 || reason !== undefined ? undefined : enterTime(bytes);
        if (typeof time === 'string') reason = time;
        else if (reason === undefined) {
          const audience = intern(bytes, view, starts[segment] as number, ends[segment] as number);
          if (typeof audience === 'number') sink.pair(view, keyStart, keyEnd, audience, time);
          else reason = audience;
        }
      }
      if (reason !== undefined)
        onReject({ line, column: 1, reason, excerpt: excerptOf(bytes, lineStart, lineEnd) });
    }
    return line;
  };
}

/** An audience's name as it stands in the file. */
interface Interned {
  readonly hash: number;
  readonly bytes: Buffer;
  readonly view: DataView;
  readonly number: number;
}

/** Names that are found with one look. */
const CACHED_NAMES = 1024;

/** Finds an audience's number by its bytes without making a string of them. */
function createInterning(
  audiences: ImportAudiences,
): (bytes: Buffer, view: DataView, start: number, end: number) => number | string {
  const known = new Map<string, Interned>();
  const cache: (Interned | undefined)[] = Array.from({ length: CACHED_NAMES }, () => undefined);
  return (bytes, view, start, end) => {
    const hash = hashKey(view, start, end - start);
    const cached = cache[hash & (CACHED_NAMES - 1)];
    if (cached !== undefined && cached.hash === hash && sameBytes(cached, view, start, end - start))
      return cached.number;
    const text = bytes.toString('utf8', start, end);
    let found = known.get(text);
    if (found === undefined) {
      const number = audiences.resolveImported(text);
      if (typeof number === 'string') return number;
      const own = Buffer.from(text);
      found = { hash, bytes: own, view: new DataView(own.buffer, own.byteOffset, own.length), number };
      known.set(text, found);
    }
    cache[hash & (CACHED_NAMES - 1)] = found;
    return found.number;
  };
}

function sameBytes({ bytes, view: own }: Interned, view: DataView, start: number, length: number): boolean {
  if (bytes.length !== length) return false;
  let i = 0;
  for (; i + 4 <= length; i += 4) if (own.getInt32(i, true) !== view.getInt32(start + i, true)) return false;
  for (; i < length; i += 1) if (own.getUint8(i) !== view.getUint8(start + i)) return false;
  return true;
}
