import { type EventKind, eventKind } from '../../../preload/contract/values.ts';
import { audienceNameFault } from '../audience/name.ts';
import { SegueError } from '../core/errors.ts';
import { formatInstant, type Instant, parseInstant } from '../core/instant.ts';
import { userKeyFault } from '../core/user-key.ts';
import {
  elementsAt,
  findMember,
  type ObjectText,
  objectAt,
  scanObject,
  unquote,
  valueKind,
} from '../message/json-text.ts';

/** One segment event of an archived message. */
export interface ArchivedEvent {
  readonly audience: { readonly slug: string; readonly hexId?: string };
  readonly event: EventKind;
  readonly enter: Instant | null;
  readonly exit: Instant | null;
}

/** An archived trigger message: whose, when, and what happened. */
export interface ArchivedMessage {
  readonly userId: string;
  readonly at: Instant;
  readonly events: readonly ArchivedEvent[];
}

/** Why a text is no trigger message, and the offset in it where that shows. */
export interface ArchiveFault {
  readonly reason: string;
  readonly offset: number;
}

function fault(reason: string, offset: number): never {
  throw new SegueError('INVALID_INPUT', reason, { reason, offset });
}

/** Most characters of an audience's id; the source writes 32 hex digits, old samples fewer. */
const MAX_ID_CHARS = 64;
/** Year that classic messages write for "has not left yet". */
const NOT_LEFT_YEAR = '2099';
/** Fields that identify a user where the export left the key field out, in the order in which they are tried. */
const OTHER_KEYS = ['user_id', '_id', '_uid', 'email'];

/**
 * Reads a trigger message as Lytics sends it: classic or modern times, with or without a top-level `id`, enter, exit and
 * change events, times in any zone.
 *
 * All its events are at `meta.timestamp`, so that they stay one message; without one, at the event's own time. A classic
 * exit in the year 2099 means "not left" and is no exit time. The user is the key field of `data`; chosen export fields may
 * have left it out, then `user_id`, `_id`, `_uid` or `email`, and at last the message's own id as `id:…`.
 */
export function readArchivedMessage(text: string, keyField: string): ArchivedMessage | ArchiveFault {
  try {
    const root = scanObject(text);
    const data = objectIn(root, 'data');
    const list = findMember(data, 'segment_events');
    if (list === undefined || valueKind(text.slice(list.valueStart, list.valueStart + 1)) !== 'array')
      fault('"data" has no list "segment_events"', data.open);
    const events = elementsAt(text, list.valueStart).map(({ start }) => readEvent(text, start));
    const [first] = events;
    if (first === undefined) fault('"segment_events" is empty', list.valueStart);
    const at = timestampOf(root) ?? (first.event === 'exit' ? first.exit : first.enter);
    if (at === null || at === undefined)
      fault('Neither "meta.timestamp" nor the event has a time', root.open);
    return { userId: userOf(root, data, keyField), at, events };
  } catch (error) {
    if (!(error instanceof SegueError)) throw error;
    const { offset, expected, reason } = error.detail ?? {};
    return {
      reason: typeof reason === 'string' ? reason : `Not valid JSON: expected ${String(expected)}`,
      offset: Number(offset),
    };
  }
}

function objectIn(parent: ObjectText, key: string): ObjectText {
  const member = findMember(parent, key);
  if (member === undefined || parent.text.charAt(member.valueStart) !== '{')
    fault(`The message has no object "${key}"`, member?.valueStart ?? parent.open);
  return objectAt(parent.text, member.valueStart);
}

function textIn(object: ObjectText, key: string): string | undefined {
  const member = findMember(object, key);
  if (member === undefined) return undefined;
  const value = object.text.slice(member.valueStart, member.valueEnd);
  const kind = valueKind(value);
  if (kind === 'string') return unquote(value);
  return kind === 'number' ? value : undefined;
}

function timeIn(object: ObjectText, key: string): Instant | null {
  const text = textIn(object, key);
  if (text === undefined) return null;
  const instant = parseInstant(text);
  if (instant === undefined)
    fault(`"${key}" is not an RFC 3339 time`, findMember(object, key)?.valueStart ?? object.open);
  return instant;
}

function timestampOf(root: ObjectText): Instant | null {
  return findMember(root, 'meta') === undefined ? null : timeIn(objectIn(root, 'meta'), 'timestamp');
}

function readEvent(text: string, start: number): ArchivedEvent {
  if (text.charAt(start) !== '{') fault('A segment event is not an object', start);
  const object = objectAt(text, start);
  const kind = eventKind.safeParse(textIn(object, 'event'));
  if (!kind.success) fault('A segment event is neither enter, exit nor change', start);
  const hexId = textIn(object, 'id');
  const slug = textIn(object, 'slug') ?? hexId;
  if (slug === undefined || hexId === '' || (hexId?.length ?? 0) > MAX_ID_CHARS)
    fault('A segment event names no audience by "slug" or "id"', start);
  const nameFault = audienceNameFault(slug) ?? (hexId === undefined ? undefined : audienceNameFault(hexId));
  if (nameFault !== undefined) fault(nameFault, start);
  const exit = timeIn(object, 'exit');
  const left = exit !== null && !(kind.data === 'enter' && formatInstant(exit).startsWith(NOT_LEFT_YEAR));
  return {
    audience: hexId === undefined ? { slug } : { slug, hexId },
    event: kind.data,
    enter: timeIn(object, 'enter'),
    exit: left ? exit : null,
  };
}

function userOf(root: ObjectText, data: ObjectText, keyField: string): string {
  for (const field of [keyField, ...OTHER_KEYS]) {
    const key = textIn(data, field);
    if (key !== undefined && userKeyFault(key) === undefined) return key;
  }
  const id = textIn(root, 'id');
  if (id !== undefined && id !== '' && userKeyFault(`id:${id}`) === undefined) return `id:${id}`;
  fault(`"data" has no key field "${keyField}", and the message no id`, data.open);
}
