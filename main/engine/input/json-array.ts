import { SegueError } from '../core/errors.ts';
import { MAX_RECORD_BYTES, type Scanner } from './lines.ts';
import { EXCERPT_BYTES, type OnReject } from './reject.ts';

const LF = 0x0a;
const QUOTE = 0x22;
const COMMA = 0x2c;
const OPEN_BRACKET = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

/** Called for each element's text: `bytes[start..end)`, valid during the call only, with the place where it begins. */
export type OnElement = (bytes: Buffer, start: number, end: number, line: number, column: number) => void;

type State = 'before' | 'between' | 'element' | 'after' | 'ignored';

/**
 * Cuts a JSON array into the texts of its elements without parsing them: only strings and brackets are followed, so an
 * element that is not valid JSON is found by whoever parses it, and the array goes on behind it. Memory holds one element.
 *
 * Rejected: an element over the cap, an empty element, text behind the array. Thrown: FILE_FORMAT when the text does not
 * begin with `[` or the array is not closed at the end, since a file that is cut off is not whole.
 */
export function createArrayScanner(options: {
  name: string;
  onElement: OnElement;
  onReject: OnReject;
  maxBytes?: number;
}): Scanner {
  const { name, onElement, onReject, maxBytes = MAX_RECORD_BYTES } = options;
  let state: State = 'before';
  let depth = 0;
  let inString = false;
  let escaped = false;
  let line = 1;
  /** Bytes of the present line that lie in earlier chunks. */
  let column = 0;
  let parts: Buffer[] = [];
  let held = 0;
  let skipping = false;
  let startLine = 1;
  let startColumn = 1;
  let pendingComma = false;

  function take(bytes: Buffer, start: number, end: number): void {
    if (skipping) {
      skipping = false;
    } else if (held === 0) {
      onElement(bytes, start, trimmedEnd(bytes, start, end), startLine, startColumn);
    } else {
      const whole = Buffer.concat([...parts, bytes.subarray(start, end)], held + end - start);
      onElement(whole, 0, trimmedEnd(whole, 0, whole.length), startLine, startColumn);
    }
    parts = [];
    held = 0;
  }

  function hold(bytes: Buffer, start: number): void {
    if (skipping) return;
    parts.push(Buffer.from(bytes.subarray(start)));
    held += bytes.length - start;
    if (held <= maxBytes) return;
    onReject({
      line: startLine,
      column: startColumn,
      reason: `The element is longer than ${maxBytes} bytes`,
      excerpt: parts[0]?.toString('utf8', 0, EXCERPT_BYTES) ?? '',
    });
    skipping = true;
    parts = [];
    held = 0;
  }

  function fault(what: string, atColumn: number): never {
    throw new SegueError(
      'FILE_FORMAT',
      `${name}, line ${line}, column ${atColumn}: ${what}. Nothing was kept; check that the file is whole.`,
      { path: name, line, column: atColumn },
    );
  }

  return {
    push(bytes) {
      if (state === 'ignored') return;
      const length = bytes.length;
      let lineStart = -column;
      let start = 0;
      for (let i = 0; i < length; i += 1) {
        const c = bytes[i] as number;
        if (c === LF) {
          line += 1;
          lineStart = i + 1;
        }
        if (state === 'element') {
          if (inString) {
            if (escaped) escaped = false;
            else if (c === BACKSLASH) escaped = true;
            else if (c === QUOTE) inString = false;
          } else if (c === QUOTE) inString = true;
          else if (c === OPEN_BRACE || c === OPEN_BRACKET) depth += 1;
          else if (depth > 0) {
            if (c === CLOSE_BRACE || c === CLOSE_BRACKET) depth -= 1;
          } else if (c === COMMA || c === CLOSE_BRACKET) {
            take(bytes, start, i);
            state = c === COMMA ? 'between' : 'after';
            pendingComma = c === COMMA;
          }
          continue;
        }
        if (c === LF || c === 0x20 || c === 0x09 || c === 0x0d) continue;
        const at = i - lineStart + 1;
        if (state === 'before') {
          if (c !== OPEN_BRACKET) fault('a JSON array begins with "["', at);
          state = 'between';
        } else if (state === 'after') {
          onReject({
            line,
            column: at,
            reason: 'Text stands behind the end of the array',
            excerpt: bytes.toString('utf8', i, Math.min(length, i + EXCERPT_BYTES)),
          });
          state = 'ignored';
          return;
        } else if (c === COMMA || c === CLOSE_BRACKET) {
          if (c === COMMA || pendingComma)
            onReject({
              line,
              column: at,
              reason: 'An element is missing before this character',
              excerpt: '',
            });
          pendingComma = c === COMMA;
          if (c === CLOSE_BRACKET) state = 'after';
        } else {
          state = 'element';
          start = i;
          depth = 0;
          inString = false;
          startLine = line;
          startColumn = at;
          i -= 1;
        }
      }
      column = length - lineStart;
      if (state === 'element') hold(bytes, start);
    },
    end() {
      if (state === 'before') fault('the file is empty, a JSON array begins with "["', 1);
      if (state !== 'after' && state !== 'ignored')
        fault('the array is not closed, the file seems to be cut off', column + 1);
    },
  };
}

function trimmedEnd(bytes: Buffer, start: number, end: number): number {
  let at = end;
  while (at > start && (bytes[at - 1] as number) <= 0x20) at -= 1;
  return at;
}
