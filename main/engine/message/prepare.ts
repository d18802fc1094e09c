import type { MessageAttribute, Problem } from '../../../preload/contract/message.ts';
import type { EventKind } from '../../../preload/contract/values.ts';
import type { Workflow } from '../../../preload/contract/workflow.ts';
import type { Instant } from '../core/instant.ts';
import { profileAttributes } from './attributes.ts';
import { buildMessage, keyOnlyProfile, stableMessageId } from './build.ts';
import { checkContract } from './contract-check.ts';
import { dedupIdOf, groupIdOf } from './dedup.ts';
import type { EventWriter, MessageChange } from './events.ts';
import { type ObjectText, scanStored, unquote, valueKind, valueText } from './json-text.ts';
import { checkMessage, DEFAULT_LIMIT_BYTES, messageBytes, type SourcedAttribute } from './limits.ts';
import { allProblems, NO_PROBLEMS, warningProblem } from './problem.ts';

export interface PrepareInput {
  /** The workflow as it is, or the run's copy of it. */
  readonly workflow: Workflow;
  /** The stored profile, null for a user without one. */
  readonly profileText: string | null;
  /** In the order of `segment_events`. */
  readonly changes: readonly MessageChange[];
  readonly at: Instant;
  /** The workspace's key field (`user_id` unless told otherwise). */
  readonly keyField: string;
  readonly userId: string;
  /** The queue's `MaximumMessageSize` where it is known. */
  readonly limitBytes?: number | undefined;
  /** The queue's kind where it is known; else its URL tells it. */
  readonly fifo?: boolean | undefined;
  /** The queue's own content-based deduplication where it is known. */
  readonly contentBasedDedup?: boolean | undefined;
  /** Slugs of the user's audiences now; used when the workflow's `segmentsAll` is on. */
  readonly segmentsAll?: readonly string[] | undefined;
  /** A breach of the consumer's schema is an error instead of a warning. */
  readonly requireValid?: boolean | undefined;
  /** Sent in place of the built body: an edited test message. */
  readonly body?: string | undefined;
  /** Sent in place of those that the workflow chooses: a message that was journalled, or edited, with its own. */
  readonly attributes?: readonly MessageAttribute[] | undefined;
  /** What wrote the messages before this one, of the same style of times, when there were any. */
  readonly writer?: EventWriter | undefined;
}

/** A message ready to be sent. `dedupId` is set on FIFO queues only; `groupId` where a group is asked for. */
export interface PreparedMessage {
  readonly body: string;
  /** Body and attributes, as SQS counts them. */
  readonly bytes: number;
  readonly limitBytes: number;
  readonly attributes: MessageAttribute[];
  readonly groupId: string | undefined;
  readonly dedupId: string | undefined;
  readonly problems: readonly Problem[];
}

/** The name under which the dedup id rides on a standard queue, when the workflow's `dedupAttribute` is on. */
export const DEDUP_ATTRIBUTE = 'dedup_id';

/** True for a queue whose URL or sandbox name ends in `.fifo`, as SQS demands of FIFO queues. */
export function isFifo(queueUrl: string): boolean {
  return queueUrl.endsWith('.fifo');
}

/** True when a run of this workflow sends changes of this kind. */
export function sendsEvent(workflow: Pick<Workflow, 'events' | 'changeFields'>, event: EventKind): boolean {
  if (event === 'change') return workflow.changeFields.length > 0;
  return workflow.events === 'both' || workflow.events === event;
}

/**
 * Builds and checks one message. Preview, test send, plan and run all use it, so that what was seen is what is sent. Pure:
 * everything it needs is passed in.
 */
export function prepareMessage(input: PrepareInput): PreparedMessage {
  const { workflow, userId, keyField, limitBytes = DEFAULT_LIMIT_BYTES } = input;
  const profileText = input.profileText ?? keyOnlyProfile(keyField, userId);
  const needsFields =
    workflow.attributes.length > 0 || workflow.exportFields !== null || workflow.groupIdField !== null;
  const profile = needsFields ? scanStored(profileText) : undefined;
  const body = input.body ?? bodyOf(input, profileText, profile);
  const { fifo = isFifo(workflow.queueUrl), changes, at } = input;
  const dedupId =
    fifo || workflow.dedupAttribute
      ? dedupIdOf({ subscriptionId: workflow.subscriptionId, userId, at, changes })
      : undefined;
  const fifoId = fifo ? dedupId : undefined;
  const chosen: { attributes: SourcedAttribute[]; problems: readonly Problem[] } =
    input.attributes !== undefined
      ? { attributes: [...input.attributes], problems: NO_PROBLEMS }
      : profile === undefined
        ? { attributes: [], problems: NO_PROBLEMS }
        : profileAttributes(profile, workflow.attributes);
  const sourced = chosen.attributes;
  if (dedupId !== undefined && !fifo && input.attributes === undefined) {
    sourced.push({ name: DEDUP_ATTRIBUTE, type: 'String', value: dedupId, field: 'dedupAttribute' });
  }
  const bytes = messageBytes(body, sourced);
  const group = groupOf(workflow, fifo, profile, userId);
  const checked = checkMessage({
    body,
    attributes: sourced,
    bytes,
    isJson: input.body === undefined,
    limitBytes,
    fifo,
    contentBasedDedup: input.contentBasedDedup ?? false,
    groupId: group.groupId,
    dedupId: fifoId,
  });
  return {
    body,
    bytes,
    limitBytes,
    attributes: sourced.map(({ name, type, value }) => ({ name, type, value })),
    groupId: group.groupId,
    dedupId: fifoId,
    problems: allProblems(
      chosen.problems,
      group.problems,
      unknownEnters(workflow, changes),
      checked,
      workflow.schema === null ? NO_PROBLEMS : checkContract(body, workflow.schema, input.requireValid),
    ),
  };
}

function bodyOf(input: PrepareInput, profileText: string, profile: ObjectText | undefined): string {
  const { workflow, at, userId } = input;
  return buildMessage({
    profileText,
    profile,
    changes: input.changes,
    at,
    options: workflow,
    userKeyField: input.keyField,
    userId,
    segmentsAll: workflow.segmentsAll ? (input.segmentsAll ?? []) : undefined,
    messageId: workflow.messageId ? stableMessageId(userId) : undefined,
    writer: input.writer,
  });
}

/**
 * The group: the workflow's group field where it has one, else, on a FIFO queue, the user's key, so that each profile's
 * messages stay in order. On a standard queue a group names a tenant and is sent only when a field is chosen.
 */
function groupOf(
  { groupIdField }: Workflow,
  fifo: boolean,
  profile: ObjectText | undefined,
  userId: string,
): { groupId?: string; problems: readonly Problem[] } {
  if (groupIdField === null || profile === undefined) {
    return fifo ? { groupId: groupIdOf(userId), problems: NO_PROBLEMS } : { problems: NO_PROBLEMS };
  }
  const value = valueText(profile, groupIdField);
  const text =
    value === undefined || value === 'null' ? '' : valueKind(value) === 'string' ? unquote(value) : value;
  if (text !== '') return { groupId: groupIdOf(text), problems: NO_PROBLEMS };
  return {
    ...(fifo ? { groupId: groupIdOf(userId) } : {}),
    problems: [
      warningProblem(
        'GROUP_FIELD_MISSING',
        `The profile has no "${groupIdField}" to name its group; ${fifo ? 'the user’s key is used' : 'none is sent'}.`,
        { field: 'groupIdField' },
      ),
    ],
  };
}

function unknownEnters({ timestyle }: Workflow, changes: readonly MessageChange[]): readonly Problem[] {
  if (timestyle !== 'classic') return NO_PROBLEMS;
  if (!changes.some(({ event, enter }) => event === 'exit' && enter === null)) return NO_PROBLEMS;
  return changes.flatMap(({ event, enter, slug }, n) =>
    event === 'exit' && enter === null
      ? [
          warningProblem(
            'ENTER_UNKNOWN',
            `When the user entered "${slug}" is not known, so this exit goes without "enter".`,
            { path: `/data/segment_events/${n}` },
          ),
        ]
      : [],
  );
}
