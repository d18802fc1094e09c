import { setImmediate } from 'node:timers/promises';
import type { StoreTable } from '../../../preload/contract/events.ts';
import type { ImportResult } from '../../../preload/contract/profile.ts';
import { type BatchKind, beginBatch, finishBatch } from '../batch/batch.ts';
import { failedBatchIsLeft, takeBackLeft } from '../batch/left.ts';
import type { CallContext, Cancellation, EngineContext } from '../context.ts';
import { SegueError } from '../core/errors.ts';
import type { Instant } from '../core/instant.ts';
import { asStoreFault } from '../store/fault.ts';
import { keepSpace } from '../store/free-space.ts';
import { type Db, databaseBytes, inTransaction } from '../store/store.ts';
import { isAwaited } from '../store/turns.ts';
import { withoutLog } from '../store/without-log.ts';
import { type Input, openInput } from './input.ts';
import type { OnReject } from './reject.ts';
import { createRejectFile, type RejectFile } from './reject-file.ts';

/** The part of the engine that an import needs; a thread of its own has no more. */
export type ImportEngine = Pick<EngineContext, 'store' | 'clock' | 'emit'>;

/** The part of a call that an import needs. */
export interface ImportCall {
  readonly signal: Cancellation;
  readonly progress: CallContext['progress'];
}

/** What an import reads and what kind of unit it is. */
export interface ImportSpec {
  readonly path: string;
  readonly kind: BatchKind;
  readonly strict: boolean;
  /** The instant of the import's changes, where there is one for all. */
  readonly at: Instant | null;
  /** Tables whose views the window reads again afterwards. */
  readonly tables: StoreTable[];
  readonly pace: Pace;
}

/** How much an import does at a time. */
export interface Pace {
  /** How long it holds the event loop and the write lock. */
  readonly sliceMs: number;
  /** Bytes of records that one transaction takes at most; 0 = as they come from the reader. */
  readonly gatheredBytes: number;
  /**
   * Users of profiles whose memberships wait to be set at most, and those of the batch that comes last: some 250 bytes each with their
   * changes. The more the better, as each bucket is then written fewer times.
   */
  readonly waitingUsers: number;
  /** Whether nothing else waits for this thread, and no other connection is open. */
  readonly isAlone: boolean;
}

/** Counts that an import adds to as it goes. */
export interface ImportTally {
  read: number;
  created: number;
  updated: number;
  unchanged: number;
  duplicates: number;
  entered: number;
  exited: number;
  changed: number;
}

/** A running import. */
export interface ImportRun {
  readonly batch: number;
  readonly tally: ImportTally;
  /** Works through records in short transactions, see {@link inSlices}, and reports progress. */
  forEach<T>(records: readonly T[], work: (record: T) => void): Promise<void>;
  /** The same step by step, several within one transaction; `settle` is called at the end of each transaction. */
  forEachStep(steps: Iterator<void, void, void>, settle: () => void): Promise<void>;
  /** False once a strict import is known to fail: records are still checked, so that the report is complete. */
  writing(): boolean;
  /** Notes the slugs of audiences that were created. */
  createdAudiences(slugs: readonly string[]): void;
}

/**
 * Runs an import as one batch: opens the file, begins the batch, lets `open` read it, and finishes; or takes everything
 * back when it fails, is cancelled, or had rejects with `strict`.
 *
 * @param open checks what can be checked before anything is written (format, header) and returns the work
 * @throws what {@link openInput} and the work throw, REJECTED_STRICT, CANCELLED, DISK_FULL, CONFLICT while another import runs
 */
export async function runImport(
  engine: ImportEngine,
  call: ImportCall,
  spec: ImportSpec,
  open: (input: Input, onReject: OnReject) => Promise<(run: ImportRun) => Promise<void>>,
): Promise<ImportResult> {
  const { db, dir } = engine.store;
  const startedAt = performance.now();
  const input = await openInput(spec.path, call.signal);
  let rejects: RejectFile | undefined;
  let batch: number | undefined;
  let backToLog = (): void => undefined;
  try {
    const work = await open(input, (reject) => rejects?.add(reject));
    await takeBackLeft(db);
    batch = beginBatch(db, { kind: spec.kind, source: input.name, at: spec.at, startedMs: engine.clock() });
    rejects = createRejectFile(dir, batch);
    // A file that is larger than the store is mostly new to it.
    if (spec.pace.isAlone && (input.totalBytes ?? 0) > databaseBytes(db)) backToLog = withoutLog(db);
    const tally = await doWork(engine, call, { spec, input, batch, rejects, work });
    // A Ctrl-C that also ends the program at the other end of a pipe must not pass for the end of the data.
    await setImmediate();
    refuseCancelled(call.signal);
    rejects.close();
    const result = resultOf({ batch, tally, rejects, input, startedAt });
    if (spec.strict && rejects.count() > 0) throw rejectedStrict(input.name, result);
    finishBatch(db, batch, {
      endedMs: engine.clock(),
      result: { entered: tally.entered, exited: tally.exited, rejected: result.rejected },
    });
    engine.emit('storeChanged', { tables: spec.tables });
    return result;
  } catch (error) {
    let left = false;
    if (batch !== undefined) {
      const cancelled = error instanceof SegueError && error.code === 'CANCELLED';
      left = await failedBatchIsLeft(db, batch, {
        endedMs: engine.clock(),
        state: cancelled ? 'cancelled' : 'failed',
      });
      engine.emit('storeChanged', { tables: spec.tables });
    }
    throw asStoreFault(error, `The import of ${input.name}`, left);
  } finally {
    backToLog();
    rejects?.end();
    await input.close();
  }
}

interface Tallied extends ImportTally {
  readonly audiencesCreated: string[];
}

async function doWork(
  engine: ImportEngine,
  call: ImportCall,
  {
    spec,
    input,
    batch,
    rejects,
    work,
  }: {
    spec: ImportSpec;
    input: Input;
    batch: number;
    rejects: RejectFile;
    work: (run: ImportRun) => Promise<void>;
  },
): Promise<Tallied> {
  const tally: Tallied = {
    read: 0,
    created: 0,
    updated: 0,
    unchanged: 0,
    duplicates: 0,
    entered: 0,
    exited: 0,
    changed: 0,
    audiencesCreated: [],
  };
  const startedAt = performance.now();
  const report = () => {
    const seconds = (performance.now() - startedAt) / 1000;
    const bytes = input.bytesRead();
    const total = input.totalBytes;
    call.progress({
      phase: 'importing',
      done: bytes,
      total,
      unit: 'bytes',
      rows: tally.read,
      perSecond: seconds > 0 ? tally.read / seconds : 0,
      secondsLeft: total === null || bytes === 0 ? null : ((total - bytes) / bytes) * seconds,
    });
  };
  await work({
    batch,
    tally,
    writing: () => !(spec.strict && rejects.count() > 0),
    createdAudiences: (slugs) => {
      tally.audiencesCreated.push(...slugs);
    },
    async forEach(records, each) {
      const steps = stepsOf(records, each);
      await inSlices(engine.store.db, { steps, settle: () => undefined, pace: spec.pace }, call.signal);
      report();
    },
    async forEachStep(steps, settle) {
      await inSlices(engine.store.db, { steps, settle, pace: spec.pace }, call.signal);
      report();
    },
  });
  report();
  return tally;
}

function resultOf({
  batch,
  tally,
  rejects,
  input,
  startedAt,
}: {
  batch: number;
  tally: Tallied;
  rejects: RejectFile;
  input: Input;
  startedAt: number;
}): ImportResult {
  const { read, created, updated, unchanged, duplicates, entered, exited, changed } = tally;
  return {
    batch,
    dryRun: false,
    profiles: { read, created, updated, unchanged, duplicates },
    changes: { entered, exited, changed },
    audiencesCreated: tally.audiencesCreated,
    rejected: rejects.count(),
    rejectFile: rejects.path(),
    firstRejects: rejects.first(),
    bytes: input.bytesRead(),
    seconds: (performance.now() - startedAt) / 1000,
  };
}

function rejectedStrict(name: string, { rejected, rejectFile, firstRejects }: ImportResult): SegueError {
  const [first] = firstRejects;
  const where =
    first === undefined ? '' : ` The first is line ${first.line}, column ${first.column}: ${first.reason}.`;
  return new SegueError(
    'REJECTED_STRICT',
    `${rejected} ${rejected === 1 ? 'line' : 'lines'} of ${name} cannot be imported, so nothing was.${where} ` +
      `See ${rejectFile ?? 'the report'} for line, column and reason, or import without --strict.`,
    { rejected, rejectFile },
  );
}

const MB = 1024 * 1024;
/** On a thread and a connection that answer other calls too. */
export const SHARED_PACE: Pace = { sliceMs: 14, gatheredBytes: 0, waitingUsers: 64 * 1024, isAlone: false };
/** In a thread of its own: as long as the commit at its end is short enough for whoever waits for it. */
export const PACE_IN_THREAD: Pace = {
  sliceMs: 60,
  gatheredBytes: 16 * MB,
  waitingUsers: 256 * 1024,
  isAlone: false,
};
/** Where nothing else waits for the thread: so much that the pages of an index are written few times over. */
export const PACE_ALONE: Pace = {
  sliceMs: 1000,
  gatheredBytes: 64 * MB,
  waitingUsers: 512 * 1024,
  isAlone: true,
};
/** Records between two looks at the clock. */
const RECORDS_PER_LOOK = 16;

function* stepsOf<T>(records: readonly T[], each: (record: T) => void): Generator<void, void, void> {
  for (let next = 0; next < records.length; next += RECORDS_PER_LOOK) {
    for (const record of records.slice(next, next + RECORDS_PER_LOOK)) each(record);
    yield;
  }
}

/**
 * Does steps in transactions of about as long as the pace says, with the event loop running in between, so that other calls on
 * the same connection are answered while an import of any size goes on. In a thread that gives way to the engine's, a
 * transaction ends early when that one waits.
 *
 * @throws CANCELLED between two transactions once the signal is aborted
 */
export async function inSlices(
  db: Db,
  {
    steps,
    settle,
    pace = SHARED_PACE,
  }: { steps: Iterator<void, void, void>; settle: () => void; pace?: Pace },
  signal?: Cancellation,
): Promise<void> {
  for (let done = false; !done; ) {
    refuseCancelled(signal);
    keepSpace(db);
    inTransaction(db, () => {
      const until = performance.now() + pace.sliceMs;
      do done = steps.next().done === true;
      while (!done && performance.now() < until && !isAwaited(db.name));
      settle();
    });
    await setImmediate();
  }
}

function refuseCancelled(signal: Cancellation | undefined): void {
  if (signal?.aborted === true)
    throw new SegueError('CANCELLED', 'The import was cancelled; nothing was kept.');
}
