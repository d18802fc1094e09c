import type { EventKind } from '../../../preload/contract/values.ts';
import type { Workflow } from '../../../preload/contract/workflow.ts';
import { formatInstant, type Instant } from '../core/instant.ts';

/** One change of a message, with the store's instants. `enter` and `exit` are null where they are not known or not yet. */
export interface MessageChange {
  readonly audienceHexId: string;
  readonly slug: string;
  readonly event: EventKind;
  readonly enter: Instant | null;
  readonly exit: Instant | null;
}

/** Writes the times and the events of messages, one message after another. */
export interface EventWriter {
  /** A message's instant, RFC 3339. */
  time(at: Instant): string;
  /** What stands between the brackets of `segment_events`. */
  events(changes: readonly MessageChange[], at: Instant): string;
}

interface Written {
  readonly change: MessageChange;
  readonly at: Instant;
  readonly text: string;
}

/**
 * A writer for messages of one workflow. It keeps the last text of each audience and event: at the instant of a snapshot thousands
 * of users enter the same audiences, and writing four events took longer than all the rest of a message (measured).
 */
export function createEventWriter(style: Workflow['timestyle']): EventWriter {
  const byAudience = new Map<string, Partial<Record<EventKind, Written>>>();
  let last: { readonly at: Instant; readonly text: string } | undefined;

  const time = (at: Instant): string => {
    if (last === undefined || !isSame(last.at, at)) last = { at, text: formatInstant(at) };
    return last.text;
  };
  const eventOf = (change: MessageChange, at: Instant): string => {
    let ofAudience = byAudience.get(change.audienceHexId);
    if (ofAudience === undefined) {
      ofAudience = {};
      byAudience.set(change.audienceHexId, ofAudience);
    }
    const before = ofAudience[change.event];
    if (before !== undefined && isSame(before.at, at) && tellsTheSame(before.change, change))
      return before.text;
    const text = eventText(change, time(at), style);
    ofAudience[change.event] = { change, at, text };
    return text;
  };

  return {
    time,
    events(changes, at) {
      let text = '';
      for (const change of changes) text += text === '' ? eventOf(change, at) : `,${eventOf(change, at)}`;
      return text;
    },
  };
}

function tellsTheSame(one: MessageChange, other: MessageChange): boolean {
  return one.slug === other.slug && isSame(one.enter, other.enter) && isSame(one.exit, other.exit);
}

/** True for the same text, not only the same time. */
function isSame(one: Instant | null, other: Instant | null): boolean {
  return one === other || (one !== null && other !== null && one.ms === other.ms && one.code === other.code);
}

/**
 * Key order as in the source system's samples. A `change` event carries no times. A classic exit whose enter is not known
 * (an archived modern message) goes without `enter`: a time written there would be taken for the truth.
 * Joined, because a text put together by `+` stays in pieces, to be gone through in every message that it stands in.
 */
function eventText(change: MessageChange, at: string, style: Workflow['timestyle']): string {
  const head = `{"id":${JSON.stringify(change.audienceHexId)},"event":"${change.event}"`;
  const slug = `,"slug":${JSON.stringify(change.slug)}`;
  if (change.event === 'change') return [head, slug, '}'].join('');
  const entering = change.event === 'enter';
  const enter = change.enter === null ? (entering ? at : null) : formatInstant(change.enter);
  const exit = change.exit === null ? (entering ? null : at) : formatInstant(change.exit);
  if (style === 'modern')
    return [head, slug, entering ? `,"enter":"${enter}"}` : `,"exit":"${exit}"}`].join('');
  const entered = enter === null ? '' : `,"enter":"${enter}"`;
  return [head, entered, `,"exit":"${exit ?? notLeftYet(at)}"`, slug, '}'].join('');
}

/**
 * How the classic style writes "not left yet": month, day and time of the message's instant in the year 2099, decimals and
 * zone as they are. 2099 has no 29 February: it becomes 1 March, as a calendar rolls over.
 */
export function notLeftYet(at: string): string {
  return at.startsWith('-02-29', 4) ? `2099-03-01${at.slice(10)}` : `2099${at.slice(4)}`;
}
