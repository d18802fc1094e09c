import { hashKey } from '../membership/key.ts';

/** An audience's name as it stands in the file. */
interface Interned {
  readonly hash: number;
  readonly bytes: Buffer;
  readonly view: DataView;
  readonly number: number;
}

/** Names that are found with one look. */
const CACHED_NAMES = 1024;

/**
 * Finds an audience's number by the bytes of its name without making a string of them.
 *
 * @param resolve the number of a name, or why it has none
 */
export function createInterning(
  resolve: (ref: string) => number | string,
): (bytes: Buffer, view: DataView, start: number, end: number) => number | string {
  const known = new Map<string, Interned>();
  const cache: (Interned | undefined)[] = Array.from({ length: CACHED_NAMES }, () => undefined);
  return (bytes, view, start, end) => {
    const hash = hashKey(view, start, end - start);
    const cached = cache[hash & (CACHED_NAMES - 1)];
    if (cached !== undefined && cached.hash === hash && sameBytes(cached, view, start, end - start))
      return cached.number;
    const text = bytes.toString('utf8', start, end);
    let found = known.get(text);
    if (found === undefined) {
      const number = resolve(text);
      if (typeof number === 'string') return number;
      const own = Buffer.from(text);
      found = { hash, bytes: own, view: new DataView(own.buffer, own.byteOffset, own.length), number };
      known.set(text, found);
    }
    cache[hash & (CACHED_NAMES - 1)] = found;
    return found.number;
  };
}

function sameBytes({ bytes, view: own }: Interned, view: DataView, start: number, length: number): boolean {
  if (bytes.length !== length) return false;
  let i = 0;
  for (; i + 4 <= length; i += 4) if (own.getInt32(i, true) !== view.getInt32(start + i, true)) return false;
  for (; i < length; i += 1) if (own.getUint8(i) !== view.getUint8(start + i)) return false;
  return true;
}
