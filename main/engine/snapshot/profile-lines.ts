import { createInterning } from '../input/interning.ts';
import { createProfileBytes } from '../input/profile-bytes.ts';
import type { ImportAudiences } from './audiences.ts';
import type { RowSink } from './sink.ts';

/**
 * Takes profiles with `segments` from the bytes of their lines, without making a text, see {@link createProfileBytes}. The lines
 * that it leaves alone (also those that name no audiences, or one twice) are the general reader's.
 *
 * @returns whether the line was taken
 */
export function createProfileLines(
  keyField: string,
  { sink, audiences }: { sink: Pick<RowSink, 'profileBytes'>; audiences: ImportAudiences },
): (bytes: Buffer, start: number, end: number) => boolean {
  const read = createProfileBytes(keyField);
  const intern = createInterning(audiences.resolve);

  /** The numbers of the names, once the line is known to be good: a bad one creates no audience. */
  function numbersOf(bytes: Buffer, view: DataView, names: readonly number[]): number[] | undefined {
    const numbers: number[] = [];
    for (let i = 0; i < names.length; i += 2) {
      const number = intern(bytes, view, names[i] as number, names[i + 1] as number);
      if (typeof number === 'string' || numbers.includes(number)) return undefined;
      numbers.push(number);
    }
    return numbers;
  }

  return (bytes, start, end) => {
    const span = read(bytes, start, end);
    if (span?.names === undefined) return false;
    const { view, keyStart, keyEnd } = span;
    const numbers = numbersOf(span.bytes, view, span.names);
    if (numbers === undefined) return false;
    sink.profileBytes(span.bytes, keyStart, keyEnd, numbers);
    return true;
  };
}
