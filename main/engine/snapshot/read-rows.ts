import { chooseFormat, type InputFormat } from '../input/format.ts';
import type { Input } from '../input/input.ts';
import { createRecordLines, type JsonRecord, jsonTexts, scanned } from '../input/records.ts';
import type { OnReject } from '../input/reject.ts';
import { SEGMENT_FIELDS } from '../input/segments.ts';
import { findMember, type ObjectText, scanObject, unquote, valueKind } from '../message/json-text.ts';
import { openProfiles } from '../profile/open-profiles.ts';
import { EXCERPT_CHARS, readProfileRecord } from '../profile/record.ts';
import type { ImportAudiences } from './audiences.ts';
import { createSnapshotCsv, snapshotColumns } from './csv-rows.ts';
import { createProfileLines } from './profile-lines.ts';
import { ENTERED_NAMES, SEGMENT_NAMES } from './row-names.ts';
import type { RowSink } from './sink.ts';

/**
 * Reads a membership export into a sink. Membership rows are CSV with a header (the key field, an audience column and
 * perhaps an enter time, in any order among others) or JSON objects with these keys; anything else is profiles, of which
 * each needs `segments` or `segments_all`.
 *
 * @param onChunk called between pieces of the file; what it throws ends the reading
 * @throws FILE_FORMAT as the readers of each format
 */
export async function readRows(
  input: Input,
  { format, key }: { format: InputFormat | undefined; key: string },
  target: { sink: RowSink; audiences: ImportAudiences; onReject: OnReject; onChunk: () => void },
): Promise<void> {
  const { onReject, onChunk } = target;
  const chosen = await chooseFormat(input, format);
  const columns = chosen === 'csv' ? snapshotColumns(input.name, await input.head(), key) : undefined;
  if (columns !== undefined) {
    for await (const _ of scanned(input, await createSnapshotCsv(input, columns, target))) onChunk();
    return;
  }
  if (chosen === 'ndjson') {
    const scanner = createRecordLines(createProfileLines(key, target), {
      onReject,
      add: (record) => {
        if (record !== undefined && record !== 'taken') takeJson(record, key, target);
      },
    });
    for await (const _ of scanned(input, scanner)) onChunk();
    return;
  }
  const records = await openProfiles(input, { format: chosen, key }, onReject, jsonTexts);
  for await (const batch of records()) {
    for (const record of batch) takeJson(record, key, target);
    onChunk();
  }
}

function takeJson(
  record: JsonRecord,
  key: string,
  { sink, onReject }: { sink: RowSink; onReject: OnReject },
): void {
  const profile = readProfileRecord(record, key);
  if ('reason' in profile) {
    onReject(profile);
    return;
  }
  const { userId, audiences, text } = profile;
  const reason = audiences === undefined ? takePair(userId, text, sink) : sink.profile(userId, audiences);
  if (reason !== undefined) {
    const { line, column } = record;
    onReject({ line, column, reason, excerpt: text.slice(0, EXCERPT_CHARS) });
  }
}

function takePair(userId: string, text: string, sink: RowSink): string | undefined {
  const object = scanObject(text);
  const audience = textOf(object, SEGMENT_NAMES);
  if (audience === undefined)
    return `The line names no audience: expected "${SEGMENT_NAMES[0]}", or a profile with "${SEGMENT_FIELDS.join('" or "')}"`;
  return sink.pairText(userId, audience, textOf(object, ENTERED_NAMES) ?? '')?.reason;
}

/** The text of the first of these members that the object has; null and missing are undefined. */
function textOf(object: ObjectText, names: readonly string[]): string | undefined {
  for (const name of names) {
    const member = findMember(object, name);
    if (member === undefined) continue;
    const value = object.text.slice(member.valueStart, member.valueEnd);
    const kind = valueKind(value);
    if (kind !== 'null') return kind === 'string' ? unquote(value) : value;
  }
  return undefined;
}
