import { EXCERPT_BYTES, excerptOf, type OnReject } from './reject.ts';

const LF = 0x0a;
const CR = 0x0d;

/** Longest record that is held in memory; a longer one is rejected and skipped without being kept. */
export const MAX_RECORD_BYTES = 64 * 1024 * 1024;

/** Called for each line without its end (LF or CR LF): `bytes[start..end)`, valid during the call only. */
export type OnLine = (bytes: Buffer, start: number, end: number, line: number) => void;

/** A scanner that is pushed chunks as they come, and told when there are no more. */
export interface Scanner {
  push(chunk: Buffer): void;
  end(): void;
}

/**
 * Cuts a byte stream into lines. Blank lines are passed over. A line
 * over the cap is rejected once, its excerpt from its beginning.
 */
export function createLineScanner(options: {
  onLine: OnLine;
  onReject: OnReject;
  maxBytes?: number;
}): Scanner {
  const { onLine, onReject, maxBytes = MAX_RECORD_BYTES } = options;
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
      let start = 0;
      let end = chunk.indexOf(LF, start);
      if (end >= 0 && (held > 0 || skipping)) {
        finishHeld(chunk, end);
        line += 1;
        start = end + 1;
        end = chunk.indexOf(LF, start);
      }
      while (end >= 0) {
        if (end - start > maxBytes) tooLong(excerptOf(chunk, start, end));
        else emit(chunk, start, end);
        line += 1;
        start = end + 1;
        end = chunk.indexOf(LF, start);
      }
      hold(chunk, start);
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
