import { isUtf8 } from 'node:buffer';
import { SEGMENT_FIELDS } from '../input/segments.ts';
import { viewOf } from '../membership/segment.ts';
import type { ImportAudiences } from './audiences.ts';
import { createInterning } from './interning.ts';
import {
  CLOSE_BRACE,
  CLOSE_BRACKET,
  COLON,
  COMMA,
  createJsonBytes,
  OPEN_BRACE,
  OPEN_BRACKET,
  QUOTE,
} from './json-bytes.ts';
import type { RowSink } from './sink.ts';

/** As in the contract and in `segmentsOf`; in ASCII, where bytes are characters. */
const MAX_KEY_BYTES = 1024;
const MAX_SLUG_BYTES = 256;
const MINUS = 0x2d;
const LETTER_T = 0x74;

/**
 * Takes profiles with `segments` from the bytes of their lines, without making a text: the whole line is checked to be JSON,
 * the key and the names of the audiences are read, nothing else. Takes no line that the general reader would reject or read
 * otherwise; the lines that it leaves alone (a fault, an escape where it matters, a name twice) are that reader's.
 *
 * @returns whether the line was taken
 */
export function createProfileLines(
  keyField: string,
  { sink, audiences }: { sink: RowSink; audiences: ImportAudiences },
): (bytes: Buffer, start: number, end: number) => boolean {
  const json = createJsonBytes();
  const intern = createInterning(audiences.resolve);
  const keyName = Buffer.from(keyField);
  const segmentNames = SEGMENT_FIELDS.map((name) => Buffer.from(name));
  /** Where the names of the line's audiences start and end. */
  let names: number[] = [];
  let bytes: Buffer = Buffer.alloc(0);
  let view = viewOf(bytes);
  let end = 0;

  /** Adds the audience of a string from its opening quote; false to leave the line alone. */
  function addName(open: number, behind: number): boolean {
    const length = behind - open - 2;
    if (length === 0 || length > MAX_SLUG_BYTES || json.escaped()) return false;
    names.push(open + 1, behind - 1);
    return true;
  }

  /** The numbers of the names, once the line is known to be good: a bad one creates no audience. */
  function numbersOf(): number[] | undefined {
    const numbers: number[] = [];
    for (let i = 0; i < names.length; i += 2) {
      const number = intern(bytes, view, names[i] as number, names[i + 1] as number);
      if (typeof number === 'string' || numbers.includes(number)) return undefined;
      numbers.push(number);
    }
    return numbers;
  }

  function list(open: number): number {
    let at = json.space(open + 1);
    if (at < end && bytes[at] === CLOSE_BRACKET) return at + 1;
    for (;;) {
      if (at >= end || bytes[at] !== QUOTE) return -1;
      const behind = json.string(at);
      if (behind < 0 || !addName(at, behind)) return -1;
      at = json.space(behind);
      if (at >= end) return -1;
      if (bytes[at] === CLOSE_BRACKET) return at + 1;
      if (bytes[at] !== COMMA) return -1;
      at = json.space(at + 1);
    }
  }

  /** A map of names to true; with any other value it is left alone. */
  function map(open: number): number {
    let at = json.space(open + 1);
    if (at < end && bytes[at] === CLOSE_BRACE) return at + 1;
    for (;;) {
      if (at >= end || bytes[at] !== QUOTE) return -1;
      const behind = json.string(at);
      if (behind < 0 || !addName(at, behind)) return -1;
      at = json.space(behind);
      if (at >= end || bytes[at] !== COLON) return -1;
      at = json.space(at + 1);
      if (at >= end || bytes[at] !== LETTER_T) return -1;
      at = json.value(at);
      if (at < 0) return -1;
      at = json.space(at);
      if (at >= end) return -1;
      if (bytes[at] === CLOSE_BRACE) return at + 1;
      if (bytes[at] !== COMMA) return -1;
      at = json.space(at + 1);
    }
  }

  function segments(at: number): number {
    if (at >= end) return -1;
    if (bytes[at] === OPEN_BRACKET) return list(at);
    return bytes[at] === OPEN_BRACE ? map(at) : -1;
  }

  function isName(name: Buffer, start: number, length: number): boolean {
    if (length !== name.length) return false;
    for (let i = 0; i < length; i += 1) if (bytes[start + i] !== name[i]) return false;
    return true;
  }

  function look(buffer: Buffer, lineEnd: number): void {
    if (bytes !== buffer) {
      bytes = buffer;
      view = viewOf(buffer);
    }
    end = lineEnd;
    json.line(buffer, view, lineEnd);
  }

  return (buffer, lineStart, lineEnd) => {
    // Words of four bytes are read up to the last byte of the line.
    if (lineEnd + 4 > buffer.length) return false;
    look(buffer, lineEnd);
    names = [];
    let keyStart = -1;
    let keyEnd = -1;
    let named = 0;
    let at = json.space(lineStart);
    if (at >= end || bytes[at] !== OPEN_BRACE) return false;
    at = json.space(at + 1);
    for (;;) {
      if (at >= end || bytes[at] !== QUOTE) return false;
      const name = at + 1;
      at = json.string(at);
      // An escaped name may stand for one that matters.
      if (at < 0 || json.escaped()) return false;
      const length = at - name - 1;
      at = json.space(at);
      if (at >= end || bytes[at] !== COLON) return false;
      at = json.space(at + 1);
      if (isName(keyName, name, length)) {
        if (keyStart >= 0 || at >= end) return false;
        const text = bytes[at] === QUOTE;
        const value = at;
        const c = bytes[at] as number;
        if (!text && c !== MINUS && (c < 0x30 || c > 0x39)) return false;
        at = json.value(at);
        if (at < 0 || (text && json.escaped())) return false;
        keyStart = text ? value + 1 : value;
        keyEnd = text ? at - 1 : at;
      } else if (segmentNames.some((one) => isName(one, name, length))) {
        // The same field twice: the last counts.
        if (named > 0) return false;
        named += 1;
        at = segments(at);
      } else at = json.value(at);
      if (at < 0) return false;
      at = json.space(at);
      if (at >= end) return false;
      const c = bytes[at] as number;
      at = json.space(at + 1);
      if (c === CLOSE_BRACE) break;
      if (c !== COMMA) return false;
    }
    const keyLength = keyEnd - keyStart;
    if (at !== end || keyStart < 0 || named === 0 || keyLength === 0 || keyLength > MAX_KEY_BYTES)
      return false;
    if (json.beyondAscii() && !isUtf8(buffer.subarray(lineStart, lineEnd))) return false;
    const numbers = numbersOf();
    if (numbers === undefined) return false;
    sink.profileBytes(view, keyStart, keyLength, numbers);
    return true;
  };
}
