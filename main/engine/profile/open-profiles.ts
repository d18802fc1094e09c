import type { z } from 'zod';
import type { inputFormat } from '../../../preload/contract/profile.ts';
import { chooseFormat } from '../input/format.ts';
import type { Input } from '../input/input.ts';
import { type JsonRecord, openCsv, readJson, type Taker } from '../input/records.ts';
import type { OnReject } from '../input/reject.ts';
import { csvProfileWriter } from './record.ts';

/**
 * Opens a profile file of any format, a batch for each chunk: CSV as JSON texts, JSON as what `taker` makes of it.
 *
 * @throws FILE_FORMAT as {@link chooseFormat} and {@link openCsv}
 */
export async function openProfiles<T>(
  input: Input,
  { format, key }: { format?: z.infer<typeof inputFormat> | undefined; key: string },
  onReject: OnReject,
  taker: Taker<T>,
): Promise<() => AsyncGenerator<(T | JsonRecord)[], void, void>> {
  const chosen = await chooseFormat(input, format);
  if (chosen !== 'csv') return () => readJson(input, chosen, { onReject }, taker);
  const csv = await openCsv(input, { required: [key], onReject });
  const textOf = csvProfileWriter(csv.header);
  return async function* () {
    for await (const rows of csv.batches())
      yield rows.map(({ line, fields }) => ({ line, column: 1, text: textOf(fields) }));
  };
}
