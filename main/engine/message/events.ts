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

/** What an audience's events have in common, and what its last ones had. */
interface Written {
  readonly slug: string;
  readonly slugText: string;
  readonly ofKind: Readonly<Record<EventKind, WrittenKind>>;
  end: WrittenEnd | undefined;
}

/** What events of a kind have in common, and the last of them. */
interface WrittenKind {
  /** How one begins: up to its kind, and up to the text of its enter time. */
  readonly beginning: string;
  readonly upToEnter: string;
  last: WrittenEvent | undefined;
}

/** Written over by the next: one for each event was a tenth of what a message makes. */
interface WrittenEvent {
  enter: Instant | null;
  exit: Instant | null;
  at: Instant;
  text: string;
}

/** What stands in a classic event from its exit on, and from behind the text of its enter time on. */
interface WrittenEnd {
  readonly exit: Instant | null;
  readonly at: Instant;
  readonly text: string;
  readonly behindEnter: string;
}

/**
 * A writer for messages of one workflow. It keeps the last text of each audience and event: at the instant of a snapshot thousands
 * of users enter the same audiences, and writing four events took longer than all the rest of a message (measured). Where each
 * has an enter time of its own, what stands before and behind it is kept.
 */
export function createEventWriter(style: Workflow['timestyle']): EventWriter {
  const byAudience = new Map<string, Written>();
  let lastTime: { readonly at: Instant; readonly text: string } | undefined;

  const time = (at: Instant): string => {
    if (lastTime === undefined || !isSame(lastTime.at, at)) lastTime = { at, text: formatInstant(at) };
    return lastTime.text;
  };
  // Most changes take place at the message's own instant, and a time costs as much as all the rest.
  const timeOf = (when: Instant, at: Instant) => (isSame(when, at) ? time(at) : formatInstant(when));
  const writtenOf = ({ audienceHexId, slug }: MessageChange): Written => {
    const known = byAudience.get(audienceHexId);
    if (known?.slug === slug) return known;
    const ofKind = (kind: EventKind): WrittenKind => {
      const beginning = `{"id":${JSON.stringify(audienceHexId)},"event":"${kind}"`;
      return { beginning, upToEnter: inOnePiece(beginning, ',"enter":"'), last: undefined };
    };
    const written: Written = {
      slug,
      slugText: `,"slug":${JSON.stringify(slug)}`,
      ofKind: { enter: ofKind('enter'), exit: ofKind('exit'), change: ofKind('change') },
      end: undefined,
    };
    byAudience.set(audienceHexId, written);
    return written;
  };
  const endOf = (written: Written, exit: Instant | null, at: Instant): WrittenEnd => {
    const before = written.end;
    if (before !== undefined && isSame(before.exit, exit) && isSame(before.at, at)) return before;
    const exitText = exit === null ? notLeftYet(time(at)) : timeOf(exit, at);
    const text = inOnePiece(',"exit":"', exitText, '"', written.slugText, '}');
    const end = { exit, at, text, behindEnter: inOnePiece('"', text) };
    written.end = end;
    return end;
  };
  /**
   * Key order as in the source system's samples. A `change` event carries no times. A classic exit whose enter is not known
   * (an archived modern message) goes without `enter`: a time written there would be taken for the truth.
   */
  const eventText = (written: Written, { event, enter, exit }: MessageChange, at: Instant): string => {
    const { beginning, upToEnter } = written.ofKind[event];
    if (event === 'change') return `${beginning}${written.slugText}}`;
    const entered = event === 'enter' ? (enter ?? at) : enter;
    if (style === 'modern') {
      const when = timeOf((event === 'enter' ? entered : exit) ?? at, at);
      return `${beginning}${written.slugText},"${event}":"${when}"}`;
    }
    const end = endOf(written, event === 'enter' ? exit : (exit ?? at), at);
    return entered === null ? beginning + end.text : upToEnter + timeOf(entered, at) + end.behindEnter;
  };
  const eventOf = (change: MessageChange, at: Instant): string => {
    const written = writtenOf(change);
    const { event, enter, exit } = change;
    const kind = written.ofKind[event];
    const { last } = kind;
    if (last !== undefined && isSame(last.at, at) && isSame(last.enter, enter) && isSame(last.exit, exit))
      return last.text;
    const text = eventText(written, change, at);
    if (last === undefined) kind.last = { enter, exit, at, text };
    else {
      last.enter = enter;
      last.exit = exit;
      last.at = at;
      last.text = text;
    }
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

/** A text that is written into many: one that was put together with `+` is gathered from its parts each time. */
function inOnePiece(...parts: readonly string[]): string {
  return parts.join('');
}

/** True for the same text, not only the same time. */
function isSame(one: Instant | null, other: Instant | null): boolean {
  return one === other || (one !== null && other !== null && one.ms === other.ms && one.code === other.code);
}

/**
 * How the classic style writes "not left yet": month, day and time of the message's instant in the year 2099, decimals and
 * zone as they are. 2099 has no 29 February: it becomes 1 March, as a calendar rolls over.
 */
export function notLeftYet(at: string): string {
  return at.startsWith('-02-29', 4) ? `2099-03-01${at.slice(10)}` : `2099${at.slice(4)}`;
}
