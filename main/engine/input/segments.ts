import { audienceNameFault } from '../audience/name.ts';
import {
  elementsAt,
  findMember,
  membersOf,
  type ObjectText,
  objectAt,
  unquote,
  valueKind,
} from '../message/json-text.ts';

/** Fields that carry a profile's memberships. */
export const SEGMENT_FIELDS = ['segments', 'segments_all'] as const;

/** The audiences that a profile names, or why that field cannot be read. Undefined when it has no such field. */
export type Segments =
  | { readonly ok: true; readonly refs: readonly string[] }
  | { readonly ok: false; readonly reason: string; readonly offset: number };

/**
 * Reads `segments` and `segments_all` of a profile: a list of slugs or ids, or a map from slug or id to true (false and
 * null say "not a member"). Both fields together count as one list. Null is an empty list.
 */
export function segmentsOf(object: ObjectText): Segments | undefined {
  /** Where each name stands. */
  let refs: Map<string, number> | undefined;
  for (const field of SEGMENT_FIELDS) {
    const member = findMember(object, field);
    if (member === undefined) continue;
    refs ??= new Map();
    const { text } = object;
    const at = member.valueStart;
    const bad = (offset: number, what: string): Segments => ({
      ok: false,
      offset,
      reason: `"${field}" ${what}; expected a list of audience slugs or a map from slug to true`,
    });
    switch (valueKind(text.slice(at, at + 1))) {
      case 'null':
        break;
      case 'array':
        for (const { start, end } of elementsAt(text, at)) {
          if (valueKind(text.slice(start, start + 1)) !== 'string')
            return bad(start, 'holds an element that is no text');
          refs.set(unquote(text.slice(start, end)), start);
        }
        break;
      case 'object':
        for (const { key, keyStart, valueStart, valueEnd } of membersOf(objectAt(text, at))) {
          const value = text.slice(valueStart, valueEnd);
          if (value === 'true') refs.set(key, keyStart);
          else if (value === 'false' || value === 'null') refs.delete(key);
          else return bad(valueStart, `maps ${JSON.stringify(key.slice(0, 60))} to neither true nor false`);
        }
        break;
      default:
        return bad(at, 'is neither a list nor a map');
    }
  }
  if (refs === undefined) return undefined;
  for (const [ref, offset] of refs) {
    const fault = audienceNameFault(ref);
    if (fault !== undefined) return { ok: false, offset, reason: fault };
  }
  return { ok: true, refs: [...refs.keys()] };
}
