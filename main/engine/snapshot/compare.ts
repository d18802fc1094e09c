import { compareInstants, type Instant } from '../core/instant.ts';
import { bucketOfHash } from '../membership/key.ts';
import { createSegmentWriter, type SegmentWriter } from '../membership/segment.ts';
import type { ImportAudience } from './audiences.ts';
import type { ChangeStage } from './change-stage.ts';
import { enteredAfter, enteredBefore, type Partition } from './partition.ts';

/** What comparing needs to know beside the partition. */
export interface Comparison {
  readonly audiences: readonly ImportAudience[];
  readonly at: Instant;
  /** Only users that the file has are compared. */
  readonly partial: boolean;
  /** Bits of the audiences that imports decide, as masks are laid out. */
  readonly comparable: Int32Array;
}

/** What comparing adds up. */
export interface ComparisonTotals {
  users: number;
  usersChanged: number;
  duplicates: number;
  entered: number;
  exited: number;
  /** By number of the audience. */
  readonly enteredBy: Float64Array;
  readonly exitedBy: Float64Array;
}

/** Totals at zero for this many audiences. */
export function createTotals(audiences: number): ComparisonTotals {
  return {
    users: 0,
    usersChanged: 0,
    duplicates: 0,
    entered: 0,
    exited: 0,
    enteredBy: new Float64Array(audiences),
    exitedBy: new Float64Array(audiences),
  };
}

/** The audiences that imports decide, as bits. */
export function comparableMask(audiences: readonly ImportAudience[]): Int32Array {
  const mask = new Int32Array(Math.max(1, (audiences.length + 31) >> 5));
  for (const [number, { rule }] of audiences.entries())
    if (!rule) mask[number >> 5] = (mask[number >> 5] ?? 0) | (1 << (number & 31));
  return mask;
}

/**
 * Finds who entered and who left in an indexed partition. Adds each change to the stage and gives, per bucket, the
 * segment that brings the store to the file's state.
 */
export function comparePartition(
  partition: Partition,
  comparison: Comparison,
  stage: ChangeStage,
  totals: ComparisonTotals,
): Map<number, Buffer> {
  const writers = new Map<number, SegmentWriter>();
  totals.duplicates += partition.duplicates;
  compareSlots(partition, comparison, { stage, totals, writers });
  const segments = new Map<number, Buffer>();
  for (const [bucket, writer] of writers) {
    const body = writer.finish();
    if (body !== undefined) segments.set(bucket, body);
  }
  return segments;
}

/** Apart from what comes after the loop: V8 compiles this while the first loop runs, and again when it meets something new. */
function compareSlots(
  partition: Partition,
  comparison: Comparison,
  {
    stage,
    totals,
    writers,
  }: { stage: ChangeStage; totals: ComparisonTotals; writers: Map<number, SegmentWriter> },
): void {
  const { maskWords, before, after, slotSeen, slotHash, slots } = partition;
  const { comparable, partial } = comparison;
  for (let slot = 0; slot < slots; slot += 1) {
    const seen = slotSeen[slot] === 1;
    if (seen) totals.users += 1;
    else if (partial) continue;
    let changed = false;
    const mask = slot * maskWords;
    for (let word = 0; word < maskWords; word += 1) {
      const differs = (before[mask + word] as number) ^ (after[mask + word] as number);
      if ((differs & (comparable[word] as number)) !== 0) changed = true;
    }
    if (!changed) continue;
    totals.usersChanged += 1;
    const bucket = bucketOfHash(slotHash[slot] as number);
    let writer = writers.get(bucket);
    if (writer === undefined) {
      writer = createSegmentWriter();
      writers.set(bucket, writer);
    }
    changeUser(partition, slot, comparison, { stage, totals, writer });
  }
}

function changeUser(
  p: Partition,
  slot: number,
  { audiences, at, comparable }: Comparison,
  { stage, totals, writer }: { stage: ChangeStage; totals: ComparisonTotals; writer: SegmentWriter },
): void {
  const key = p.slotKey[slot] ?? 0;
  const length = p.slotLength[slot] ?? 0;
  writer.user(p.arena, key, length);
  for (let word = 0; word < p.maskWords; word += 1) {
    const old = p.before[slot * p.maskWords + word] ?? 0;
    let bits = (old ^ (p.after[slot * p.maskWords + word] ?? 0)) & (comparable[word] ?? 0);
    while (bits !== 0) {
      const bit = 31 - Math.clz32(bits & -bits);
      bits &= bits - 1;
      const audience = (word << 5) + bit;
      const { id = 0 } = audiences[audience] ?? {};
      if ((old & (1 << bit)) === 0) {
        const enteredAt = enteredAfter(p, slot, audience) ?? at;
        writer.operation(id, enteredAt);
        // The change is at the snapshot's instant, when it became known; the enter time rides in the message. A user who
        // is exported late would otherwise fall before the window of a replay "since yesterday" and be missed.
        stage.add(p.arena, key, length, audience, 'enter', enteredAt, at);
        totals.entered += 1;
        totals.enteredBy[audience] = (totals.enteredBy[audience] ?? 0) + 1;
      } else {
        const enteredAt = enteredBefore(p, slot, id) ?? at;
        writer.operation(id, null);
        // A live change may lie ahead of the snapshot: an interval never ends before it began.
        const exit = compareInstants(at, enteredAt) < 0 ? enteredAt : at;
        stage.add(p.arena, key, length, audience, 'exit', enteredAt, exit);
        totals.exited += 1;
        totals.exitedBy[audience] = (totals.exitedBy[audience] ?? 0) + 1;
      }
    }
  }
}

/** Writes what a bucket's segments amount to as one segment: the state before this import, every pair with its time. */
export function mergeBucket(
  p: Partition,
  bucket: number,
  audiences: readonly ImportAudience[],
): Buffer | undefined {
  const writer = createSegmentWriter();
  for (let slot = 0; slot < p.slots; slot += 1) {
    if (bucketOfHash(p.slotHash[slot] ?? 0) !== bucket) continue;
    let begun = false;
    for (let word = 0; word < p.maskWords; word += 1) {
      let bits = p.before[slot * p.maskWords + word] ?? 0;
      while (bits !== 0) {
        const bit = 31 - Math.clz32(bits & -bits);
        bits &= bits - 1;
        const id = audiences[(word << 5) + bit]?.id ?? 0;
        const enteredAt = enteredBefore(p, slot, id);
        if (enteredAt === undefined) continue;
        if (!begun) writer.user(p.arena, p.slotKey[slot] ?? 0, p.slotLength[slot] ?? 0);
        begun = true;
        writer.operation(id, enteredAt);
      }
    }
  }
  return writer.finish();
}
