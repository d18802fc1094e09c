import { type Instant, parseInstant } from '../core/instant.ts';
import type { Reject } from '../input/reject.ts';
import { findMember, removeMembers, scanObject, unquote, valueKind } from '../message/json-text.ts';
import type { ProfileRecord } from './record.ts';

/** When a data event happened; its fields hold from then on. */
const TIME_FIELD = 'ts';

/** A data event: the fields that it brings, without its time, and that time. */
export interface EventRecord extends ProfileRecord {
  readonly at: Instant;
}

/** Takes the time out of a data event `{user_id, ts, …fields}`; a reject where it is missing or no RFC 3339 time. */
export function readEventTime(
  record: ProfileRecord,
  place: { line: number; column: number },
): EventRecord | Reject {
  const object = scanObject(record.text);
  const member = findMember(object, TIME_FIELD);
  const value = member === undefined ? '' : record.text.slice(member.valueStart, member.valueEnd);
  const at = valueKind(value) === 'string' ? parseInstant(unquote(value)) : undefined;
  if (at === undefined) {
    const reason = `The event's time "${TIME_FIELD}" is ${member === undefined ? 'missing' : 'not an RFC 3339 text'}`;
    return { line: place.line, column: place.column, reason, excerpt: record.text.slice(0, 200) };
  }
  return { ...record, text: removeMembers(object, new Set([TIME_FIELD])), at };
}
