import { crc32 } from 'node:zlib';
import type { HistoryFilter } from '../../../preload/contract/history.ts';
import type { RunOptions } from '../../../preload/contract/run.ts';
import { type EventKind, eventKind } from '../../../preload/contract/values.ts';
import type { Workflow } from '../../../preload/contract/workflow.ts';
import { requireAudience } from '../audience/store.ts';
import { SegueError } from '../core/errors.ts';
import { type Instant, lowestCode, MAX_CODE, requireInstant } from '../core/instant.ts';
import { CAUSE_CODES, EVENT_CODES, eventOf } from '../history/codes.ts';
import { sendsEvent } from '../message/prepare.ts';
import type { Db } from '../store/store.ts';

/** A change as a message tells it. */
export interface SelectedChange {
  readonly seq: number;
  readonly audienceId: number;
  readonly event: EventKind;
  readonly enter: Instant | null;
  readonly exit: Instant | null;
}

/** One message to be: a profile, an instant and its changes; `recordedId` when it was archived with its body. */
export interface SelectedMessage {
  readonly userId: string;
  readonly at: Instant;
  readonly recordedId: number | null;
  readonly changes: SelectedChange[];
}

/** Which messages a run has. Audiences by row id. */
export interface Criteria {
  readonly audienceIds: ReadonlySet<number>;
  readonly events: readonly EventKind[];
  readonly filter: HistoryFilter;
  readonly shard: RunOptions['shard'];
  /** Only changes with these numbers (above `after`) that were not archived: those that have arisen since a look. */
  readonly arisen?: { readonly after: number; readonly upTo: number };
}

/** An instant with more changes than this is not gathered in memory. */
const MAX_GROUP = 5_000;
const CODE_PER_NANO = MAX_CODE / 1_000_000;

/**
 * The audiences and events that both the workflow and the selection name.
 *
 * @throws WORKFLOW_INVALID for a workflow without audiences, AUDIENCE_NOT_FOUND, INVALID_INPUT for an audience that the
 * workflow does not have
 */
export function criteriaOf(
  db: Db,
  workflow: Workflow,
  filter: HistoryFilter,
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
  };
}

/** True when a user belongs to this share of a run: CRC-32 of the key, the same on every machine. */
export function inShard(userId: string, shard: RunOptions['shard']): boolean {
  return shard === null || crc32(userId) % shard.of === shard.index;
}

interface ChangeRow {
  seq: number;
  at_ms: number;
  at_code: number;
  user_id: string;
  audience_id: number;
  event: number;
  enter_ms: number | null;
  enter_code: number | null;
  exit_ms: number | null;
  exit_code: number | null;
  recorded_id: number | null;
}

/**
 * The messages of a selection of the history in the order of time: one per profile and instant (and archived message) with
 * every selected change at that instant. Leaves a statement open on `db` between two messages, so it wants a connection of
 * its own; memory is bounded whatever the history's size.
 */
export function* selectMessages(db: Db, criteria: Criteria): Generator<SelectedMessage, void, void> {
  if (criteria.events.length === 0) return;
  const statements = prepareSelection(db, criteria);
  let after: Instant | undefined;
  for (;;) {
    const crowded = yield* gatherInstants(statements.inOrder(after), criteria.shard);
    if (crowded === undefined) return;
    yield* streamInstant(statements, crowded, criteria.shard);
    after = crowded;
  }
}

/** Gathers instant by instant; stops, before anything of it is given, at one with too many changes and returns that one. */
function* gatherInstants(
  rows: Iterable<ChangeRow>,
  shard: RunOptions['shard'],
): Generator<SelectedMessage, Instant | undefined, void> {
  let group = new Map<string, SelectedMessage>();
  let instant: Instant | undefined;
  let size = 0;
  for (const row of rows) {
    const at = { ms: row.at_ms, code: row.at_code };
    if (instant === undefined || at.ms !== instant.ms || lowestCode(at) !== lowestCode(instant)) {
      yield* group.values();
      group = new Map();
      instant = at;
      size = 0;
    }
    size += 1;
    if (size > MAX_GROUP) return instant;
    if (inShard(row.user_id, shard)) gather(group, row);
  }
  yield* group.values();
  return undefined;
}

/**
 * The messages of one crowded instant (a snapshot's, mostly). A user's changes may stand far apart when several imports
 * have the same time, so each user's are looked up at the first of them.
 */
function* streamInstant(
  { ofInstant, ofUser }: SelectionStatements,
  instant: Instant,
  shard: RunOptions['shard'],
): Generator<SelectedMessage, void, void> {
  let previous: ChangeRow | undefined;
  for (const row of ofInstant(instant)) {
    const repeated = previous?.user_id === row.user_id && previous.recorded_id === row.recorded_id;
    previous = row;
    if (repeated || !inShard(row.user_id, shard)) continue;
    const group = new Map<string, SelectedMessage>();
    for (const other of ofUser(row.user_id, instant)) {
      if (other.recorded_id === row.recorded_id) gather(group, other);
    }
    for (const message of group.values()) if (message.changes[0]?.seq === row.seq) yield message;
  }
}

interface SelectionStatements {
  /** From the beginning, or behind an instant. */
  inOrder(after: Instant | undefined): Iterable<ChangeRow>;
  ofInstant(instant: Instant): Iterable<ChangeRow>;
  ofUser(userId: string, instant: Instant): readonly ChangeRow[];
}

function prepareSelection(db: Db, criteria: Criteria): SelectionStatements {
  const { where, values } = conditions(db, criteria);
  // Only an index in the order of time spares a sort of the whole selection before its first row.
  // What has arisen since a look is little beside the history, so there it is read by number and sorted.
  const inTime =
    criteria.arisen !== undefined
      ? 'change NOT INDEXED'
      : criteria.filter.userId === undefined
        ? 'change INDEXED BY change_at'
        : 'change_of_user';
  const select = (source: string, extra: string) =>
    db.prepare<unknown[], ChangeRow>(
      `SELECT seq, at_ms, at_code, user_id, audience_id, event, enter_ms, enter_code, exit_ms, exit_code, recorded_id
       FROM ${source} WHERE ${where}${extra} ORDER BY at_ms, at_code, seq`,
    );
  const range = ' AND at_ms = ? AND at_code BETWEEN ? AND ?';
  const boundsOf = (at: Instant) => [at.ms, lowestCode(at), lowestCode(at) + CODE_PER_NANO - 1];
  const ofUser = select('change_of_user_at', ` AND user_id = ?${range}`);
  return {
    inOrder: (after) =>
      after === undefined
        ? select(inTime, '').iterate(...values)
        : select(inTime, ' AND (at_ms, at_code) >= (?, ?)').iterate(
            ...values,
            after.ms,
            lowestCode(after) + CODE_PER_NANO,
          ),
    ofInstant: (at) => select(inTime, range).iterate(...values, ...boundsOf(at)),
    ofUser: (userId, at) => ofUser.all(...values, userId, ...boundsOf(at)),
  };
}

function gather(group: Map<string, SelectedMessage>, row: ChangeRow): void {
  const key = row.recorded_id === null ? row.user_id : `${row.recorded_id}\n${row.user_id}`;
  const change = toChange(row);
  const message = group.get(key);
  if (message !== undefined) {
    message.changes.push(change);
    return;
  }
  group.set(key, {
    userId: row.user_id,
    at: { ms: row.at_ms, code: row.at_code },
    recordedId: row.recorded_id,
    changes: [change],
  });
}

function toChange(row: ChangeRow): SelectedChange {
  return {
    seq: row.seq,
    audienceId: row.audience_id,
    event: eventOf(row.event),
    enter: instantOrNull(row.enter_ms, row.enter_code),
    exit: instantOrNull(row.exit_ms, row.exit_code),
  };
}

function instantOrNull(ms: number | null, code: number | null): Instant | null {
  return ms === null || code === null ? null : { ms, code };
}

/** Reads changes by their numbers; undefined when one is gone, because the import that made it was undone. */
export function createChangeReader(db: Db): (seqs: readonly number[]) => SelectedChange[] | undefined {
  const read = db.prepare<[number], ChangeRow>('SELECT * FROM change WHERE seq = ?');
  return (seqs) => {
    const changes: SelectedChange[] = [];
    for (const seq of seqs) {
      const row = read.get(seq);
      if (row === undefined) return undefined;
      changes.push(toChange(row));
    }
    return changes;
  };
}

function conditions(
  db: Db,
  { audienceIds, events, filter, arisen }: Criteria,
): { where: string; values: unknown[] } {
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
  if (filter.from !== undefined) {
    const from = requireInstant(filter.from, 'from');
    add('(at_ms, at_code) >= (?, ?)', from.ms, lowestCode(from));
  }
  if (filter.to !== undefined) {
    const to = requireInstant(filter.to, 'to');
    add('(at_ms, at_code) < (?, ?)', to.ms, lowestCode(to));
  }
  if (filter.userId !== undefined) add('user_id = ?', filter.userId);
  if (filter.cause !== undefined) add('+cause = ?', CAUSE_CODES[filter.cause]);
  if (filter.batch !== undefined) {
    const span = db
      .prepare<[number], { first: number | null; last: number | null }>(
        'SELECT min(at_ms) AS first, max(at_ms) AS last FROM change WHERE batch_id = ?',
      )
      .get(filter.batch);
    add('+batch_id = ? AND at_ms BETWEEN ? AND ?', filter.batch, span?.first ?? 0, span?.last ?? -1);
  }
  return { where: parts.join(' AND '), values };
}
