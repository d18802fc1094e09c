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

/** What an audience is called in every event, and its last text of each kind. */
interface Written {
  readonly slug: string;
  readonly idText: string;
  readonly slugText: string;
  readonly last: Partial<Record<EventKind, WrittenEvent>>;
}

interface WrittenEvent {
  readonly change: MessageChange;
  readonly at: Instant;
  readonly text: string;
}

/**
 * A writer for messages of one workflow. It keeps the last text of each audience and event: at the instant of a snapshot thousands
 * of users enter the same audiences, and writing four events took longer than all the rest of a message (measured).
 */
export function createEventWriter(style: Workflow['timestyle']): EventWriter {
  const byAudience = new Map<string, Written>();
  let lastTime: { readonly at: Instant; readonly text: string } | undefined;

  const time = (at: Instant): string => {
    if (lastTime === undefined || !isSame(lastTime.at, at)) lastTime = { at, text: formatInstant(at) };
    return lastTime.text;
  };
  const writtenOf = ({ audienceHexId, slug }: MessageChange): Written => {
    const known = byAudience.get(audienceHexId);
    if (known?.slug === slug) return known;
    const idText = `{"id":${JSON.stringify(audienceHexId)},"event":"`;
    const written = { slug, idText, slugText: `,"slug":${JSON.stringify(slug)}`, last: {} };
    byAudience.set(audienceHexId, written);
    return written;
  };
  const eventOf = (change: MessageChange, at: Instant): string => {
    const written = writtenOf(change);
    const { event, enter, exit } = change;
    const before = written.last[event];
    if (
      before !== undefined &&
      isSame(before.at, at) &&
      isSame(before.change.enter, enter) &&
      isSame(before.change.exit, exit)
    )
      return before.text;
    // Most changes take place at the message's own instant, and a time costs as much as all the rest.
    const write = (when: Instant | null) =>
      when === null ? null : isSame(when, at) ? time(at) : formatInstant(when);
    const text = eventText(written, { event, enter: write(enter), exit: write(exit) }, time(at), style);
    written.last[event] = { change, at, text };
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

/** True for the same text, not only the same time. */
function isSame(one: Instant | null, other: Instant | null): boolean {
  return one === other || (one !== null && other !== null && one.ms === other.ms && one.code === other.code);
}

/**
 * Key order as in the source system's samples. A `change` event carries no times. A classic exit whose enter is not known
 * (an archived modern message) goes without `enter`: a time written there would be taken for the truth.
 */
function eventText(
  { idText, slugText }: Written,
  times: { readonly event: EventKind; readonly enter: string | null; readonly exit: string | null },
  at: string,
  style: Workflow['timestyle'],
): string {
  const head = `${idText}${times.event}"`;
  if (times.event === 'change') return `${head}${slugText}}`;
  const entering = times.event === 'enter';
  const enter = times.enter ?? (entering ? at : null);
  const exit = times.exit ?? (entering ? null : at);
  if (style === 'modern')
    return `${head}${slugText}${entering ? `,"enter":"${enter}"` : `,"exit":"${exit}"`}}`;
  const entered = enter === null ? '' : `,"enter":"${enter}"`;
  return `${head}${entered},"exit":"${exit ?? notLeftYet(at)}"${slugText}}`;
}

/**
 * How the classic style writes "not left yet": month, day and time of the message's instant in the year 2099, decimals and
 * zone as they are. 2099 has no 29 February: it becomes 1 March, as a calendar rolls over.
 */
export function notLeftYet(at: string): string {
  return at.startsWith('-02-29', 4) ? `2099-03-01${at.slice(10)}` : `2099${at.slice(4)}`;
}
