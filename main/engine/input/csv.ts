import { isUtf8 } from 'node:buffer';
import { MAX_RECORD_BYTES, type Scanner } from './lines.ts';
import { EXCERPT_BYTES, excerptOf, type OnReject } from './reject.ts';
import { firstInvalidUtf8 } from './utf8.ts';

const LF = 0x0a;
const CR = 0x0d;
const QUOTE = 0x22;

/** Most columns a row may have: far above any export, far below what would make a hostile header costly. */
export const MAX_COLUMNS = 4096;

/**
 * One row, valid during the callback only: field `i` is `bytes[starts[i]..ends[i])`, quotes taken off. `doubled[i]` is 1
 * where the field still holds doubled quotes; {@link fieldText} takes care of both.
 */
export interface CsvRow {
  bytes: Buffer;
  /** Line on which the row begins, from 1. */
  line: number;
  count: number;
  readonly starts: Int32Array;
  readonly ends: Int32Array;
  readonly doubled: Uint8Array;
  /** Where the whole row lies in `bytes`, without its line end. */
  start: number;
  end: number;
}

/** A field's text. */
export function fieldText(row: CsvRow, i: number): string {
  const text = row.bytes.toString('utf8', row.starts[i], row.ends[i]);
  return row.doubled[i] === 1 ? text.replaceAll('""', '"') : text;
}

/** Every field of a row as text. */
export function fieldTexts(row: CsvRow): string[] {
  const fields: string[] = [];
  for (let i = 0; i < row.count; i += 1) fields.push(fieldText(row, i));
  return fields;
}

/**
 * Cuts CSV (RFC 4180) into rows over the bytes themselves: quoted fields with delimiters, doubled quotes and line ends in
 * them; LF or CR LF; the last line may lack its end. More lenient than the RFC in one point: a quote inside a field that
 * does not begin with one is an ordinary character. Blank lines are passed over.
 *
 * Rejected, each with line and column: invalid UTF-8, NUL bytes, text behind a closing quote, a quote that is never
 * closed, more than {@link MAX_COLUMNS} columns, a row over the cap. The scan goes on behind the bad line.
 *
 * @param options.delimiter one ASCII character, see `detectDelimiter`
 */
export function createCsvScanner(options: {
  delimiter: string;
  onRow: (row: CsvRow) => void;
  onReject: OnReject;
  maxBytes?: number;
}): Scanner {
  const { onRow, onReject, maxBytes = MAX_RECORD_BYTES } = options;
  const delimiter = options.delimiter.charCodeAt(0);
  const row: CsvRow = {
    bytes: Buffer.alloc(0),
    line: 1,
    count: 0,
    starts: new Int32Array(MAX_COLUMNS),
    ends: new Int32Array(MAX_COLUMNS),
    doubled: new Uint8Array(MAX_COLUMNS),
    start: 0,
    end: 0,
  };
  const { starts, ends, doubled } = row;
  let line = 1;
  /** Line ends inside the quotes of the row that is being scanned. */
  let innerLines = 0;
  let rowEnd = 0;
  /** Set where a row is broken: the byte at which it shows, and why. */
  let brokenAt = -1;
  let reason = '';
  /** After a quote that is never closed, line ends close fields, so that one bad line does not take the rest along. */
  let quotesSpanLines = true;
  let carry: Buffer[] = [];
  let carried = 0;
  /** A row that is not complete is scanned again only once this many bytes are there, so long rows stay linear. */
  let waitFor = 0;
  let skipping = false;

  function broken(at: number, why: string): void {
    brokenAt = at;
    reason = why;
  }

  /** Scans one row from `from`; returns where the next one begins, -1 when the row is not complete in `bytes`. */
  function scanRow(bytes: Buffer, from: number, final: boolean): number {
    const length = bytes.length;
    let i = from;
    let count = 0;
    innerLines = 0;
    brokenAt = -1;
    for (;;) {
      if (count === MAX_COLUMNS) {
        broken(i, `The row has more than ${MAX_COLUMNS} columns`);
        return endOfLine(bytes, i, final);
      }
      let c = i < length ? (bytes[i] as number) : -1;
      if (c === QUOTE) {
        const open = i;
        let escapes = 0;
        i += 1;
        for (;;) {
          c = i < length ? (bytes[i] as number) : -1;
          if (c === QUOTE) {
            if (i + 1 < length ? bytes[i + 1] !== QUOTE : final) break;
            if (i + 1 >= length) return -1;
            escapes = 1;
            i += 2;
          } else if (c === LF) {
            if (!quotesSpanLines) {
              broken(open, 'The quote is never closed');
              rowEnd = i;
              return i + 1;
            }
            innerLines += 1;
            i += 1;
          } else if (c === -1) {
            if (!final) return -1;
            broken(open, 'The quote is never closed');
            quotesSpanLines = false;
            innerLines = 0;
            return endOfLine(bytes, from, true);
          } else i += 1;
        }
        starts[count] = open + 1;
        ends[count] = i;
        doubled[count] = escapes;
        i += 1;
        c = i < length ? (bytes[i] as number) : -1;
        if (c === CR) {
          if (i + 1 >= length && !final) return -1;
          if (i + 1 >= length || bytes[i + 1] === LF) {
            i += 1;
            c = i < length ? LF : -1;
          }
        }
        if (c !== delimiter && c !== LF && c !== -1) {
          broken(i, 'Text stands behind a closing quote');
          return endOfLine(bytes, i, final);
        }
      } else {
        starts[count] = i;
        doubled[count] = 0;
        while (c !== delimiter && c !== LF && c !== -1) {
          i += 1;
          c = i < length ? (bytes[i] as number) : -1;
        }
        ends[count] =
          c !== delimiter && i > from && bytes[i - 1] === CR && i > (starts[count] as number) ? i - 1 : i;
      }
      count += 1;
      if (c === delimiter) {
        i += 1;
        continue;
      }
      if (c === -1 && !final) return -1;
      row.count = count;
      rowEnd = i;
      return c === LF ? i + 1 : i;
    }
  }

  function endOfLine(bytes: Buffer, from: number, final: boolean): number {
    const at = bytes.indexOf(LF, from);
    if (at < 0 && !final) return -1;
    rowEnd = at < 0 ? bytes.length : at;
    return at < 0 ? bytes.length : at + 1;
  }

  function emit(bytes: Buffer, from: number, clean: boolean): void {
    if (brokenAt < 0 && row.count === 1 && ends[0] === starts[0] && starts[0] === from) return;
    if (brokenAt < 0 && !clean) {
      const invalid = firstInvalidUtf8(bytes, from, rowEnd);
      const nul = bytes.subarray(from, rowEnd).indexOf(0);
      if (invalid >= 0) broken(invalid, 'The bytes are not valid UTF-8');
      else if (nul >= 0) broken(from + nul, 'The row holds a NUL byte');
    }
    if (brokenAt >= 0) {
      const before = bytes.lastIndexOf(LF, brokenAt - 1);
      const at = brokenAt > from && before >= from ? before + 1 : from;
      let atLine = line;
      for (let i = bytes.indexOf(LF, from); i >= 0 && i < brokenAt; i = bytes.indexOf(LF, i + 1)) atLine += 1;
      onReject({ line: atLine, column: brokenAt - at + 1, reason, excerpt: excerptOf(bytes, from, rowEnd) });
      return;
    }
    row.bytes = bytes;
    row.line = line;
    row.start = from;
    row.end = rowEnd > from && bytes[rowEnd - 1] === CR ? rowEnd - 1 : rowEnd;
    onRow(row);
  }

  /** Scans every complete row and returns the bytes taken. */
  function scanRows(bytes: Buffer, final: boolean): number {
    // A line end is never part of a UTF-8 sequence, so whole lines can be checked in one go; row by row only when bad.
    const region = bytes.subarray(0, final ? bytes.length : bytes.lastIndexOf(LF) + 1);
    const clean = isUtf8(region) && !region.includes(0);
    let from = 0;
    while (from < bytes.length) {
      const next = scanRow(bytes, from, final);
      if (next < 0) break;
      emit(bytes, from, clean);
      line += innerLines + (bytes[next - 1] === LF ? 1 : 0);
      from = next;
    }
    return from;
  }

  function hold(bytes: Buffer, from: number): void {
    const rest = Buffer.from(bytes.subarray(from));
    carry = rest.length > 0 ? [rest] : [];
    carried = rest.length;
    waitFor = carried * 2;
    if (carried <= maxBytes) return;
    onReject({
      line,
      column: 1,
      reason: `The row is longer than ${maxBytes} bytes`,
      excerpt: rest.toString('utf8', 0, EXCERPT_BYTES),
    });
    for (let i = rest.indexOf(LF); i >= 0; i = rest.indexOf(LF, i + 1)) line += 1;
    carry = [];
    carried = 0;
    waitFor = 0;
    skipping = true;
  }

  function scan(final: boolean): void {
    const bytes = carry.length === 1 ? (carry[0] ?? Buffer.alloc(0)) : Buffer.concat(carry, carried);
    hold(bytes, scanRows(bytes, final));
  }

  return {
    push(chunk) {
      let rest = chunk;
      if (skipping) {
        const at = chunk.indexOf(LF);
        if (at < 0) return;
        skipping = false;
        line += 1;
        rest = chunk.subarray(at + 1);
      }
      if (carried === 0) {
        hold(rest, scanRows(rest, false));
        return;
      }
      carry.push(Buffer.from(rest));
      carried += rest.length;
      if (carried >= waitFor || carried > maxBytes) scan(false);
    },
    end() {
      if (carried > 0) scan(true);
    },
  };
}
