import { compareInstants, type Instant } from '../core/instant.ts';
import { bucketOfHash } from '../membership/key.ts';
import { createSegmentWriter, type SegmentWriter } from '../membership/segment.ts';
import type { ImportAudience } from './audiences.ts';
import type { ChangeStage } from './change-stage.ts';
import {
  changedSlots,
  enteredAfter,
  enteredBefore,
  maskAfter,
  maskBefore,
  type Partition,
  type Slot,
  slotsOf,
} from './partition.ts';

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
  for (const slot of changedSlots(partition, comparison.partial)) {
    totals.usersChanged += 1;
    const bucket = bucketOfHash(slot.hash);
    let writer = writers.get(bucket);
    if (writer === undefined) {
      writer = createSegmentWriter();
      writers.set(bucket, writer);
    }
    changeUser(partition, slot, comparison, { stage, totals, writer });
  }
  totals.users += partition.kernel.users.value;
  totals.duplicates += partition.kernel.duplicates.value;
  const segments = new Map<number, Buffer>();
  for (const [bucket, writer] of writers) {
    const body = writer.finish();
    if (body !== undefined) segments.set(bucket, body);
  }
  return segments;
}

function changeUser(
  p: Partition,
  slot: Slot,
  { audiences, at, comparable }: Comparison,
  { stage, totals, writer }: { stage: ChangeStage; totals: ComparisonTotals; writer: SegmentWriter },
): void {
  const { key, length } = slot;
  writer.user(p.words, key, length);
  for (let word = 0; word < p.maskWords; word += 1) {
    const old = maskBefore(p, slot, word);
    let bits = (old ^ maskAfter(p, slot, word)) & (comparable[word] ?? 0);
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
        stage.add(p.words, key, length, audience, 'enter', enteredAt, at);
        totals.entered += 1;
        totals.enteredBy[audience] = (totals.enteredBy[audience] ?? 0) + 1;
      } else {
        const enteredAt = enteredBefore(p, slot, id) ?? at;
        writer.operation(id, null);
        // A live change may lie ahead of the snapshot: an interval never ends before it began.
        const exit = compareInstants(at, enteredAt) < 0 ? enteredAt : at;
        stage.add(p.words, key, length, audience, 'exit', enteredAt, exit);
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
  for (const slot of slotsOf(p)) {
    if (bucketOfHash(slot.hash) !== bucket) continue;
    let begun = false;
    for (let word = 0; word < p.maskWords; word += 1) {
      let bits = maskBefore(p, slot, word);
      while (bits !== 0) {
        const bit = 31 - Math.clz32(bits & -bits);
        bits &= bits - 1;
        const id = audiences[(word << 5) + bit]?.id ?? 0;
        const enteredAt = enteredBefore(p, slot, id);
        if (enteredAt === undefined) continue;
        if (!begun) writer.user(p.words, slot.key, slot.length);
        begun = true;
        writer.operation(id, enteredAt);
      }
    }
  }
  return writer.finish();
}
