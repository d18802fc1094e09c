import { isUtf8 } from 'node:buffer';

/** Offset of the first byte that is not valid UTF-8 in `bytes[start..end)`, -1 when all of it is valid. */
export function firstInvalidUtf8(bytes: Buffer, start: number, end: number): number {
  if (isUtf8(bytes.subarray(start, end))) return -1;
  let i = start;
  while (i < end) {
    const length = sequenceLength(bytes[i] ?? 0);
    if (i + length > end || !isUtf8(bytes.subarray(i, i + length))) return i;
    i += length;
  }
  return -1;
}

function sequenceLength(first: number): number {
  if (first < 0xc0) return 1;
  if (first < 0xe0) return 2;
  return first < 0xf0 ? 3 : 4;
}
