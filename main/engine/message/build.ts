import type { Workflow } from '../../../preload/contract/workflow.ts';
import { sha256 } from '../core/crypto.ts';
import type { Instant } from '../core/instant.ts';
import { createEventWriter, type EventWriter, type MessageChange } from './events.ts';
import { findMember, type ObjectText, removeMembers, scanStored } from './json-text.ts';

export interface MessageInput {
  /** The stored profile, null for a user without one: the message then carries the key field alone. */
  readonly profileText: string | null;
  /** `profileText` scanned, when the caller has it already. */
  readonly profile?: ObjectText | undefined;
  readonly changes: readonly MessageChange[];
  readonly at: Instant;
  readonly options: Pick<Workflow, 'subscriptionId' | 'timestyle' | 'exportFields'>;
  readonly userKeyField: string;
  readonly userId: string;
  /** Slugs of the user's audiences now; present when the workflow's `segmentsAll` is on. */
  readonly segmentsAll?: readonly string[] | undefined;
  /** The top-level id, decimal text; present when the workflow's `messageId` is on. See {@link stableMessageId}. */
  readonly messageId?: string | undefined;
  /** What wrote the messages before this one, of the same style of times, when there were any. */
  readonly writer?: EventWriter | undefined;
}

const EVENTS_KEY = 'segment_events';
const ALL_KEY = 'segments_all';
/** Members that the message writes itself; what a stored profile has under these names is not sent. */
const OWN_KEYS: ReadonlySet<string> = new Set([EVENTS_KEY, ALL_KEY]);

/**
 * The body of a trigger message (DESIGN §6), compact. With all fields exported the profile's text between its first and
 * its last member is kept byte for byte; with a list of fields its members are, in the profile's order.
 */
export function buildMessage(input: MessageInput): string {
  const { at, options, messageId, segmentsAll, writer = createEventWriter(options.timestyle) } = input;
  const fields = profileMembers(input);
  const events = writer.events(input.changes, at);
  const id = messageId === undefined ? '' : `"id":"${messageId}",`;
  const all = segmentsAll === undefined ? '' : `"${ALL_KEY}":${JSON.stringify(segmentsAll)},`;
  return (
    `{${id}"data":{${fields}${fields === '' ? '' : ','}${all}"${EVENTS_KEY}":[${events}]},` +
    `"meta":{"object":"user","subscription_id":"${options.subscriptionId}","timestamp":"${writer.time(at)}"}}`
  );
}

/** The profile of a user who has none: the key field alone. */
export function keyOnlyProfile(userKeyField: string, userId: string): string {
  return `{${JSON.stringify(userKeyField)}:${JSON.stringify(userId)}}`;
}

/**
 * The top-level id of a user's messages: an unsigned 64-bit decimal, the first eight bytes of the SHA-256 of the user's
 * key. The source system's samples carry the same id for the same user; how it derives it is not published.
 */
export function stableMessageId(userId: string): string {
  return BigInt(`0x${sha256(userId).slice(0, 16)}`).toString();
}

/** The text between the braces of `data`, without the message's own members. */
function profileMembers(input: MessageInput): string {
  const text = input.profileText ?? keyOnlyProfile(input.userKeyField, input.userId);
  const { exportFields } = input.options;
  if (exportFields !== null) return chosenMembers(input.profile ?? scanStored(text), exportFields);
  // Three native searches instead of a scan: a key can only spell these names plainly or with \u escapes. They begin at
  // the rare letter g, as the search stops at every first letter: ten times as fast as with the common s.
  if (!text.includes('gment_events') && !text.includes('gments_all') && !text.includes('\\u')) {
    return inside(text);
  }
  return inside(removeMembers(input.profile ?? scanStored(text), OWN_KEYS));
}

function inside(objectText: string): string {
  return objectText.slice(objectText.indexOf('{') + 1, objectText.lastIndexOf('}')).trim();
}

function chosenMembers(profile: ObjectText, fields: readonly string[]): string {
  const found = new Map<number, string>();
  for (const field of fields) {
    const member = OWN_KEYS.has(field) ? undefined : findMember(profile, field);
    if (member !== undefined)
      found.set(member.keyStart, profile.text.slice(member.keyStart, member.valueEnd));
  }
  return [...found]
    .sort(([a], [b]) => a - b)
    .map(([, text]) => text)
    .join(',');
}
