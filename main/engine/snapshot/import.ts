import { dirname, join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import type { JobProgress } from '../../../preload/contract/events.ts';
import type { ImportResult } from '../../../preload/contract/profile.ts';
import { beginBatch, finishBatch } from '../batch/batch.ts';
import { failedBatchIsLeft } from '../batch/left.ts';
import { spillFolder } from '../batch/spill-folder.ts';
import { SegueError } from '../core/errors.ts';
import { compareInstants, formatInstant, type Instant } from '../core/instant.ts';
import { temporaryName } from '../core/temporary-name.ts';
import { createPackWriter } from '../history/pack.ts';
import type { InputFormat } from '../input/format.ts';
import { type Input, openInput } from '../input/input.ts';
import { createRejectFile, type RejectFile } from '../input/reject-file.ts';
import { foldLive } from '../membership/fold.ts';
import { forgetLooseSegments, noteLooseSegments } from '../membership/loose-segments.ts';
import { createSegmentWriter } from '../membership/segment.ts';
import { asStoreFault } from '../store/fault.ts';
import { keepSpace } from '../store/free-space.ts';
import { type Db, inTransaction } from '../store/store.ts';
import { type ImportAudiences, insertAudiences, loadAudiences } from './audiences.ts';
import { type ChangeStage, createChangeStage } from './change-stage.ts';
import {
  type ComparisonTotals,
  comparableMask,
  comparePartition,
  createTotals,
  mergeBucket,
} from './compare.ts';
import { PARTITIONS } from './kernel/layout.ts';
import { createOutFile, type OutFile } from './out-file.ts';
import { createPartition, fillArena, indexUsers, passesFor, passOf } from './partition.ts';
import { readRows } from './read-rows.ts';
import { createRowSink, type RowSink } from './sink.ts';
import {
  bucketsToMerge,
  createSegmentReader,
  createSegmentStage,
  publishSegments,
  removeReplaced,
  type StagedSegments,
} from './staging.ts';
import { reserveHistory, stagedChanges, writeHistory } from './write-history.ts';

/** Bytes of new segments that one transaction writes where nobody else waits for the lock. */
const SEGMENT_BYTES_ALONE = 1024 * 1024;

/** A membership export to bring the store to. */
export interface SnapshotImport {
  readonly path: string;
  readonly at: Instant;
  readonly format: InputFormat | undefined;
  /** The field that identifies users. */
  readonly key: string;
  readonly partial: boolean;
  readonly dryRun: boolean;
  readonly strict: boolean;
  readonly out: string | undefined;
}

/** How an import talks to whoever runs it; its functions are called often and must be cheap. */
export interface ImportHooks {
  /** Nobody else writes to the store meanwhile, or waits for this process: transactions may be long. */
  readonly alone: boolean;
  readonly nowMs: () => number;
  readonly cancelled: () => boolean;
  readonly progress: (progress: Omit<JobProgress, 'jobId'>) => void;
}

/**
 * Everything is read and written in order: a larger page cache adds to the peak of memory, and a twentieth to the time, as the first
 * use of a page of memory costs more than reading what it held again.
 */
const IMPORT_CACHE = 'cache_size = -8000';

/**
 * Compares a membership export with the store and records who entered and who left, as one unit: a process killed at any
 * point leaves the store as it was before or as it is after.
 *
 * A full snapshot says everything: who is absent left at `at`, in every audience without a rule. A partial one speaks only
 * of the users that it has. A pair that stays keeps the enter time that the store has. `profiles.read` counts the distinct
 * users of the file, `profiles.duplicates` the pairs that it repeats; no profile is written, so the other counts are 0.
 *
 * The rows go to disk by hash of the user, then partition by partition to a table in memory that is compared with the
 * partition's segments, so memory depends on the size of a partition.
 *
 * @throws SNAPSHOT_OUT_OF_ORDER when `at` is before the last snapshot's, REJECTED_STRICT, FILE_FORMAT when the file has no
 * row that can be used, CONFLICT while another import runs, CANCELLED, DISK_FULL, and what reading a file throws. The
 * store is then as it was.
 */
export async function importSnapshot(
  db: Db,
  spec: SnapshotImport,
  hooks: ImportHooks,
): Promise<ImportResult> {
  const started = performance.now();
  const cachePages = db.pragma('cache_size', { simple: true });
  refuseOutOfOrder(db, spec.at);
  const input = await openInput(spec.path, {
    get aborted() {
      return hooks.cancelled();
    },
  });
  let batch: number | null = null;
  try {
    db.pragma(IMPORT_CACHE);
    if (!spec.dryRun)
      batch = beginBatch(db, { kind: 'snapshot', source: input.name, at: spec.at, startedMs: hooks.nowMs() });
    return await runUnit(db, spec, hooks, { input, batch, started });
  } catch (error) {
    const cancelled = error instanceof SegueError && error.code === 'CANCELLED';
    const left =
      batch !== null &&
      (await failedBatchIsLeft(db, batch, {
        endedMs: hooks.nowMs(),
        state: cancelled ? 'cancelled' : 'failed',
      }));
    throw asStoreFault(error, `The import of ${input.name}`, left);
  } finally {
    db.pragma(`cache_size = ${Number(cachePages)}`);
    await input.close();
  }
}

function refuseOutOfOrder(db: Db, at: Instant): void {
  const last = db
    .prepare<[], { ms: number; code: number }>(
      `SELECT at_ms AS ms, at_code AS code FROM batch WHERE kind = 'snapshot' AND state = 'done' ORDER BY id DESC LIMIT 1`,
    )
    .get();
  if (last === undefined || compareInstants(at, last) >= 0) return;
  const [given, newest] = [formatInstant(at), formatInstant(last)];
  throw new SegueError(
    'SNAPSHOT_OUT_OF_ORDER',
    `This snapshot is of ${given}, but one of ${newest} is in the store already. Import snapshots in the order of their times: give --at a time from ${newest} on, or undo the last import.`,
    { at: given, lastAt: newest },
  );
}

interface Unit {
  readonly input: Input;
  readonly batch: number | null;
  readonly started: number;
}

async function runUnit(
  db: Db,
  spec: SnapshotImport,
  hooks: ImportHooks,
  { input, batch, started }: Unit,
): Promise<ImportResult> {
  const folder = spillFolder(db.name);
  const name = temporaryName();
  const rejects = createRejectFile(dirname(db.name), batch ?? 0);
  const stage = createChangeStage(join(folder, `${name}.changes`));
  const out = spec.out === undefined ? undefined : createOutFile(spec.out, spec.path, { folder, name });
  let sink: RowSink | undefined;
  try {
    foldLive(db);
    const audiences = loadAudiences(db);
    sink = createRowSink(join(folder, `${name}.rows`), audiences, spec.at);
    await readAll(input, spec, hooks, { sink, audiences, rejects });
    const noted = batch !== null && noteLooseSegments(db);
    const { totals, staged } = await compareAll(db, spec, hooks, {
      sink,
      stage,
      audiences,
      write: batch !== null,
    });
    const onChange = out?.writer(audiences.all);
    if (batch === null)
      for (const change of onChange === undefined ? [] : stagedChanges(stage, spec.at)) onChange?.(change);
    else await writeAll(db, hooks, { stage, batch, at: spec.at, onChange });
    refuseCancelled(hooks);
    out?.complete();
    rejects.close();
    if (batch !== null) {
      inTransaction(db, () => {
        insertAudiences(db, audiences.all, batch);
        publishSegments(db, staged, { batch, audiences: audiences.all, totals });
        finishBatch(db, batch, {
          endedMs: hooks.nowMs(),
          result: { entered: totals.entered, exited: totals.exited, rejected: rejects.count() },
        });
      });
      removeReplaced(db, staged);
      if (noted) forgetLooseSegments(db);
    }
    out?.publish();
    return {
      batch,
      dryRun: spec.dryRun,
      profiles: { read: totals.users, created: 0, updated: 0, unchanged: 0, duplicates: totals.duplicates },
      changes: { entered: totals.entered, exited: totals.exited, changed: 0 },
      audiencesCreated: audiences.all.filter(({ created }) => created).map(({ slug }) => slug),
      rejected: rejects.count(),
      rejectFile: rejects.path(),
      firstRejects: rejects.first(),
      bytes: input.bytesRead(),
      seconds: (performance.now() - started) / 1000,
    };
  } finally {
    out?.close();
    rejects.end();
    sink?.close();
    stage.close();
  }
}

async function readAll(
  input: Input,
  spec: SnapshotImport,
  hooks: ImportHooks,
  { sink, audiences, rejects }: { sink: RowSink; audiences: ImportAudiences; rejects: RejectFile },
): Promise<void> {
  const began = performance.now();
  await readRows(input, spec, {
    sink,
    audiences,
    onReject(reject) {
      if (!spec.strict) {
        rejects.add(reject);
        return;
      }
      throw new SegueError(
        'REJECTED_STRICT',
        `${input.name}, line ${reject.line}, column ${reject.column}: ${reject.reason}. Nothing was kept, as --strict was given.`,
        { path: input.name, line: reject.line, column: reject.column, reason: reject.reason },
      );
    },
    onChunk() {
      refuseCancelled(hooks);
      const done = input.bytesRead();
      const total = input.totalBytes;
      const rows = sink.rows();
      const seconds = Math.max(0.001, (performance.now() - began) / 1000);
      hooks.progress({
        phase: 'reading',
        done,
        total,
        unit: 'bytes',
        rows,
        perSecond: rows / seconds,
        secondsLeft: total === null || done === 0 ? null : ((total - done) / done) * seconds,
      });
    },
  });
  if (sink.rows() > 0) return;
  throw new SegueError(
    'FILE_FORMAT',
    `${input.name} has no row that can be used${rejects.count() === 0 ? '' : ` (${rejects.count()} rejected)`}. ` +
      'An empty export is mostly a failed one, so nobody was made to leave; export again. To empty audiences on purpose, import profiles with an empty "segments".',
    { path: input.name, rejected: rejects.count() },
  );
}

async function compareAll(
  db: Db,
  { at, partial }: SnapshotImport,
  hooks: ImportHooks,
  {
    sink,
    stage,
    audiences,
    write,
  }: { sink: RowSink; stage: ChangeStage; audiences: ImportAudiences; write: boolean },
): Promise<{ totals: ComparisonTotals; staged: StagedSegments }> {
  const { all } = audiences;
  const comparison = { audiences: all, at, partial, comparable: comparableMask(all) };
  const totals = createTotals(all.length);
  const segments = createSegmentStage(db, hooks.alone ? SEGMENT_BYTES_ALONE : 0);
  const partition = createPartition({ ids: all.map(({ id }) => id), comparable: comparison.comparable });
  const readSegments = createSegmentReader(db);
  const writers = {
    packs: createPackWriter(stage.add),
    late: createPackWriter(stage.addLate),
    segment: createSegmentWriter(),
  };
  const began = performance.now();
  for (let index = 0; index < PARTITIONS; index += 1) {
    if (sink.size(index) === 0 && partial) continue;
    fillArena(partition, readSegments(index), sink, index);
    const due = new Set(write ? bucketsToMerge(partition.segments) : []);
    const own = new Map<number, Buffer>();
    const merged = new Map<number, Buffer | undefined>();
    const passes = passesFor(partition);
    for (let pass = 0; pass < passes; pass += 1) {
      indexUsers(partition, { timed: sink.timed(), pass, passes });
      for (const [bucket, body] of comparePartition(partition, comparison, writers, totals))
        own.set(bucket, body);
      for (const bucket of due)
        if (passOf(bucket, passes) === pass) merged.set(bucket, mergeBucket(partition, bucket, all));
    }
    const hasWritten = write && segments.add({ own, merged, segments: partition.segments });
    // Rows are spread over the partitions evenly.
    const done = Math.round((sink.rows() * (index + 1)) / PARTITIONS);
    report(hooks, { phase: 'comparing', done, total: sink.rows(), rows: done, began });
    await setImmediate();
    refuseCancelled(hooks);
    if (hasWritten) keepSpace(db);
  }
  writers.packs.finish();
  writers.late.finish();
  return { totals, staged: segments.finish() };
}

async function writeAll(
  db: Db,
  hooks: ImportHooks,
  {
    stage,
    batch,
    at,
    onChange,
  }: {
    stage: ChangeStage;
    batch: number;
    at: Instant;
    onChange: ReturnType<OutFile['writer']> | undefined;
  },
): Promise<void> {
  const total = stage.count();
  if (total === 0) return;
  const began = performance.now();
  const first = reserveHistory(db, batch, total);
  for (const done of writeHistory(db, stage, {
    batch,
    at,
    first,
    alone: hooks.alone,
    onChange,
  })) {
    report(hooks, { phase: 'recording', done, total, rows: done, began });
    await setImmediate();
    refuseCancelled(hooks);
    keepSpace(db);
  }
}

function report(
  hooks: ImportHooks,
  {
    phase,
    done,
    total,
    rows,
    began,
  }: { phase: string; done: number; total: number; rows: number; began: number },
): void {
  const perSecond = done / Math.max(0.001, (performance.now() - began) / 1000);
  hooks.progress({
    phase,
    done,
    total,
    unit: 'rows',
    rows,
    perSecond,
    secondsLeft: (total - done) / Math.max(0.001, perSecond),
  });
}

function refuseCancelled({ cancelled }: ImportHooks): void {
  if (cancelled())
    throw new SegueError('CANCELLED', 'The import was cancelled. The store is as it was before.');
}
