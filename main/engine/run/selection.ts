import type { Statement } from 'better-sqlite3';
import type { RunOptions } from '../../../preload/contract/run.ts';
import { CODE_PER_NANO, type Instant, instantOrNull, lowestCode } from '../core/instant.ts';
import { arisenBetween, lastNumber } from '../history/change-sql.ts';
import { EVENT_CODES, eventOf } from '../history/codes.ts';
import { type Gap, gapsOf, notHidden, rangesBetween } from '../history/hidden.ts';
import { isPackedCause } from '../history/pack.ts';
import { isOneSweep, type PackedRow, readPack } from '../history/packs.ts';
import {
  BY_TIME,
  isPacked,
  orderBy,
  type Strand,
  type Stretch,
  stretchesOf,
  type Window,
} from '../history/strand.ts';
import { cutWindows } from '../history/windows.ts';
import type { Db } from '../store/store.ts';
import type { SelectedChange, ToldRow } from './change-reader.ts';
import { type Conditions, type Criteria, conditionsOf, inShard, type PackedConditions } from './criteria.ts';

/** One message to be: a profile, an instant and its changes; `recordedId` when it was archived with its body. */
export interface SelectedMessage {
  readonly userId: string;
  readonly at: Instant;
  readonly recordedId: number | null;
  readonly changes: SelectedChange[];
  /** An earlier run got no answer for it: the queue may have it. */
  doubt: boolean;
}

const COLUMNS =
  'seq, at_ms, at_code, user_id, audience_id, event, enter_ms, enter_code, exit_ms, exit_code, recorded_id';

/** An instant with more changes than this is not gathered in memory. */
const MAX_GROUP = 5_000;
/** Changes read in one window, at most three times as many: some milliseconds, also where none of them is selected. */
const WINDOW_ROWS = 1000;

/** The beginning of a millisecond in the order of time, behind no instant of it. */
const beginOf = (ms: number): Instant => ({ ms, code: 0 });
/** The first place behind an instant, however its time is written. */
const behind = (at: Instant): Instant => ({ ms: at.ms, code: lowestCode(at) + CODE_PER_NANO });
/** The lowest and the highest code of an instant, however its time is written. */
const codesOf = (at: Instant): [number, number] => [lowestCode(at), lowestCode(at) + CODE_PER_NANO - 1];

/** A selected change, and what says which message it belongs to. */
interface ChangeRow extends SelectedChange {
  readonly at: Instant;
  readonly userId: string;
  readonly recordedId: number | null;
  readonly doubt: boolean;
}

/** What is selected in a part of the history, often nothing. A list: a step of a generator for each row took a third of the time. */
type ChangeWindow = readonly ChangeRow[];

/** {@link COLUMNS} and the doubt, as an array: an object of so many names made by the database took several times as long. */
type RawRow = [
  seq: number,
  atMs: number,
  atCode: number,
  userId: string,
  ...told: ToldRow,
  recordedId: number | null,
  doubt: number,
];

/**
 * Reads rows one after another. Most have the instant of the row before, and that is when they entered or left, as in a
 * snapshot: one object serves them all.
 */
function createRowReader(): (raw: RawRow) => ChangeRow {
  let at: Instant = { ms: 0, code: 0 };
  const instantOf = (ms: number | null, code: number | null): Instant | null =>
    ms === at.ms && code === at.code ? at : instantOrNull(ms, code);
  return (raw) => {
    at = instantOf(raw[1], raw[2]) ?? at;
    return {
      seq: raw[0],
      audienceId: raw[4],
      event: eventOf(raw[5]),
      enter: instantOf(raw[6], raw[7]),
      exit: instantOf(raw[8], raw[9]),
      at,
      userId: raw[3],
      recordedId: raw[10],
      doubt: raw[11] === 1,
    };
  };
}

/**
 * The messages of a selection of the history in the order of time: one per profile and instant (and archived message) with
 * every selected change at that instant, but none of an import that has not taken effect; undefined where a window of the
 * history was looked at. May leave a statement open on `db` between two messages, so it wants a connection of its own, unless
 * {@link selectsInWindows}; memory is bounded whatever the history's size.
 */
export function* selectMessages(
  db: Db,
  criteria: Criteria,
): Generator<SelectedMessage | undefined, void, void> {
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

/**
 * True where no statement stays open between two messages, and each read may be of another state of the store: changes never
 * change, and those that were hidden or not there when the selection began are left out. What earlier runs have sent may change
 * meanwhile, so that half of a message would be selected.
 */
export function selectsInWindows({ filter, arisen, unsentBy = [], failedIn }: Criteria): boolean {
  return (
    filter.userId === undefined && arisen === undefined && unsentBy.length === 0 && failedIn === undefined
  );
}

/** Gathers instant by instant; stops, before anything of it is given, at one with too many changes and returns that one. */
function* gatherInstants(
  windows: Iterable<ChangeWindow>,
  shard: RunOptions['shard'],
): Generator<SelectedMessage | undefined, Instant | undefined, void> {
  let group = new Map<string, SelectedMessage>();
  let instant: Instant | undefined;
  let size = 0;
  for (const rows of windows) {
    for (const row of rows) {
      const { at } = row;
      if (instant === undefined || at.ms !== instant.ms || lowestCode(at) !== lowestCode(instant)) {
        yield* group.values();
        group = new Map();
        instant = at;
        size = 0;
      }
      size += 1;
      if (size > MAX_GROUP) return instant;
      if (inShard(row.userId, shard)) gather(group, row);
    }
    yield undefined;
  }
  yield* group.values();
  return undefined;
}

/**
 * The messages of one crowded instant. In one sweep a user's changes follow each other; they may stand far apart when several
 * sweeps have the same time, so each user's are then looked up at the first of them.
 */
function* streamInstant(
  statements: SelectionStatements,
  instant: Instant,
  shard: RunOptions['shard'],
): Generator<SelectedMessage | undefined, void, void> {
  if (statements.isOneSweep(instant)) yield* gatherUsers(statements.ofInstant(instant), shard);
  else yield* lookUpUsers(statements, instant, shard);
}

function* gatherUsers(
  windows: Iterable<ChangeWindow>,
  shard: RunOptions['shard'],
): Generator<SelectedMessage | undefined, void, void> {
  let message: SelectedMessage | undefined;
  for (const rows of windows) {
    for (let start = 0, end = 0; start < rows.length; start = end) {
      end = endOfUser(rows, start);
      const ofUser = rows.slice(start, end);
      const [first] = ofUser;
      if (first === undefined) break;
      if (message?.userId === first.userId) {
        for (const row of ofUser) addTo(message, row);
        continue;
      }
      if (message !== undefined) yield message;
      message = inShard(first.userId, shard) ? messageOf(first, ofUser) : undefined;
    }
    yield undefined;
  }
  if (message !== undefined) yield message;
}

/** Where the changes of the user end whose first is at `start`. */
function endOfUser(rows: ChangeWindow, start: number): number {
  const userId = rows[start]?.userId;
  let end = start + 1;
  while (rows[end]?.userId === userId) end += 1;
  return end;
}

function* lookUpUsers(
  { ofInstant, ofUser }: SelectionStatements,
  instant: Instant,
  shard: RunOptions['shard'],
): Generator<SelectedMessage | undefined, void, void> {
  let previous: ChangeRow | undefined;
  for (const rows of ofInstant(instant)) {
    for (const row of rows) {
      const repeated = previous?.userId === row.userId && previous.recordedId === row.recordedId;
      previous = row;
      if (repeated || !inShard(row.userId, shard)) continue;
      const group = new Map<string, SelectedMessage>();
      for (const other of ofUser(row.userId, instant)) {
        if (other.recordedId === row.recordedId) gather(group, other);
      }
      for (const message of group.values()) if (message.changes[0]?.seq === row.seq) yield message;
    }
    yield undefined;
  }
}

interface SelectionStatements {
  /** From the beginning, or behind an instant. */
  inOrder(after: Instant | undefined): Iterable<ChangeWindow>;
  ofInstant(instant: Instant): Iterable<ChangeWindow>;
  isOneSweep(instant: Instant): boolean;
  ofUser(userId: string, instant: Instant): readonly ChangeRow[];
}

function prepareSelection(db: Db, criteria: Criteria): SelectionStatements {
  const { where, values, inDoubt, packed, firstMs, lastMs } = conditionsOf(db, criteria);
  const upTo = lastNumber(db);
  // Without the `+` this would be a walk along numbers where one along an index is due.
  const visible = `${notHidden(db)} AND +seq <= ${upTo}`;
  /** The changes selected of `FROM … WHERE …`. */
  const selected = (sql: string) => `SELECT ${COLUMNS}, ${inDoubt} AS doubt ${sql} AND ${where} ${visible}`;
  const select = (sql: string) =>
    db.prepare<unknown[], RawRow>(`${selected(sql)} ${orderBy('oldest')}`).raw();
  // Sorted here: SQLite takes sixteen times as long for the few rows when it has to sort what the view puts together.
  const ofUser = db
    .prepare<unknown[], RawRow>(
      selected(
        'FROM change_of_user_at AS change WHERE user_id = ? AND at_ms = ? AND at_code BETWEEN ? AND ?',
      ),
    )
    .raw();
  const inWindows = createReader(db, {
    select,
    values,
    packed,
    strand: strandOf(criteria),
    gaps: gapsOf(db),
    upTo,
  });
  // What has arisen since a look is little beside the history, and one user's changes too: read by number or by user, and sorted.
  const few =
    criteria.arisen !== undefined
      ? arisenBetween(COLUMNS, criteria.arisen)
      : criteria.filter.userId !== undefined
        ? 'change_of_user AS change'
        : undefined;
  return {
    inOrder(after) {
      const first = after === undefined ? beginOf(firstMs) : behind(after);
      if (few === undefined) return inWindows(first, beginOf(lastMs + 1));
      const rows = select(`FROM ${few} WHERE (at_ms, at_code) >= (?, ?)`);
      const rowOf = createRowReader();
      return Iterator.from(rows.iterate(first.ms, first.code, ...values)).map((raw) => [rowOf(raw)]);
    },
    ofInstant: (at) => inWindows({ ms: at.ms, code: lowestCode(at) }, behind(at)),
    isOneSweep: (at) => isOneSweep(db, at.ms, codesOf(at)),
    ofUser: (userId, at) =>
      ofUser
        .all(userId, at.ms, ...codesOf(at), ...values)
        .map(createRowReader())
        .sort((a, b) => a.at.code - b.at.code || a.seq - b.seq),
  };
}

/** Every change, but packed ones only where some of the selected cause may be. */
function strandOf({ filter: { cause } }: Criteria): Strand {
  return cause === undefined || isPackedCause(cause) ? BY_TIME : { ...BY_TIME, packs: undefined };
}

/**
 * Reads a part of the history in the order of time, a window at a time.
 *
 * @param select the selected columns and the conditions for a source with its own, bound before `values`
 * @param packed the same conditions for packed changes
 * @param gaps what was hidden when the selection began, and `upTo`, the last number that was given by then
 */
function createReader(
  db: Db,
  {
    select,
    values,
    packed,
    strand,
    gaps,
    upTo,
  }: Pick<Conditions, 'values' | 'packed'> & {
    select: (sql: string) => Statement<unknown[], RawRow>;
    strand: Strand;
    gaps: readonly Gap[];
    upTo: number;
  },
): (first: Instant, end: Instant) => Generator<ChangeWindow, void, void> {
  const selects = new Map<string, Statement<unknown[], RawRow>>();
  const rowOf = createRowReader();
  const selected = ({ sql, values: own }: Stretch): ChangeRow[] => {
    const found = selects.get(sql) ?? select(sql);
    selects.set(sql, found);
    return found.all(...own, ...values).map(rowOf);
  };
  const ask = packed.asked && prepareAsking(db, packed.asked);
  const { after, upTo: last } = packed.read.numbers ?? { after: 0, upTo };
  const wanted = { ...packed.read, numbers: { after, upTo: Math.min(last, upTo) } };
  function inWindow(window: Window): ChangeRow[] {
    if (!isPacked(window)) return stretchesOf(window.strand, window.after, window.before).flatMap(selected);
    const rows = readPack(db, window, wanted, ofPacked);
    return ask === undefined ? rows : ask(rows);
  }
  return function* (first, end) {
    const whole = { after: { ...first, seq: 0 }, before: { ...end, seq: 0 } };
    for (const range of rangesBetween(whole, gaps, 'oldest')) {
      for (const window of cutWindows(db, { strand, ...range }, { order: 'oldest', rows: WINDOW_ROWS }))
        yield inWindow(window);
    }
  };
}

function ofPacked({ seq, audienceId, event, enter, exit, at, userId }: PackedRow): ChangeRow {
  return {
    seq,
    audienceId,
    event: eventOf(event),
    enter,
    exit,
    at,
    userId,
    recordedId: null,
    doubt: false,
  };
}

/** Asks the database which rows of one pack are wanted: all in one statement, as text, for a third of a virtual table's cost. */
function prepareAsking(
  db: Db,
  { where, inDoubt }: NonNullable<PackedConditions['asked']>,
): (rows: readonly ChangeRow[]) => ChangeRow[] {
  const wanted = db
    .prepare<[number, number, string], [n: number, doubt: number]>(
      `SELECT n, ${inDoubt} FROM (
         SELECT key AS n, value ->> 0 AS seq, value ->> 1 AS user_id, value ->> 2 AS audience_id, value ->> 3 AS event,
           ? AS at_ms, ? AS at_code FROM json_each(?)
       ) AS change WHERE ${where} ORDER BY n`,
    )
    .raw();
  return (rows) => {
    const [first] = rows;
    if (first === undefined) return [];
    const told = rows.map(({ seq, userId, audienceId, event }) => [
      seq,
      userId,
      audienceId,
      EVENT_CODES[event],
    ]);
    return wanted
      .all(first.at.ms, first.at.code, JSON.stringify(told))
      .map(([n, doubt]) => ({ ...(rows[n] as ChangeRow), doubt: doubt === 1 }));
  };
}

/** Reads the changes of a user and instant, and archived message, that a selection has; each with its doubt. */
export function createUserReader(
  db: Db,
  criteria: Criteria,
): (
  userId: string,
  at: Instant,
  recordedId: number | null,
) => (SelectedChange & { readonly doubt: boolean })[] {
  const { ofUser } = prepareSelection(db, criteria);
  return (userId, at, recordedId) => ofUser(userId, at).filter((row) => row.recordedId === recordedId);
}

function gather(group: Map<string, SelectedMessage>, row: ChangeRow): void {
  const key = row.recordedId === null ? row.userId : `${row.recordedId}\n${row.userId}`;
  const message = group.get(key);
  if (message === undefined) group.set(key, messageOf(row, [row]));
  else addTo(message, row);
}

function messageOf({ userId, at, recordedId }: ChangeRow, changes: ChangeRow[]): SelectedMessage {
  return { userId, at, recordedId, changes, doubt: changes.some(({ doubt }) => doubt) };
}

function addTo(message: SelectedMessage, row: ChangeRow): void {
  message.changes.push(row);
  message.doubt ||= row.doubt;
}
