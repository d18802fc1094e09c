import { createProfileReader } from '../input/profile-reader.ts';
import { type JsonRecord, jsonRecord, type Taker } from '../input/records.ts';
import type { ImportAudiences } from './audiences.ts';
import type { RowSink } from './sink.ts';

/**
 * Takes profiles with `segments` from the bytes of their lines into a sink, without making a text, see {@link createProfileReader}.
 * What it leaves alone (also a profile that names no audiences) it gives as text, for the general reader.
 */
export function createProfileLines(
  keyField: string,
  { sink, audiences }: { sink: Pick<RowSink, 'profileBytes'>; audiences: ImportAudiences },
): Taker<JsonRecord | 'taken'> {
  return createProfileReader<JsonRecord | 'taken'>(keyField, {
    keeps: false,
    hashed: false,
    numberOf: audiences.resolve,
    take({ bytes, keyStart, keyEnd, numbers }) {
      if (numbers === undefined) return undefined;
      sink.profileBytes(bytes, keyStart, keyEnd, numbers);
      return 'taken';
    },
    leave: jsonRecord,
  });
}
