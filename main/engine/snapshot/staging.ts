import { insertSegment, pushSegment } from '../membership/fold.ts';
import { addToCount } from '../membership/live-rows.ts';
import { type Db, inTransaction } from '../store/store.ts';
import type { ImportAudience } from './audiences.ts';
import type { ComparisonTotals } from './compare.ts';
import { BUCKETS_PER_PARTITION } from './kernel/layout.ts';
import type { LoadedSegment, StoredSegment } from './partition.ts';

/** Segments that an import has written and that replace others once it takes effect. */
export interface StagedSegments {
  readonly added: { bucket: number; id: number; bytes: number; own: boolean }[];
  readonly replaced: { bucket: number; id: number }[];
}

/** Reads the segments of a partition, each bucket's from the oldest on. */
export type ReadSegments = (index: number) => readonly StoredSegment[];

/** Prepares {@link ReadSegments} for one import. */
export function createSegmentReader(db: Db): ReadSegments {
  const segments = db.prepare<[number, number], StoredSegment>(
    `SELECT bucket, segment_id AS id, body FROM membership_stack JOIN membership_segment ON id = segment_id
     WHERE bucket BETWEEN ? AND ? ORDER BY bucket, segment_id`,
  );
  return (index) => {
    const first = index * BUCKETS_PER_PARTITION;
    return segments.all(first, first + BUCKETS_PER_PARTITION - 1);
  };
}

/**
 * The buckets whose stack is due for merging: what lies on the first segment has grown to a quarter or half of it. The
 * share differs by bucket, so that the buckets of a store that changes evenly are not all due on the same day.
 */
export function bucketsToMerge(segments: readonly LoadedSegment[]): number[] {
  const due: number[] = [];
  let from = 0;
  while (from < segments.length) {
    const { bucket = 0, bytes: base = 0 } = segments[from] ?? {};
    let to = from + 1;
    let above = 0;
    while (segments[to]?.bucket === bucket) {
      above += segments[to]?.bytes ?? 0;
      to += 1;
    }
    if (above > base * (0.25 + (bucket % 16) / 64)) due.push(bucket);
    from = to;
  }
  return due;
}

/** What comparing a partition comes to: its new segments, and those that take the place of its older ones. */
export interface PartitionSegments {
  readonly own: ReadonlyMap<number, Buffer>;
  readonly merged: ReadonlyMap<number, Buffer | undefined>;
  readonly segments: readonly LoadedSegment[];
}

/** Writes an import's segments without making them count. */
export interface SegmentStage {
  /** Gives whether it wrote. */
  add(partition: PartitionSegments): boolean;
  /** Writes what was held back, and gives all that was staged. */
  finish(): StagedSegments;
}

/**
 * Opens a stage that writes once it holds so many bytes: each transaction writes the pages again that the last one filled in
 * part, which for a daily snapshot was most of them.
 */
export function createSegmentStage(db: Db, bytesTogether: number): SegmentStage {
  const staged: StagedSegments = { added: [], replaced: [] };
  let held: { bucket: number; body: Buffer; own: boolean }[] = [];
  let bytes = 0;

  function write(): void {
    if (held.length === 0) return;
    inTransaction(db, () => {
      for (const { bucket, body, own } of held)
        staged.added.push({ bucket, id: insertSegment(db, body), bytes: body.length, own });
    });
    held = [];
    bytes = 0;
  }

  function hold(bucket: number, body: Buffer | undefined, own: boolean): void {
    if (body === undefined) return;
    held.push({ bucket, body, own });
    bytes += body.length;
  }

  return {
    add({ own, merged, segments }) {
      // The merged segment gets its id first: a stack is applied in order of ids.
      for (const [bucket, body] of merged) hold(bucket, body, false);
      for (const [bucket, body] of own) hold(bucket, body, true);
      for (const { bucket, id } of segments) if (merged.has(bucket)) staged.replaced.push({ bucket, id });
      const isFull = bytes >= bytesTogether;
      if (isFull) write();
      return isFull;
    },
    finish() {
      write();
      return staged;
    },
  };
}

/** Makes an import's segments and counts part of the state, in the caller's transaction. */
export function publishSegments(
  db: Db,
  staged: StagedSegments,
  {
    batch,
    audiences,
    totals,
  }: { batch: number; audiences: readonly ImportAudience[]; totals: ComparisonTotals },
): void {
  const remove = db.prepare('DELETE FROM membership_stack WHERE bucket = ? AND segment_id = ?');
  for (const { bucket, id } of staged.replaced) remove.run(bucket, id);
  for (const { bucket, id, bytes, own } of staged.added)
    pushSegment(db, bucket, id, bytes, own ? batch : null);
  const note = db.prepare('INSERT INTO batch_audience VALUES (?, ?, ?, ?)');
  for (const [number, { id }] of audiences.entries()) {
    const entered = totals.enteredBy[number] ?? 0;
    const exited = totals.exitedBy[number] ?? 0;
    if (entered === 0 && exited === 0) continue;
    note.run(batch, id, entered, exited);
    addToCount(db, id, entered - exited);
  }
}

/** Removes the segments that an import replaced, in short transactions; what is left is removed at the next opening. */
export function removeReplaced(db: Db, { replaced }: StagedSegments): void {
  const remove = db.prepare('DELETE FROM membership_segment WHERE id = ?');
  for (let from = 0; from < replaced.length; from += 500) {
    inTransaction(db, () => {
      for (const { id } of replaced.slice(from, from + 500)) remove.run(id);
    });
  }
}
