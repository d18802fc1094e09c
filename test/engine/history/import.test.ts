import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { undoBatch } from '../../../main/engine/batch/batch.ts';
import { dump, openWorkspace } from '../import-workspace.ts';

interface Sample {
  id: string;
  message: Record<string, unknown>;
}

const samples: Sample[] = JSON.parse(
  readFileSync(new URL('../../fixtures/conformance/messages.json', import.meta.url), 'utf8'),
);
const sampleLines = samples.map(({ message }) => JSON.stringify(message));

function open() {
  const workspace = openWorkspace();
  const page = async (filter: { userId?: string; audiences?: string[] } = {}) =>
    (
      await workspace.history.page(
        { audiences: [], ...filter, order: 'oldest', cursor: null, limit: 100 },
        workspace.call,
      )
    ).rows;
  return { ...workspace, page };
}

describe('an archive import', () => {
  it('takes every published variant of a message, with its own text', async () => {
    const { archiveText, page, history, call } = open();
    const result = await archiveText('archive.ndjson', sampleLines.join('\n'));
    expect(result).toMatchObject({
      rejected: 0,
      profiles: { read: 5, created: 0, duplicates: 0 },
      changes: { entered: 3, exited: 2, changed: 1 },
      // The last sample gives a known slug another id; the slug decides, its text keeps the id.
      audiencesCreated: ['demo_segment', 'another_segment', 'emailzz5', 'first_name_joe'],
    });
    const rows = await page();
    expect(rows.map(({ seq, batch, ...row }) => row)).toEqual([
      {
        user_id: 'user123',
        audience: 'demo_segment',
        event: 'exit',
        at: '2017-03-18T06:12:36.829070108Z',
        enter: '2017-03-02T06:12:36.829070108Z',
        exit: '2017-03-18T06:12:36.829070108Z',
        cause: 'archive',
      },
      {
        user_id: 'user123',
        audience: 'another_segment',
        event: 'enter',
        at: '2017-03-18T06:12:36.829070108Z',
        enter: '2017-03-02T06:12:36.829070108Z',
        exit: null,
        cause: 'archive',
      },
      {
        user_id: 'bethizzi@example.com',
        audience: 'emailzz5',
        event: 'enter',
        at: '2020-10-14T13:27:34.038154562-07:00',
        enter: '2020-10-14T13:27:33.916374949-07:00',
        exit: null,
        cause: 'archive',
      },
      {
        user_id: 'id:15761203643149024539',
        audience: 'first_name_joe',
        event: 'enter',
        at: '2023-05-25T23:10:04.651979584Z',
        enter: '2023-05-25T23:09:59.872199615Z',
        exit: null,
        cause: 'archive',
      },
      {
        user_id: 'id:15761203643149024539',
        audience: 'first_name_joe',
        event: 'exit',
        at: '2023-05-25T23:10:04.651979584Z',
        enter: null,
        exit: '2023-05-25T23:09:59.872199615Z',
        cause: 'archive',
      },
      {
        user_id: 'test@lytics.com',
        audience: 'first_name_joe',
        event: 'change',
        at: '2023-05-26T21:08:19.985560308Z',
        enter: null,
        exit: null,
        cause: 'archive',
      },
    ]);
    const bodies = await Promise.all(
      rows.map(async ({ seq }) => (await history.recorded({ seq }, call)).body),
    );
    expect(bodies).toEqual([0, 0, 1, 2, 3, 4].map((n) => sampleLines[n]));
  });

  it('adds nothing for a message that the history has already, and leaves profiles and memberships alone', async () => {
    const { archiveText, db, profile, call } = open();
    await archiveText('archive.json', JSON.stringify(samples.map(({ message }) => message)));
    const before = dump(db);
    const again = await archiveText('archive.ndjson', `${sampleLines[0]}\n${sampleLines[0]}\n`);
    expect(again).toMatchObject({ profiles: { read: 2, duplicates: 2 }, changes: { entered: 0, exited: 0 } });
    expect(dump(db)).toEqual(before);
    expect(await profile.count({}, call)).toEqual({ count: 0, versions: 0 });
  });

  it('rejects what is no trigger message, with line, column and reason', async () => {
    const { archiveText } = open();
    const event = '{"id":"a1","event":"enter","slug":"s","enter":"2020-01-01T00:00:00Z"}';
    const lines = [
      `{"data":{"user_id":"u1","segment_events":[${event}]},"meta":{}}`,
      '{"data":{"user_id":"u1"}',
      '{"meta":{}}',
      '{"data":{"user_id":"u1","segment_events":[]}}',
      `{"data":{"user_id":"u1","segment_events":[${event.replace('enter', 'gone')}]}}`,
      `{"data":{"user_id":"u1","segment_events":[${event}]},"meta":{"timestamp":"yesterday"}}`,
      `{"data":{"segment_events":[${event}]}}`,
    ];
    const result = await archiveText('archive.ndjson', lines.join('\n'));
    expect(result).toMatchObject({ rejected: 6, changes: { entered: 1 } });
    const rejects = readFileSync(result.rejectFile ?? '', 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(rejects.map(({ line, column, reason }) => [line, column, reason])).toEqual([
      [2, 25, 'Not valid JSON: expected "," or "}"'],
      [3, 1, 'The message has no object "data"'],
      [4, 42, '"segment_events" is empty'],
      [5, 43, 'A segment event is neither enter, exit nor change'],
      [6, expect.any(Number), '"timestamp" is not an RFC 3339 time'],
      [7, 9, '"data" has no key field "user_id", and the message no id'],
    ]);
  });

  it('is undone as a whole, and with strict not begun', async () => {
    const { archiveText, db, context } = open();
    const before = dump(db);
    await expect(archiveText('a.ndjson', `${sampleLines[0]}\nbad`, true)).rejects.toMatchObject({
      code: 'REJECTED_STRICT',
    });
    expect(dump(db)).toEqual(before);
    const { batch } = await archiveText('a.ndjson', sampleLines.join('\n'));
    await undoBatch(context.store.db, batch ?? 0);
    expect(dump(db)).toEqual(before);
  });

  it('of CSV is refused', async () => {
    const { archiveText } = open();
    await expect(archiveText('a.csv', 'user_id\nu1')).rejects.toMatchObject({ code: 'FILE_FORMAT' });
  });
});
