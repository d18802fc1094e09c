import type { Problem } from '../../../preload/contract/message.ts';
import type { Plan, RunRequest } from '../../../preload/contract/run.ts';
import type { Workflow } from '../../../preload/contract/workflow.ts';
import type { CallContext, EngineContext } from '../context.ts';
import { formatInstant, type Instant, instantOfMs } from '../core/instant.ts';
import { warningProblem } from '../message/problem.ts';
import type { Db } from '../store/store.ts';
import { requireWorkflow } from '../workflow/store.ts';
import { type BuiltMessage, createAudienceNames, createMessageBuilder } from './builder.ts';
import { createRequestCounter } from './cost.ts';
import { criteriaOf } from './criteria.ts';
import { openRunProblems } from './earlier-runs.ts';
import { type KnownFacts, peekFacts } from './facts.ts';
import { messagesOf, type PlannedMessage } from './messages-of.ts';
import { openReader } from './reader.ts';
import { inSlices } from './slices.ts';

const POSSIBLE_DUPLICATE = warningProblem(
  'POSSIBLE_DUPLICATE',
  'An earlier run got no answer for the message, so the queue may have it already.',
);
const SAMPLES = 3;
const PAGE = 250;

/**
 * What a run would send, without sending: every message is built and checked. Reads one consistent state of the store
 * while others go on writing, and yields to the event loop between pages.
 *
 * @throws WORKFLOW_NOT_FOUND, WORKFLOW_INVALID, AUDIENCE_NOT_FOUND, INVALID_INPUT, CANCELLED
 */
export async function planRun(
  engine: EngineContext,
  request: RunRequest,
  context: CallContext,
): Promise<Plan> {
  const workflow = requireWorkflow(engine.store.db, request.workflow);
  const known = await peekFacts(engine, workflow, context.credentials);
  const db = openReader(engine.store);
  try {
    return await planWith(db, request, workflow, known, instantOfMs(engine.clock()), context);
  } finally {
    db.close();
  }
}

async function planWith(
  db: Db,
  { kind, selection, options }: RunRequest,
  workflow: Workflow,
  { facts, problems: queueProblems }: KnownFacts,
  now: Instant,
  context: CallContext,
): Promise<Plan> {
  const criteria = criteriaOf(db, workflow, selection, options.shard);
  const build = createMessageBuilder(db, { workflow, kind, options, facts });
  const requests = createRequestCounter(facts.fifo);
  const tally = createTally(db);
  let bytes = 0;
  await inSlices(
    messagesOf(db, kind, criteria, now),
    PAGE,
    (page) => {
      let index = 0;
      for (const message of build(page)) {
        bytes += message.bytes;
        if (tally.add(page[index] as PlannedMessage, message)) requests.add(message.bytes);
        index += 1;
      }
      context.progress({
        phase: 'planning',
        done: tally.messages(),
        total: null,
        unit: 'messages',
        rows: tally.messages(),
        perSecond: 0,
        secondsLeft: null,
      });
    },
    context.signal,
  );
  const messages = tally.messages();
  return {
    workflow: workflow.name,
    kind,
    environment: workflow.environment,
    queueUrl: workflow.queueUrl,
    queue: facts,
    bytes,
    ...tally.result([...queueProblems, ...openRunProblems(db, criteria.unsentBy ?? [])]),
    requests: requests.requests(),
    costUsd: requests.costUsd(),
    seconds: options.rate === null ? null : messages / options.rate,
    exceedsMax: options.max !== null && messages > options.max,
  };
}

type Tallied = Pick<
  Plan,
  | 'messages'
  | 'changes'
  | 'first'
  | 'last'
  | 'byDay'
  | 'byAudience'
  | 'withoutProfile'
  | 'invalid'
  | 'problems'
  | 'samples'
>;

/** Adds messages up; `add` says whether the message could be sent. */
function createTally(db: Db) {
  const audiences = createAudienceNames(db);
  const byDay = new Map<string, number>();
  const byAudience = new Map<number, { enter: number; exit: number; change: number }>();
  const problems = new Map<string, Plan['problems'][number]>();
  const samples: Plan['samples'] = [];
  let messages = 0;
  let changes = 0;
  let withoutProfile = 0;
  let invalid = 0;
  let first: Instant | undefined;
  let last: Instant | undefined;

  const countAudience = (audienceId: number, event: 'enter' | 'exit' | 'change') => {
    const counts = byAudience.get(audienceId) ?? { enter: 0, exit: 0, change: 0 };
    counts[event] += 1;
    changes += 1;
    byAudience.set(audienceId, counts);
  };
  const countProblem = (problem: Problem, userId: string) => {
    const key = `${problem.severity}\n${problem.code}\n${problem.field}`;
    const known = problems.get(key);
    if (known === undefined) problems.set(key, { ...problem, count: 1, example: userId });
    else known.count += 1;
  };

  return {
    messages: () => messages,
    add(planned: PlannedMessage, built: BuiltMessage): boolean {
      messages += 1;
      first ??= planned.at;
      last = planned.at;
      const day = new Date(planned.at.ms).toISOString().slice(0, 10);
      byDay.set(day, (byDay.get(day) ?? 0) + 1);
      if ('changes' in planned) {
        for (const { audienceId, event } of planned.changes) countAudience(audienceId, event);
      } else {
        for (const { audienceId } of planned.memberships) countAudience(audienceId, 'enter');
      }
      if (!built.hasProfile) withoutProfile += 1;
      for (const problem of built.problems) countProblem(problem, planned.userId);
      if (planned.doubt) countProblem(POSSIBLE_DUPLICATE, planned.userId);
      const valid = !built.problems.some(({ severity }) => severity === 'error');
      if (!valid) invalid += 1;
      if (samples.length < SAMPLES) {
        samples.push({ body: built.body, bytes: built.bytes, attributes: [...built.attributes] });
      }
      return valid;
    },
    result(queueProblems: readonly Problem[]): Tallied {
      return {
        messages,
        changes,
        first: first === undefined ? null : formatInstant(first),
        last: last === undefined ? null : formatInstant(last),
        byDay: [...byDay].map(([day, count]) => ({ day, messages: count })),
        byAudience: [...byAudience].map(([audienceId, counts]) => ({
          audience: audiences.name(audienceId).slug,
          ...counts,
        })),
        withoutProfile,
        invalid,
        problems: [
          ...queueProblems.map((problem) => ({ ...problem, count: 1, example: null })),
          ...problems.values(),
        ],
        samples,
      };
    },
  };
}
