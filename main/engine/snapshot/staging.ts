import { insertSegment, pushSegment } from '../membership/fold.ts';
import { addToCount } from '../membership/live-rows.ts';
import { type Db, inTransaction } from '../store/store.ts';
import type { ImportAudience } from './audiences.ts';
import type { ComparisonTotals } from './compare.ts';
import { type LoadedSegment, type Partition, roomInArena } from './partition.ts';
import { BUCKETS_PER_PARTITION } from './record.ts';

/** Segments that an import has written and that replace others once it takes effect. */
export interface StagedSegments {
  readonly added: { bucket: number; id: number; bytes: number; own: boolean }[];
  readonly replaced: { bucket: number; id: number }[];
}

/** Copies the segments of a partition into its arena, leaving room for `rowWords` of rows behind them. */
export type LoadSegments = (partition: Partition, index: number, rowWords: number) => void;

/** Prepares {@link LoadSegments} for one import. */
export function createSegmentLoader(db: Db): LoadSegments {
  const size = db
    .prepare<[number, number], number>(
      'SELECT coalesce(sum(bytes), 0) FROM membership_stack WHERE bucket BETWEEN ? AND ?',
    )
    .pluck();
  const bodies = db
    .prepare<[number, number], [number, number, Buffer]>(
      `SELECT bucket, segment_id, body FROM membership_stack JOIN membership_segment ON id = segment_id
       WHERE bucket BETWEEN ? AND ? ORDER BY bucket, segment_id`,
    )
    .raw();
  return (partition, index, rowWords) => {
    const first = index * BUCKETS_PER_PARTITION;
    const last = first + BUCKETS_PER_PARTITION - 1;
    const arena = roomInArena(partition, (size.get(first, last) ?? 0) / 4 + rowWords);
    const bytes = new Uint8Array(arena.buffer, arena.byteOffset, arena.byteLength);
    const segments: LoadedSegment[] = [];
    let at = 0;
    for (const [bucket, id, body] of bodies.iterate(first, last)) {
      bytes.set(body, at);
      segments.push({ bucket, id, start: at / 4, bytes: body.length });
      at += body.length;
    }
    partition.segments = segments;
    partition.rowsStart = at / 4;
    partition.end = at / 4 + rowWords;
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

/** Writes an import's segments of one partition, and the merged ones under them, without making them count. */
export function stageSegments(
  db: Db,
  staged: StagedSegments,
  {
    own,
    merged,
    segments,
  }: {
    own: ReadonlyMap<number, Buffer>;
    merged: ReadonlyMap<number, Buffer | undefined>;
    segments: readonly LoadedSegment[];
  },
): void {
  if (own.size === 0 && merged.size === 0) return;
  inTransaction(db, () => {
    for (const [bucket, body] of merged) {
      // The merged segment gets its id first: a stack is applied in order of ids.
      if (body !== undefined)
        staged.added.push({ bucket, id: insertSegment(db, body), bytes: body.length, own: false });
    }
    for (const [bucket, body] of own)
      staged.added.push({ bucket, id: insertSegment(db, body), bytes: body.length, own: true });
  });
  for (const { bucket, id } of segments) if (merged.has(bucket)) staged.replaced.push({ bucket, id });
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
