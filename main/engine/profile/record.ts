import { SegueError } from '../core/errors.ts';
import { userKeyFault } from '../core/user-key.ts';
import type { Reject } from '../input/reject.ts';
import { SEGMENT_FIELDS, segmentsOf } from '../input/segments.ts';
import {
  checkJson,
  findMember,
  type ObjectText,
  positionOf,
  scanObject,
  unquote,
  valueKind,
} from '../message/json-text.ts';

/** One profile of a file, checked: its key, its own text, and the audiences that it names (undefined = none named). */
export interface ProfileRecord {
  readonly userId: string;
  /** The object alone, without white space around it. */
  readonly text: string;
  readonly audiences: readonly string[] | undefined;
}

/** Characters of a rejected profile that its report shows. */
export const EXCERPT_CHARS = 200;

/**
 * Reads one profile's text. The key is a text, or a number as it is written (so one above 2^53 keeps its digits).
 *
 * @returns the record, or the reject that says what is wrong and where
 */
export function readProfileRecord(
  { line, column, text }: { line: number; column: number; text: string },
  keyField: string,
): ProfileRecord | Reject {
  const at = (offset: number, reason: string): Reject => {
    const place = positionOf(text, offset);
    return {
      line: line + place.line - 1,
      column: place.line === 1 ? column + place.column - 1 : place.column,
      reason,
      excerpt: text.slice(0, EXCERPT_CHARS),
    };
  };
  const object = scanned(text);
  if (!('text' in object)) return at(object.offset, object.reason);
  const member = findMember(object, keyField);
  if (member === undefined) return at(object.open, `The key field "${keyField}" is missing`);
  const value = text.slice(member.valueStart, member.valueEnd);
  const kind = valueKind(value);
  if (kind !== 'string' && kind !== 'number')
    return at(member.valueStart, `The key field "${keyField}" is neither a text nor a number`);
  const userId = kind === 'string' ? unquote(value) : value;
  const fault = userKeyFault(userId);
  if (fault !== undefined) return at(member.valueStart, `The key field "${keyField}" ${fault}`);
  const segments = segmentsOf(object);
  if (segments?.ok === false) return at(segments.offset, segments.reason);
  return { userId, text: text.slice(object.open, object.close + 1), audiences: segments?.refs };
}

function scanned(text: string): ObjectText | { offset: number; reason: string } {
  try {
    return scanObject(text);
  } catch (error) {
    if (!(error instanceof SegueError)) throw error;
    const { offset, expected } = error.detail ?? {};
    return { offset: Number(offset), reason: `Not valid JSON: expected ${String(expected)}` };
  }
}

/**
 * Writes CSV rows as profile texts: every value a JSON string as it stands in the cell; an empty cell is left out, as CSV
 * cannot tell "empty" from "not given" and a merge must not wipe what is known. The columns `segments` and `segments_all`
 * hold a JSON list or map, or slugs parted by `|`, `;` or `,`. A column without a name is left out.
 */
export function csvProfileWriter(header: readonly string[]): (fields: readonly string[]) => string {
  const keys = header.map((column) => `${JSON.stringify(column)}:`);
  const segments = new Set(SEGMENT_FIELDS.map((field) => header.indexOf(field)));
  return (fields) => {
    const members: string[] = [];
    fields.forEach((field, i) => {
      if (field === '' || header[i] === '') return;
      members.push(keys[i] + (segments.has(i) ? segmentsText(field) : JSON.stringify(field)));
    });
    return `{${members.join(',')}}`;
  };
}

function segmentsText(cell: string): string {
  const trimmed = cell.trim();
  if (trimmed.startsWith('[') || trimmed.startsWith('{')) {
    try {
      checkJson(trimmed);
      return trimmed;
    } catch {
      return JSON.stringify(cell);
    }
  }
  return JSON.stringify(trimmed.split(/[|;,]/).flatMap((slug) => slug.trim() || []));
}
