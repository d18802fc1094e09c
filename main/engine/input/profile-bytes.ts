import { isUtf8 } from 'node:buffer';
import { userKeyBytesFault } from '../core/user-key.ts';
import { viewOf } from '../membership/segment.ts';
import {
  CLOSE_BRACE,
  CLOSE_BRACKET,
  COLON,
  COMMA,
  createJsonBytes,
  OPEN_BRACE,
  OPEN_BRACKET,
  QUOTE,
} from '../message/json-bytes.ts';
import { SEGMENT_FIELDS } from './segments.ts';

/** As in `segmentsOf`; in ASCII, where bytes are characters. */
const MAX_SLUG_BYTES = 256;
const MINUS = 0x2d;
const LETTER_T = 0x74;

/** One profile's place in the bytes of a file, valid until the next one is read. All offsets are into `bytes`. */
export interface ProfileSpan {
  readonly bytes: Buffer;
  readonly view: DataView;
  /** The object alone, from its opening brace to behind its closing one. */
  readonly open: number;
  readonly close: number;
  /** The user's key, without quotes. */
  readonly keyStart: number;
  readonly keyEnd: number;
  /** Where the name of each audience starts and ends, two offsets each; undefined when the profile has no such field. */
  readonly names: readonly number[] | undefined;
  /** Whether all of it is ASCII. */
  readonly ascii: boolean;
}

/**
 * Reads profiles from bytes without making a text: the whole is checked to be one JSON object in valid UTF-8, its key and the
 * names of its audiences are found, nothing else is looked at. It takes nothing that the general reader (profile/record.ts)
 * would reject or read otherwise; what it leaves alone (a fault, an escape where it matters, a field twice) is that reader's.
 *
 * @returns undefined for what is left to the general reader
 */
export function createProfileBytes(
  keyField: string,
): (bytes: Buffer, start: number, end: number) => ProfileSpan | undefined {
  const json = createJsonBytes();
  const keyName = Buffer.from(keyField);
  const segmentNames = SEGMENT_FIELDS.map((name) => Buffer.from(name));
  let names: number[] = [];
  let bytes: Buffer = Buffer.alloc(0);
  let view = viewOf(bytes);
  let end = 0;

  /** Adds the audience of a string from its opening quote; false to leave the profile alone. */
  function addName(open: number, behind: number): boolean {
    const length = behind - open - 2;
    if (length === 0 || length > MAX_SLUG_BYTES || json.escaped()) return false;
    names.push(open + 1, behind - 1);
    return true;
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

  function isSegments(start: number, length: number): boolean {
    for (const name of segmentNames) if (isName(name, start, length)) return true;
    return false;
  }

  function look(buffer: Buffer, stop: number): void {
    if (bytes !== buffer) {
      bytes = buffer;
      view = viewOf(buffer);
    }
    end = stop;
    names = [];
    json.line(buffer, view, stop);
  }

  return (buffer, start, stop) => {
    // Words of four bytes are read up to the last byte.
    if (stop + 4 > buffer.length) return undefined;
    look(buffer, stop);
    let keyStart = -1;
    let keyEnd = -1;
    let named = false;
    const open = json.space(start);
    if (open >= end || bytes[open] !== OPEN_BRACE) return undefined;
    let at = json.space(open + 1);
    let close = at;
    for (;;) {
      if (at >= end || bytes[at] !== QUOTE) return undefined;
      const name = at + 1;
      at = json.string(at);
      // An escaped name may stand for one that matters.
      if (at < 0 || json.escaped()) return undefined;
      const length = at - name - 1;
      at = json.space(at);
      if (at >= end || bytes[at] !== COLON) return undefined;
      at = json.space(at + 1);
      if (isName(keyName, name, length)) {
        if (keyStart >= 0 || at >= end) return undefined;
        const text = bytes[at] === QUOTE;
        const value = at;
        const c = bytes[at] as number;
        if (!text && c !== MINUS && (c < 0x30 || c > 0x39)) return undefined;
        at = json.value(at);
        if (at < 0 || (text && json.escaped())) return undefined;
        keyStart = text ? value + 1 : value;
        keyEnd = text ? at - 1 : at;
      } else if (isSegments(name, length)) {
        // The same field twice: the last counts.
        if (named) return undefined;
        named = true;
        at = segments(at);
      } else at = json.value(at);
      if (at < 0) return undefined;
      at = json.space(at);
      if (at >= end) return undefined;
      const c = bytes[at] as number;
      close = at + 1;
      at = json.space(close);
      if (c === CLOSE_BRACE) break;
      if (c !== COMMA) return undefined;
    }
    if (at !== end || keyStart < 0 || userKeyBytesFault(bytes, keyStart, keyEnd) !== undefined)
      return undefined;
    const ascii = !json.beyondAscii();
    if (!ascii && !isUtf8(buffer.subarray(start, stop))) return undefined;
    return { bytes, view, open, close, keyStart, keyEnd, names: named ? names : undefined, ascii };
  };
}
