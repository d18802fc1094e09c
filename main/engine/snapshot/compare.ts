import { compareInstants, type Instant } from '../core/instant.ts';
import type { PackWriter } from '../history/pack.ts';
import { bucketOfHash } from '../membership/key.ts';
import { createSegmentWriter, type SegmentWriter } from '../membership/segment.ts';
import type { ImportAudience } from './audiences.ts';
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

/** Where the changes of an import go: those at its own instant, those that are later, and what they do to the memberships. */
export interface ChangeWriters {
  readonly packs: PackWriter;
  readonly late: PackWriter;
  readonly segment: SegmentWriter;
}

/**
 * Finds who entered and who left in an indexed partition, bucket by bucket. Writes each change and gives, per bucket, the
 * segment that brings the store to the file's state.
 */
export function comparePartition(
  partition: Partition,
  comparison: Comparison,
  writers: ChangeWriters,
  totals: ComparisonTotals,
): Map<number, Buffer> {
  const segments = new Map<number, Buffer>();
  const targets = { ...writers, totals };
  let bucket = -1;
  const finishBucket = () => {
    const body = writers.segment.finish();
    if (body !== undefined) segments.set(bucket, body);
  };
  for (const slot of changedSlots(partition, comparison.partial)) {
    const own = bucketOfHash(slot.hash);
    if (own !== bucket) finishBucket();
    bucket = own;
    totals.usersChanged += 1;
    changeUser(partition, slot, comparison, targets);
  }
  finishBucket();
  totals.users += partition.kernel.users.value;
  totals.duplicates += partition.kernel.duplicates.value;
  return segments;
}

function changeUser(
  p: Partition,
  slot: Slot,
  { audiences, at, comparable }: Comparison,
  { packs, late, totals, segment }: ChangeWriters & { totals: ComparisonTotals },
): void {
  const { key, length, hash } = slot;
  segment.user(p.words, key, length);
  packs.user(p.words, key, length, hash);
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
        segment.operation(id, enteredAt);
        // The change is at the snapshot's instant, when it became known; the enter time rides in the message. A user who
        // is exported late would otherwise fall before the window of a replay "since yesterday" and be missed.
        packs.change(id, 'enter', enteredAt);
        totals.entered += 1;
        totals.enteredBy[audience] = (totals.enteredBy[audience] ?? 0) + 1;
      } else {
        const enteredAt = enteredBefore(p, slot, id) ?? at;
        segment.operation(id, null);
        // A live change may lie ahead of the snapshot: an interval never ends before it began.
        if (compareInstants(at, enteredAt) < 0) {
          late.user(p.words, key, length, hash);
          late.change(id, 'exit', enteredAt);
        } else packs.change(id, 'exit', enteredAt);
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
