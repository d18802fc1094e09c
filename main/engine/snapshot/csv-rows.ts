import { isUtf8 } from 'node:buffer';
import { createCsvScanner, fieldText } from '../input/csv.ts';
import { detectDelimiter } from '../input/format.ts';
import type { Input } from '../input/input.ts';
import type { Scanner } from '../input/lines.ts';
import { placeOf, readHeader } from '../input/records.ts';
import { excerptOf, type OnReject } from '../input/reject.ts';
import type { ImportAudiences } from './audiences.ts';
import {
  SCAN_COLUMNS,
  SCAN_DONE,
  SCAN_KEY,
  SCAN_NOT_ASCII,
  SCAN_NOT_PLAIN,
  SCAN_TIME,
  TEXT_BYTES,
} from './kernel/layout.ts';
import { ENTERED_NAMES, SEGMENT_NAMES } from './row-names.ts';
import type { RowSink } from './sink.ts';

const LF = 0x0a;
const CR = 0x0d;

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

/** Longest beginning of a line that waits here for its end, and most text that is put behind it. */
const LONGEST_CARRY = TEXT_BYTES / 2;

/**
 * Reads membership rows from CSV. Text without quotes, NUL bytes or invalid UTF-8, which is what exports of millions are, is
 * scanned by the kernel, which makes no object or string for a row; from the first byte that needs more, the general CSV
 * scanner takes over. Both take and reject the same rows.
 */
export async function createSnapshotCsv(
  input: Pick<Input, 'head'>,
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
        const excerpt = excerptOf(row.bytes, row.start, row.end);
        if (row.count !== columns.count) {
          const reason = wrongCount(row.count, columns.count);
          onReject({ line: row.line + before, column: 1, reason, excerpt });
          return;
        }
        const entered = columns.entered < 0 ? '' : fieldText(row, columns.entered);
        const fault = sink.pairText(fieldText(row, columns.user), fieldText(row, columns.segment), entered);
        if (fault === undefined) return;
        const at = row.starts[columns[fault.field]] ?? row.start;
        const place = placeOf(row.bytes, row.start, at, { line: row.line + before, column: 1 });
        onReject({ ...place, reason: fault.reason, excerpt });
      },
    });
  };
  const plain = createPlainScan(delimiter.charCodeAt(0), columns, { sink, audiences, onReject });
  const { room } = plain;
  /** Bytes at the beginning of `room` that are of a line whose end has not come. */
  let held = 0;

  /** Puts text behind what is held and takes its whole lines. Gives false, and keeps the rest, when it is not plain. */
  function take(text: Buffer): boolean {
    text.copy(room, held);
    const end = held + text.length;
    const linesEnd = room.lastIndexOf(LF, end - 1) + 1;
    const stop = plain.scan(linesEnd);
    room.copyWithin(0, stop, end);
    held = end - stop;
    // A line that does not end for long is the general scanner's, which caps it.
    return stop === linesEnd && held <= LONGEST_CARRY;
  }

  function giveUp(): void {
    general = openGeneral(plain.lines());
    general.push(Buffer.from(room.subarray(0, held)));
  }

  return {
    push(chunk) {
      for (let from = 0; general === undefined && from < chunk.length; from += LONGEST_CARRY) {
        if (take(chunk.subarray(from, from + LONGEST_CARRY))) continue;
        giveUp();
        chunk = chunk.subarray(from + LONGEST_CARRY);
      }
      general?.push(chunk);
    },
    end() {
      if (general === undefined && held > 0) giveUp();
      general?.end();
    },
  };
}

function wrongCount(found: number, expected: number): string {
  return `The row has ${found} columns, the header has ${expected}`;
}

interface PlainScan {
  /** Where text is put to be scanned. */
  readonly room: Buffer;
  /**
   * Takes the whole lines from the beginning of `room` up to `end`. Gives `end`, or the start of the first line that is not
   * plain: it has a quote, a NUL byte or invalid UTF-8, and was not taken.
   */
  scan(end: number): number;
  /** Lines taken so far, the header among them. */
  lines(): number;
}

function createPlainScan(
  delimiter: number,
  columns: SnapshotColumns,
  { sink, audiences, onReject }: { sink: RowSink; audiences: ImportAudiences; onReject: OnReject },
): PlainScan {
  const { kernel } = sink;
  const { user, segment, entered, count } = columns;
  kernel.setColumns(delimiter, user, segment, entered, count);
  const start = kernel.textRoom.value;
  const room = Buffer.from(kernel.memory.buffer, start, TEXT_BYTES);
  const textOf = (from: WebAssembly.Global<'i32'>, to: WebAssembly.Global<'i32'>) =>
    room.toString('utf8', from.value - start, to.value - start);

  /** Notes that the rest of the text, or else this line, is valid UTF-8; false when it is not. */
  function checkText(end: number): boolean {
    const from = kernel.lineStart.value - start;
    for (const to of [end, kernel.lineEnd.value - start]) {
      if (!isUtf8(room.subarray(from, to))) continue;
      kernel.setChecked(start + to);
      return true;
    }
    return false;
  }

  /** Answers what the kernel asks of a line, or gives the reason to reject it and the address of what is wrong. */
  function answer(question: number): { reason: string; at: number } | undefined {
    if (question === SCAN_COLUMNS)
      return { reason: wrongCount(kernel.fields.value, count), at: kernel.lineStart.value };
    if (question === SCAN_KEY) {
      const at = kernel.keyStart.value;
      const reason = sink.keyProblem(room, at - start, kernel.keyEnd.value - start);
      if (reason !== undefined) return { reason, at };
      kernel.setKey();
    } else if (question === SCAN_TIME) {
      const time = sink.enterTime(textOf(kernel.timeStart, kernel.timeEnd));
      if (typeof time === 'string') return { reason: time, at: kernel.timeStart.value };
      if (time !== undefined) kernel.setTime(time.ms, time.code);
    } else {
      const audience = audiences.resolveImported(textOf(kernel.nameStart, kernel.nameEnd));
      if (typeof audience === 'string') return { reason: audience, at: kernel.nameStart.value };
      kernel.setAudience(audience);
    }
    return undefined;
  }

  function scan(end: number): number {
    kernel.setChecked(0);
    let at = start;
    for (;;) {
      const outcome = kernel.scanRows(at, start + end);
      if (outcome === SCAN_DONE) return end;
      at = kernel.lineStart.value;
      if (outcome === SCAN_NOT_PLAIN || (outcome === SCAN_NOT_ASCII && !checkText(end))) return at - start;
      if (outcome === SCAN_NOT_ASCII) continue;
      const fault = answer(outcome);
      if (fault === undefined) continue;
      const lineEnd = kernel.lineEnd.value - start;
      const excerpt = excerptOf(room, at - start, room[lineEnd - 1] === CR ? lineEnd - 1 : lineEnd);
      onReject({ line: kernel.lines.value + 1, column: fault.at - at + 1, reason: fault.reason, excerpt });
      at = kernel.skipLine();
    }
  }
  return { room, scan, lines: () => kernel.lines.value };
}
