import type { MessageChoice, Problem } from '../../../preload/contract/message.ts';
import type { Workflow } from '../../../preload/contract/workflow.ts';
import { findAudience, listAudiences, requireAudience } from '../audience/store.ts';
import type { EngineContext } from '../context.ts';
import { SegueError } from '../core/errors.ts';
import { instantOfMs, requireInstant } from '../core/instant.ts';
import { membershipsOf } from '../membership/membership.ts';
import { currentText } from '../profile/read.ts';
import { type Db, readSetting } from '../store/store.ts';
import { didYouMean } from '../workflow/did-you-mean.ts';
import { isHostTrusted } from '../workflow/environment.ts';
import { workflowProblems } from '../workflow/workflow-problems.ts';
import { checkJson } from './json-text.ts';
import { type PreparedMessage, type PrepareInput, prepareMessage, sendsEvent } from './prepare.ts';
import { errorProblem, warningProblem } from './problem.ts';
import { eventsOfShape, type ShapeAudience, shapeChanges } from './shapes.ts';

/** What the queue is known to ask for, and what replaces the built body. */
export type TestMessageOptions = Pick<
  PrepareInput,
  'limitBytes' | 'contentBasedDedup' | 'requireValid' | 'body'
>;

type Choice = Omit<MessageChoice, 'at'> & { at?: string | undefined };

/**
 * The message of a preview and of a test send: a stored profile with the events of a shape, and every problem of the
 * workflow and of the message. Errors among the problems keep it from being sent.
 *
 * @throws AUDIENCE_NOT_FOUND for an audience that the choice names, PROFILE_NOT_FOUND for a user who is nowhere in the
 * workspace; both name the nearest one
 */
export function prepareTestMessage(
  { store: { db }, clock }: Pick<EngineContext, 'store' | 'clock'>,
  workflow: Workflow,
  choice: Choice,
  options: TestMessageOptions = {},
): PreparedMessage {
  const at = choice.at === undefined ? instantOfMs(clock()) : requireInstant(choice.at, 'at');
  const chosen = chosenAudiences(db, workflow, choice);
  const profileText = currentText(db, choice.userId)?.text ?? null;
  if (profileText === null) requireKnownUser(db, choice.userId);
  const prepared = prepareMessage({
    workflow,
    profileText,
    changes: shapeChanges(choice.shape, chosen, at),
    at,
    keyField: keyFieldOf(db),
    userId: choice.userId,
    segmentsAll: workflow.segmentsAll ? segmentsAllOf(db, choice.userId) : undefined,
    ...options,
  });
  const own = workflowProblems(workflow, {
    audiences: listAudiences(db),
    isHostTrusted: (url) => isHostTrusted(db, url, workflow.environment),
  });
  const notes = [
    ...profileNotes(profileText, choice.userId),
    ...choiceNotes(workflow, choice, chosen),
    ...bodyNotes(options.body),
  ];
  return { ...prepared, problems: withoutRepeats([...prepared.problems, ...own, ...notes]) };
}

/** The profile field that holds a user's key in this workspace. */
export function keyFieldOf(db: Db): string {
  return readSetting(db, 'key_field') ?? 'user_id';
}

/** The slugs of the audiences that a user is in now, sorted: `segments_all` of a message. */
export function segmentsAllOf(db: Db, userId: string): string[] {
  const slugs = new Map(listAudiences(db).map(({ id, slug }) => [id, slug]));
  return membershipsOf(db, userId)
    .flatMap(({ audienceId }) => slugs.get(audienceId) ?? [])
    .sort();
}

/** The audiences of the choice, else those of the workflow that exist; one that does not is the workflow's problem. */
function chosenAudiences(db: Db, workflow: Workflow, choice: Choice): ShapeAudience[] {
  const audiences =
    choice.audiences.length > 0
      ? choice.audiences.map((ref) => requireAudience(db, ref))
      : workflow.audiences.flatMap((ref) => findAudience(db, ref) ?? []);
  const entered = new Map(
    membershipsOf(db, choice.userId).map(({ audienceId, enteredAt }) => [audienceId, enteredAt]),
  );
  return audiences.map(({ id, hexId, slug }) => ({
    audienceHexId: hexId,
    slug,
    enteredAt: entered.get(id) ?? null,
  }));
}

/** Memberships and history may know a user who has no profile. */
function requireKnownUser(db: Db, userId: string): void {
  if (membershipsOf(db, userId).length > 0) return;
  if (db.prepare('SELECT 1 FROM change_of_user WHERE user_id = ? LIMIT 1').get(userId) !== undefined) return;
  const hint = didYouMean(userId, neighbours(db, userId)) || ' Import it, or check the key.';
  throw new SegueError('PROFILE_NOT_FOUND', `There is no profile "${userId.slice(0, 100)}".${hint}`, {
    userId: userId.slice(0, 100),
  });
}

const NEIGHBOURS = 50;

/** Keys beside the one asked for, in key order: the index answers, however many profiles there are. */
function neighbours(db: Db, userId: string): string[] {
  const before = 'SELECT user_id FROM profile WHERE user_id < ? ORDER BY user_id DESC LIMIT ?';
  const after = 'SELECT user_id FROM profile WHERE user_id > ? ORDER BY user_id LIMIT ?';
  return [before, after].flatMap((sql) =>
    db.prepare<[string, number], string>(sql).pluck().all(userId, NEIGHBOURS),
  );
}

function profileNotes(profileText: string | null, userId: string): Problem[] {
  if (profileText !== null) return [];
  const message = `"${userId.slice(0, 100)}" has no profile, so the message carries the key alone.`;
  return [warningProblem('PROFILE_MISSING', message, { path: '/data' })];
}

function choiceNotes(workflow: Workflow, choice: Choice, chosen: readonly ShapeAudience[]): Problem[] {
  const problems: Problem[] = [];
  if (chosen.length === 0 && choice.audiences.length === 0 && workflow.audiences.length > 0) {
    problems.push(errorProblem('EVENTS_NONE', 'The message has no event: none of the audiences exists.'));
  }
  const unsent = eventsOfShape(choice.shape).filter((event) => !sendsEvent(workflow, event));
  for (const event of unsent) {
    problems.push(
      warningProblem(
        'EVENT_NOT_SELECTED',
        `A run of this workflow sends no "${event}" events; a test message does.`,
        { field: event === 'change' ? 'changeFields' : 'events', path: '/data/segment_events' },
      ),
    );
  }
  const own = new Set(workflow.audiences);
  const foreign = chosen.filter(({ slug, audienceHexId }) => !own.has(slug) && !own.has(audienceHexId));
  for (const { slug } of foreign) {
    problems.push(
      warningProblem(
        'AUDIENCE_NOT_SELECTED',
        `The audience "${slug}" is not among the workflow's; a test message may hold it, a run does not.`,
        { field: 'audiences' },
      ),
    );
  }
  return problems;
}

export function bodyNotes(body: string | undefined): Problem[] {
  if (body === undefined || body === '') return [];
  try {
    checkJson(body);
    return [];
  } catch (error) {
    if (!(error instanceof SegueError)) throw error;
    return [warningProblem('BODY_NOT_JSON', `The body is sent as it is. ${error.message}`, { path: '' })];
  }
}

/** What the message and its workflow both say is said once, the message's way: with a place in the body. */
function withoutRepeats(problems: readonly Problem[]): Problem[] {
  const seen = new Set<string>();
  return problems.filter(({ code, field, message }) => {
    const key = JSON.stringify([code, field, message]);
    const fresh = !seen.has(key);
    seen.add(key);
    return fresh;
  });
}
