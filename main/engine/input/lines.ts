import { EXCERPT_BYTES, excerptOf, type OnReject } from './reject.ts';

const LF = 0x0a;
const CR = 0x0d;

/** Longest record that is held in memory; a longer one is rejected and skipped without being kept. */
export const MAX_RECORD_BYTES = 64 * 1024 * 1024;

/** Called for each line without its end (LF or CR LF): `bytes[start..end)`, valid during the call only. */
export type OnLine = (bytes: Buffer, start: number, end: number, line: number) => void;

/**
 * Called for whole lines at once, the last of them with its end: parts one behind the other, valid during the call only. The first
 * line is `line`. Gives how many there are, blank ones too.
 */
export type OnLines = (parts: readonly Buffer[], line: number) => number;

/** A scanner that is pushed chunks as they come, and told when there are no more. */
export interface Scanner {
  push(chunk: Buffer): void;
  end(): void;
}

/**
 * Cuts a byte stream into lines. Blank lines are passed over. A line
 * over the cap is rejected once, its excerpt from its beginning.
 *
 * @param options.onLines takes what lies in one piece; `onLine` then gets only what stands by itself or may be over the cap
 */
export function createLineScanner(options: {
  onLine: OnLine;
  onLines?: OnLines | undefined;
  onReject: OnReject;
  maxBytes?: number | undefined;
}): Scanner {
  const { onLine, onLines, onReject, maxBytes = MAX_RECORD_BYTES } = options;
  let line = 1;
  let parts: Buffer[] = [];
  let held = 0;
  let skipping = false;

  function emit(bytes: Buffer, start: number, end: number): void {
    const stop = end > start && bytes[end - 1] === CR ? end - 1 : end;
    if (stop > start && !isBlank(bytes, start, stop)) onLine(bytes, start, stop, line);
  }

  function tooLong(excerpt: string): void {
    onReject({ line, column: 1, reason: `The line is longer than ${maxBytes} bytes`, excerpt });
  }

  function finishHeld(bytes: Buffer, end: number): void {
    if (skipping) skipping = false;
    else if (held + end > maxBytes) {
      const first = parts[0] ?? bytes;
      tooLong(excerptOf(first, 0, first.length));
    } else {
      const whole = Buffer.concat([...parts, bytes.subarray(0, end)], held + end);
      emit(whole, 0, whole.length);
    }
    parts = [];
    held = 0;
  }

  function oneByOne(bytes: Buffer, from: number, stop: number): void {
    for (let start = from; start < stop; line += 1) {
      const end = bytes.indexOf(LF, start);
      if (end - start > maxBytes) tooLong(excerptOf(bytes, start, end));
      else emit(bytes, start, end);
      start = end + 1;
    }
  }

  function hold(bytes: Buffer, start: number): void {
    if (skipping || start >= bytes.length) return;
    held += bytes.length - start;
    parts.push(Buffer.from(bytes.subarray(start)));
    if (held <= maxBytes) return;
    tooLong(Buffer.concat(parts.slice(0, 1)).toString('utf8', 0, EXCERPT_BYTES));
    skipping = true;
    parts = [];
    held = 0;
  }

  return {
    push(chunk) {
      const stop = chunk.lastIndexOf(LF) + 1;
      // What is no longer than the cap has no line that is.
      if (stop > 0 && onLines !== undefined && !skipping && held + stop <= maxBytes) {
        line += onLines([...parts, chunk.subarray(0, stop)], line);
        parts = [];
        held = 0;
      } else if (stop > 0) {
        let start = 0;
        if (held > 0 || skipping) {
          const end = chunk.indexOf(LF);
          finishHeld(chunk, end);
          line += 1;
          start = end + 1;
        }
        oneByOne(chunk, start, stop);
      }
      hold(chunk, stop);
    },
    end() {
      if (held > 0 || skipping) finishHeld(Buffer.alloc(0), 0);
    },
  };
}

function isBlank(bytes: Buffer, start: number, end: number): boolean {
  for (let i = start; i < end; i += 1) {
    const byte = bytes[i];
    if (byte !== 0x20 && byte !== 0x09 && byte !== CR) return false;
  }
  return true;
}
