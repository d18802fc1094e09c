import type { OutputOf } from '../../preload/contract/call.ts';
import type { Contract } from '../../preload/contract/contract.ts';

type Bucket = OutputOf<Contract['history']['histogram']>['buckets'][number];

const LENGTH_MS = { hour: 3_600_000, day: 86_400_000 } as const;

/** How many hours or days lie from the first bucket to the last, both counted; 0 without a bucket. */
export function bucketSpan(buckets: readonly Bucket[], length: keyof typeof LENGTH_MS): number {
  const first = buckets[0];
  const last = buckets.at(-1);
  if (first === undefined || last === undefined) return 0;
  return Math.round((Date.parse(last.start) - Date.parse(first.start)) / LENGTH_MS[length]) + 1;
}

/** The buckets with the empty ones between them, which the store leaves out, so that bars keep their distance in time. */
export function fillBuckets(buckets: readonly Bucket[], length: keyof typeof LENGTH_MS): Bucket[] {
  const known = new Map(buckets.map((bucket) => [Date.parse(bucket.start), bucket]));
  const firstMs = Date.parse(buckets[0]?.start ?? '');
  return Array.from({ length: bucketSpan(buckets, length) }, (_, at) => {
    const ms = firstMs + at * LENGTH_MS[length];
    return known.get(ms) ?? { start: new Date(ms).toISOString(), enter: 0, exit: 0, change: 0 };
  });
}
