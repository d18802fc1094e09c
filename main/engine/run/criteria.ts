import { crc32 } from 'node:zlib';
import type { RunOptions, RunSelection } from '../../../preload/contract/run.ts';
import { type EventKind, eventKind } from '../../../preload/contract/values.ts';
import type { Workflow } from '../../../preload/contract/workflow.ts';
import { requireAudience } from '../audience/store.ts';
import { SegueError } from '../core/errors.ts';
import { lowestCode, requireInstant } from '../core/instant.ts';
import { INSTANTS_OF_BATCH } from '../history/change-sql.ts';
import { CAUSE_CODES, EVENT_CODES } from '../history/codes.ts';
import type { PackRead } from '../history/packs.ts';
import { sendsEvent } from '../message/prepare.ts';
import type { Db } from '../store/store.ts';
import type { RunRecord } from './journal.ts';
import { requireRun } from './run-store.ts';
import { carriedDoubt, toldBy } from './told.ts';

/** Which messages a run has. Audiences by row id. */
export interface Criteria {
  readonly audienceIds: ReadonlySet<number>;
  readonly events: readonly EventKind[];
  readonly filter: RunSelection;
  readonly shard: RunOptions['shard'];
  /** Only changes with these numbers (above `after`) that were not archived: those that have arisen since a look. */
  readonly arisen?: { readonly after: number; readonly upTo: number };
  /** Only what these runs, by row id, have not sent. */
  readonly unsentBy?: readonly number[];
  /** Only what is parked or failed in this run, by row id. */
  readonly failedIn?: number;
}

/**
 * The audiences and events that both the workflow and the selection name.
 *
 * @throws WORKFLOW_INVALID for a workflow without audiences, AUDIENCE_NOT_FOUND, RUN_NOT_FOUND, INVALID_INPUT for an
 * audience that the workflow does not have or a run without changes
 */
export function criteriaOf(
  db: Db,
  workflow: Workflow,
  filter: RunSelection,
  shard: RunOptions['shard'],
): Criteria {
  if (workflow.audiences.length === 0) {
    throw new SegueError('WORKFLOW_INVALID', `The workflow "${workflow.name}" names no audience. Add one.`);
  }
  if (shard !== null && shard.index >= shard.of) {
    throw new SegueError(
      'INVALID_INPUT',
      `Shard ${shard.index}/${shard.of}: shards count from 0 to ${shard.of - 1}.`,
    );
  }
  const ofWorkflow = new Set(workflow.audiences.map((reference) => requireAudience(db, reference).id));
  const chosen = filter.audiences.map((reference) => {
    const id = requireAudience(db, reference).id;
    if (ofWorkflow.has(id)) return id;
    throw new SegueError(
      'INVALID_INPUT',
      `The workflow "${workflow.name}" does not have the audience "${reference}". Choose one of: ${workflow.audiences.join(', ')}.`,
      { audience: reference },
    );
  });
  return {
    audienceIds: chosen.length === 0 ? ofWorkflow : new Set(chosen),
    events: eventKind.options.filter(
      (event) => sendsEvent(workflow, event) && (filter.event === undefined || filter.event === event),
    ),
    filter,
    shard,
    ...(filter.notSent ? { unsentBy: sendingRuns(db, workflow) } : {}),
    ...(filter.failedIn === undefined ? {} : { failedIn: requireRunOfChanges(db, filter.failedIn).id }),
  };
}

/**
 * The runs whose messages a workflow's queue has taken. The subscription id says which workflow, as in dedup ids: it outlives
 * a new name. What went to another queue, a sandbox before production mostly, is not sent yet where the workflow sends now.
 */
function sendingRuns(db: Db, { subscriptionId, queueUrl }: Workflow): number[] {
  return db
    .prepare<[string, string], number>(
      `SELECT id FROM run WHERE kind IN ('replay', 'live') AND dry_run = 0 AND queue_url = ?
       AND json_extract(copy, '$.subscriptionId') = ?`,
    )
    .pluck()
    .all(queueUrl, subscriptionId);
}

function requireRunOfChanges(db: Db, key: string): RunRecord {
  const run = requireRun(db, key);
  if (run.kind === 'replay' || run.kind === 'live') return run;
  throw new SegueError(
    'INVALID_INPUT',
    `Run ${key} is a ${run.kind} and not of changes of the history. Send what failed in it with: segue run retry ${key}`,
    { run: key, kind: run.kind },
  );
}

/** True when a user belongs to this share of a run: CRC-32 of the key, the same on every machine. */
export function inShard(userId: string, shard: RunOptions['shard']): boolean {
  return shard === null || crc32(userId) % shard.of === shard.index;
}

/** Conditions on a packed change: what a pack is read for, and what is asked of its rows in SQL. */
export interface PackedConditions {
  readonly read: PackRead;
  /** SQL about a row of `change`: whether it is wanted, and whether it is in doubt. Undefined where it needs none. */
  readonly asked: { readonly where: string; readonly inDoubt: string } | undefined;
}

/** SQL about a row of `change`. */
export interface Conditions {
  /** The same of packed changes, which no archive has. */
  readonly packed: PackedConditions;
  readonly where: string;
  readonly values: readonly unknown[];
  readonly inDoubt: string;
  /** No row that meets the conditions is outside of these, by `at_ms`. */
  readonly firstMs: number;
  readonly lastMs: number;
}

/**
 * The conditions on a row of `change`, for a WHERE clause, with their values; and the SQL that says whether an earlier run may
 * have sent it.
 */
export function conditionsOf(
  db: Db,
  { audienceIds, events, filter, arisen, unsentBy = [] }: Criteria,
): Conditions {
  // Numbers of our own, not text from outside, so they can stand in the statement.
  const parts = [
    `+audience_id IN (${[...audienceIds].join(',')})`,
    `event IN (${events.map((event) => EVENT_CODES[event]).join(',')})`,
  ];
  const values: unknown[] = [];
  const add = (sql: string, ...more: unknown[]) => {
    parts.push(sql);
    values.push(...more);
  };
  if (arisen !== undefined) {
    add('seq > ? AND seq <= ? AND +cause <> ?', arisen.after, arisen.upTo, CAUSE_CODES.archive);
  }
  let [firstMs, lastMs] = [Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER];
  let [first, last] = [
    { ms: firstMs, code: 0 },
    { ms: lastMs, code: 0 },
  ];
  if (filter.from !== undefined) {
    const from = requireInstant(filter.from, 'from');
    firstMs = from.ms;
    first = { ms: from.ms, code: lowestCode(from) };
    add('(+at_ms, at_code) >= (?, ?)', first.ms, first.code);
  }
  if (filter.to !== undefined) {
    const to = requireInstant(filter.to, 'to');
    lastMs = to.ms;
    last = { ms: to.ms, code: lowestCode(to) - 1 };
    add('(+at_ms, at_code) <= (?, ?)', last.ms, last.code);
  }
  if (filter.userId !== undefined) add('user_id = ?', filter.userId);
  if (filter.cause !== undefined) add('+cause = ?', CAUSE_CODES[filter.cause]);
  if (filter.batch !== undefined) {
    const span = db
      .prepare<[number, number], { first: number | null; last: number | null }>(
        `SELECT min(at_ms) AS first, max(at_ms) AS last FROM (${INSTANTS_OF_BATCH})`,
      )
      .get(filter.batch, filter.batch);
    firstMs = Math.max(firstMs, span?.first ?? 0);
    lastMs = Math.min(lastMs, span?.last ?? -1);
    add('+batch_id = ?', filter.batch);
    add('+at_ms BETWEEN ? AND ?', firstMs, lastMs);
  }
  const told = unsentBy.length === 0 ? undefined : toldBy(db, unsentBy);
  const unsent = told === undefined ? 'TRUE' : `NOT ${told.sent}`;
  parts.push(unsent);
  const doubts = [carriedDoubt(db), told?.inDoubt].filter((doubt) => doubt !== undefined);
  const inDoubt = doubts.length === 0 ? '0' : `(${doubts.join(' OR ')})`;
  const packed = {
    read: {
      userId: filter.userId,
      batch: filter.batch,
      cause: filter.cause && CAUSE_CODES[filter.cause],
      audienceIds,
      events: new Set(events.map((event) => EVENT_CODES[event])),
      numbers: arisen,
      times: { first, last },
    },
    asked: doubts.length === 0 && told === undefined ? undefined : { where: unsent, inDoubt },
  };
  return {
    packed,
    where: parts.join(' AND '),
    values,
    inDoubt,
    firstMs,
    lastMs,
  };
}
