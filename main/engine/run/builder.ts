import type { MessageAttribute, Problem } from '../../../preload/contract/message.ts';
import type { QueueFacts, RunKind, RunOptions } from '../../../preload/contract/run.ts';
import type { Workflow } from '../../../preload/contract/workflow.ts';
import { sha256 } from '../core/crypto.ts';
import type { Instant } from '../core/instant.ts';
import { membershipsOf } from '../membership/membership.ts';
import { createEventWriter, type MessageChange } from '../message/events.ts';
import { scanStored, valueText } from '../message/json-text.ts';
import { prepareMessage } from '../message/prepare.ts';
import { warningProblem } from '../message/problem.ts';
import { keyFieldOf } from '../message/test-message.ts';
import { type RequestedText, readProfiles } from '../profile/read.ts';
import type { Db } from '../store/store.ts';
import type { SelectedChange } from './change-reader.ts';
import type { MembershipContent } from './content.ts';

/** A message to be built: from changes, from memberships (a backfill), or stored as it is (a test message, an edit). */
export type BuildRequest = { readonly userId: string; readonly at: Instant } & (
  | { readonly changes: readonly SelectedChange[]; readonly recordedId: number | null }
  | { readonly memberships: readonly MembershipContent[] }
  | { readonly body: string; readonly attributes: readonly MessageAttribute[] }
);

/** A message as it is handed to the queue, with what is wrong with it. */
export interface BuiltMessage {
  readonly body: string;
  readonly bytes: number;
  readonly attributes: readonly MessageAttribute[];
  readonly groupId: string | undefined;
  readonly dedupId: string | undefined;
  readonly problems: readonly Problem[];
  readonly hasProfile: boolean;
}

/** What the messages of one run have in common. */
export interface BuildSettings {
  readonly workflow: Workflow;
  readonly kind: RunKind;
  readonly options: Pick<RunOptions, 'profile' | 'requireValid'>;
  readonly facts: QueueFacts;
}

/** The group of a backfill on a standard queue: a fair queue then serves live traffic first (SQS.md, "Fair queues"). */
const BACKFILL_GROUP = 'segue-backfill';

const PROFILE_LATER = warningProblem(
  'PROFILE_LATER',
  'The profile as it was at the change is not known, or its version was pruned; the earliest text that is kept is sent.',
);

/**
 * Builds messages of a run, a page at a time. A change that was archived with its message is sent with the recorded body,
 * byte for byte: that is what happened. With `profile: 'current'` it is built anew from the present profile.
 *
 * The profiles of a page are read together, each message is built when it is asked for. Where all of a page's were there at once, V8
 * took them for long-lived, made them in its old generation and kept what they held until the next collection of everything:
 * every second process took a third longer.
 */
export function createMessageBuilder(
  db: Db,
  settings: BuildSettings,
): (page: readonly BuildRequest[]) => Generator<BuiltMessage, void, void> {
  const { workflow, options, facts, kind } = settings;
  const keyField = keyFieldOf(db);
  const backfillGroup = kind === 'backfill' && !facts.fifo ? BACKFILL_GROUP : undefined;
  const audiences = createAudienceNames(db);
  const writer = createEventWriter(workflow.timestyle);
  const recorded = db.prepare<[number], string>('SELECT body FROM recorded_message WHERE id = ?').pluck();

  const recordedBody = (request: BuildRequest): string | undefined =>
    options.profile === 'as-of' && 'changes' in request && request.recordedId !== null
      ? recorded.get(request.recordedId)
      : undefined;

  const segmentsAll = (userId: string): string[] =>
    membershipsOf(db, userId)
      .map(({ audienceId }) => audiences.name(audienceId).slug)
      .sort();

  const build = (request: BuildRequest, profile: RequestedText | null): BuiltMessage => {
    const profileText = profile?.text ?? null;
    const archived = recordedBody(request);
    const body = 'body' in request ? request.body : archived;
    const prepared = prepareMessage({
      workflow,
      // The profile as it was is in the archived message itself.
      profileText:
        archived === undefined ? profileText : (valueText(scanStored(archived), 'data') ?? profileText),
      changes: changesOf(request, audiences),
      at: request.at,
      keyField,
      userId: request.userId,
      limitBytes: facts.maximumMessageBytes,
      fifo: facts.fifo,
      contentBasedDedup: facts.contentBasedDeduplication,
      requireValid: options.requireValid,
      body,
      attributes: 'body' in request ? request.attributes : undefined,
      segmentsAll: workflow.segmentsAll ? segmentsAll(request.userId) : undefined,
      writer,
    });
    return {
      body: prepared.body,
      bytes: prepared.bytes,
      attributes: prepared.attributes,
      groupId: prepared.groupId ?? backfillGroup,
      dedupId: dedupIdFor(prepared.dedupId, body),
      problems:
        profile?.isLater === true && body === undefined
          ? [...prepared.problems, PROFILE_LATER]
          : prepared.problems,
      hasProfile: profileText !== null || archived !== undefined,
    };
  };

  const isPresent = options.profile === 'current' || kind === 'backfill';
  return function* (page) {
    const profileOf = readProfiles(
      db,
      page.map(({ userId }) => userId),
    );
    for (const request of page)
      yield build(request, profileOf(request.userId, isPresent ? null : request.at));
  };
}

/**
 * Two archived messages may tell the same of one user and instant, and an edited one goes out again where the one before may
 * have arrived: a FIFO queue would accept and drop the second, so a body that is given counts too.
 */
function dedupIdFor(dedupId: string | undefined, given: string | undefined): string | undefined {
  return dedupId === undefined || given === undefined ? dedupId : sha256(`${dedupId}\n${given}`);
}

function changesOf(request: BuildRequest, audiences: AudienceNames): MessageChange[] {
  // Each member by its name: that took a quarter of the time of `...audiences.name(audienceId)` (measured in a run).
  if ('changes' in request) {
    return request.changes.map(({ audienceId, event, enter, exit }) => {
      const { audienceHexId, slug } = audiences.name(audienceId);
      return { audienceHexId, slug, event, enter, exit };
    });
  }
  if ('memberships' in request) {
    return request.memberships.map(({ audienceId, enteredAt }) => {
      const { audienceHexId, slug } = audiences.name(audienceId);
      return { audienceHexId, slug, event: 'enter', enter: enteredAt, exit: null };
    });
  }
  return [];
}

/** Ids and slugs of audiences by their row ids, looked up once each. */
export interface AudienceNames {
  name(audienceId: number): { readonly audienceHexId: string; readonly slug: string };
}

export function createAudienceNames(db: Db): AudienceNames {
  const read = db.prepare<[number], { audienceHexId: string; slug: string }>(
    'SELECT hex_id AS audienceHexId, slug FROM audience WHERE id = ?',
  );
  const known = new Map<number, { readonly audienceHexId: string; readonly slug: string }>();
  return {
    name(audienceId) {
      let found = known.get(audienceId);
      if (found === undefined) {
        found = read.get(audienceId) ?? { audienceHexId: '', slug: `audience ${audienceId}` };
        known.set(audienceId, found);
      }
      return found;
    },
  };
}
