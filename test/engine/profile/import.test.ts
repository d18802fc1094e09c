import { existsSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { undoBatch } from '../../../main/engine/batch/batch.ts';
import { requireInstant } from '../../../main/engine/core/instant.ts';
import { memberCounts, membershipsOf } from '../../../main/engine/membership/membership.ts';
import { dump, openWorkspace } from '../import-workspace.ts';

const T = (day: number) => `2026-03-${String(day).padStart(2, '0')}T00:00:00Z`;

function rejectsOf(file: string | null): { line: number; column: number; reason: string; excerpt: string }[] {
  if (file === null) return [];
  return readFileSync(file, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
}

describe('a profile import', () => {
  it('keeps each text byte for byte', async () => {
    const value = fc.jsonValue({ maxDepth: 3 });
    const profile = fc.dictionary(
      fc.oneof(fc.string(), fc.constantFrom('__proto__', 'constructor', 'é', 'a"b', 'user_id')),
      value,
      { maxKeys: 6 },
    );
    const number = fc.constantFrom('9007199254740993', '1.10', '-0.0', '1e400', '12345678901234567890123');
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(profile, number), { maxLength: 5 }), async (profiles) => {
        const { importText, profile: handlers, call, db } = openWorkspace();
        const texts = profiles.map(
          ([fields, exact], i) =>
            `{"exact" : ${exact},${JSON.stringify(fields).slice(1, -1)}${Object.keys(fields).length > 0 ? ',' : ''}"user_id":"u${i}"}`,
        );
        await importText('p.ndjson', texts.join('\n'));
        for (const [i, text] of texts.entries()) {
          const shown = await handlers.show({ userId: `u${i}` }, call);
          expect(shown.text).toBe(text);
        }
        expect(db.pragma('integrity_check', { simple: true })).toBe('ok');
        db.close();
      }),
      { numRuns: 15 },
    );
  });

  it('merges fields, or replaces, and leaves what is the same alone', async () => {
    const { importText, profile, call, db } = openWorkspace();
    const first = '{"user_id":"u1","n":9007199254740993,"a":1}\n{"user_id":"u2","a":1}\n';
    expect((await importText('p.ndjson', first)).profiles).toEqual({
      read: 2,
      created: 2,
      updated: 0,
      unchanged: 0,
      duplicates: 0,
    });
    const before = dump(db);
    expect((await importText('p.ndjson', first)).profiles).toMatchObject({
      created: 0,
      updated: 0,
      unchanged: 2,
    });
    expect(dump(db)).toEqual(before);
    await importText('q.ndjson', '{"user_id":"u1","a":2,"b":[1, 2]}');
    expect((await profile.show({ userId: 'u1' }, call)).text).toBe(
      '{"user_id":"u1","n":9007199254740993,"a":2,"b":[1, 2]}',
    );
    await importText('r.ndjson', '{"user_id":"u1","c":3}', { replace: true });
    expect(await profile.show({ userId: 'u1' }, call)).toMatchObject({
      text: '{"user_id":"u1","c":3}',
      versions: 2,
    });
  });

  it('rejects bad lines with line, column and reason, and takes the others', async () => {
    const { importText, dir } = openWorkspace();
    const result = await importText(
      'p.ndjson',
      [
        '{"user_id":"good"}',
        '{"user_id":"x", oops}',
        '[1]',
        '{"email":"a"}',
        '{"user_id":{"a":1}}',
        '{"user_id":""}',
        '{"user_id":"s","segments":7}',
        '{"user_id":"s","segments":["a",3]}',
        '{"user_id":"\\ud800"}',
        '',
        `{"user_id":"${'k'.repeat(2000)}"}`,
        '{"user_id":12345678901234567890}',
      ].join('\n'),
    );
    expect(result).toMatchObject({ rejected: 9, profiles: { read: 2, created: 2 } });
    expect(result.rejectFile).toBe(`${dir}/rejects/${result.batch}.ndjson`);
    expect(rejectsOf(result.rejectFile).map(({ line, column, reason }) => [line, column, reason])).toEqual([
      [2, 17, 'Not valid JSON: expected a key'],
      [3, 1, 'Not valid JSON: expected "{"'],
      [4, 1, 'The key field "user_id" is missing'],
      [5, 12, 'The key field "user_id" is neither a text nor a number'],
      [6, 12, 'The key field "user_id" is empty'],
      [
        7,
        27,
        '"segments" is neither a list nor a map; expected a list of audience slugs or a map from slug to true',
      ],
      [
        8,
        32,
        '"segments" holds an element that is no text; expected a list of audience slugs or a map from slug to true',
      ],
      [9, 12, 'The key field "user_id" holds half a character or a NUL'],
      [11, 12, 'The key field "user_id" is longer than 1024 characters'],
    ]);
  });

  it('takes a number as the key as it is written', async () => {
    const { importText, profile, call } = openWorkspace();
    await importText('p.json', '[{"user_id":12345678901234567890},\n {"user_id":1.50}]');
    expect((await profile.show({ userId: '12345678901234567890' }, call)).text).toBe(
      '{"user_id":12345678901234567890}',
    );
    expect(
      (await profile.list({ prefix: '', cursor: null, limit: 10 }, call)).rows.map((row) => row.userId),
    ).toEqual(['12345678901234567890', '1.50'].sort());
  });

  it('with strict takes nothing when one line is bad, yet reports every bad line', async () => {
    const { importText, db } = openWorkspace();
    await importText('p.ndjson', '{"user_id":"u1","a":1}');
    const before = dump(db);
    const lines = Array.from({ length: 3000 }, (_, i) =>
      i % 1000 === 999 ? 'bad' : `{"user_id":"u${i}","a":2}`,
    );
    const failed = importText('q.ndjson', lines.join('\n'), { strict: true });
    await expect(failed).rejects.toMatchObject({ code: 'REJECTED_STRICT', detail: { rejected: 3 } });
    expect(dump(db)).toEqual(before);
    const { detail } = await failed.catch((error) => error);
    expect(rejectsOf(detail.rejectFile).map(({ line }) => line)).toEqual([1000, 2000, 3000]);
  });

  it('records of a user who stands in the file more than once only what the lines come to', async () => {
    const { importText, history, call, db, context } = openWorkspace();
    await importText('p.ndjson', '{"user_id":"u1","segments":["old","kept"]}', { at: T(1) });
    const before = dump(db);
    const lines = [
      '{"user_id":"u1","segments":["old","a"]}',
      '{"user_id":"u2","segments":["a"]}',
      '{"user_id":"u1","segments":["b"]}',
      '{"user_id":"u1","segments":["kept","c"]}',
      '{"user_id":"u2","segments":[]}',
    ];
    const result = await importText('q.ndjson', lines.join('\n'), { at: T(2) });
    expect(result.profiles).toMatchObject({ read: 5, duplicates: 3 });
    expect(result.changes).toEqual({ entered: 1, exited: 1, changed: 0 });
    const { rows } = await history.page(
      { from: T(2), audiences: [], order: 'oldest', cursor: null, limit: 100 },
      call,
    );
    expect(rows.map(({ user_id, audience, event, enter }) => ({ user_id, audience, event, enter }))).toEqual([
      { user_id: 'u1', audience: 'old', event: 'exit', enter: T(1) },
      { user_id: 'u1', audience: 'c', event: 'enter', enter: T(2) },
    ]);
    expect(membershipsOf(db, 'u1')).toMatchObject([
      { enteredAt: requireInstant(T(1), 'at') },
      { enteredAt: requireInstant(T(2), 'at') },
    ]);
    expect(membershipsOf(db, 'u2')).toEqual([]);
    expect([...memberCounts(db).values()].reduce((sum, n) => sum + n, 0)).toBe(2);
    await undoBatch(context.store.db, result.batch ?? 0);
    expect(dump(db)).toEqual(before);
    expect(membershipsOf(db, 'u1')).toMatchObject([
      { enteredAt: requireInstant(T(1), 'at') },
      { enteredAt: requireInstant(T(1), 'at') },
    ]);
  });

  it('does so for audiences with a rule too', async () => {
    const { importText, audience, file, call, db } = openWorkspace();
    await audience.import({ path: file('a.json', '[{"slug":"many","filter":"FILTER n > 1"}]') }, call);
    const lines =
      '{"user_id":"u1","n":2}\n{"user_id":"u2","n":0}\n{"user_id":"u1","n":0}\n{"user_id":"u2","n":2}';
    const result = await importText('p.ndjson', lines, { at: T(1) });
    expect(result.changes).toEqual({ entered: 1, exited: 0, changed: 0 });
    expect(membershipsOf(db, 'u1')).toEqual([]);
    expect(membershipsOf(db, 'u2')).toHaveLength(1);
  });

  it('reports rejects in the order of the file, whatever shows first', async () => {
    const { importText } = openWorkspace();
    const csv = 'user_id,n\n,1\nu1\n,2\nu2\nu3,3\n,4\nu4\n';
    const { firstRejects, rejectFile } = await importText('p.csv', csv);
    expect(rejectsOf(rejectFile).map(({ line }) => line)).toEqual([2, 3, 4, 5, 7, 8]);
    expect(firstRejects.map(({ line }) => line)).toEqual([2, 3, 4, 5, 7]);
    const strict = importText('q.csv', csv, { strict: true });
    await expect(strict).rejects.toMatchObject({ message: expect.stringContaining('The first is line 2, ') });
  });

  it('says where an audience name stands that cannot be one', async () => {
    const { importText } = openWorkspace();
    const first = '{"user_id":"u1","segments":["vip",""]}';
    const second = '{"user_id":"u2","segments":{"vip":true," x":true}}';
    const { rejectFile } = await importText('p.ndjson', `${first}\n${second}`);
    expect(rejectsOf(rejectFile)).toMatchObject([
      { line: 1, column: first.indexOf('""]') + 1 },
      { line: 2, column: second.indexOf('" x"') + 1 },
    ]);
  });

  it('counts a user who stands in the file twice, and the last one wins', async () => {
    const { importText, profile, call, db } = openWorkspace();
    await importText('p.ndjson', '{"user_id":"u1","a":0}');
    const result = await importText(
      'q.ndjson',
      '{"user_id":"u1","a":1}\n{"user_id":"u2"}\n{"user_id":"u1","a":2,"b":1}\n{"user_id":"u2"}\n',
    );
    expect(result.profiles).toEqual({ read: 4, created: 1, updated: 1, unchanged: 0, duplicates: 2 });
    expect(await profile.show({ userId: 'u1' }, call)).toMatchObject({
      text: '{"user_id":"u1","a":2,"b":1}',
      versions: 1,
    });
    expect(db.prepare('SELECT body FROM profile_version').pluck().all()).toEqual(['{"user_id":"u1","a":0}']);
  });

  it('reads CSV as texts, leaves empty cells out, and keeps numbers as they are written', async () => {
    const { importText, profile, call } = openWorkspace();
    await importText('p.csv', 'user_id;name;score;segments\r\nu1;"Ann ""A""";007;vip|new\r\nu2;;;\r\n');
    expect(await profile.show({ userId: 'u1' }, call)).toMatchObject({
      text: '{"user_id":"u1","name":"Ann \\"A\\"","score":"007","segments":["vip","new"]}',
      memberships: [{ audience: 'vip' }, { audience: 'new' }],
    });
    expect((await profile.show({ userId: 'u2' }, call)).text).toBe('{"user_id":"u2"}');
  });

  it('of CSV without a header with the key says what it expected and found', async () => {
    const { importText, db } = openWorkspace();
    await expect(importText('p.csv', 'u1,a@example.com\n')).rejects.toMatchObject({
      code: 'FILE_FORMAT',
      detail: { expected: ['user_id'], found: ['u1', 'a@example.com'] },
    });
    expect(db.prepare('SELECT count(*) FROM batch').pluck().get()).toBe(0);
  });

  it('sets memberships from segments, of imported audiences only', async () => {
    const { importText, profile, audience, call, file } = openWorkspace();
    await audience.import(
      {
        path: file(
          'a.json',
          '[{"slug":"rule/one","filter":"FILTER EXISTS email"},{"slug":"known","name":"Known"}]',
        ),
      },
      call,
    );
    const first = await importText('p.ndjson', '{"user_id":"u1","segments":["known","new/x","rule/one"]}');
    expect(first).toMatchObject({ changes: { entered: 2, exited: 0 }, audiencesCreated: ['new/x'] });
    const second = await importText(
      'q.ndjson',
      '{"user_id":"u1","segments_all":{"new/x":true,"known":false}}',
    );
    expect(second).toMatchObject({ changes: { entered: 0, exited: 1 }, audiencesCreated: [] });
    const shown = await profile.show({ userId: 'u1' }, call);
    expect(shown.memberships.map((membership) => membership.audience)).toEqual(['new/x']);
    expect((await importText('r.ndjson', '{"user_id":"u1","x":1}')).changes).toMatchObject({
      entered: 0,
      exited: 0,
    });
  });

  it('that names more audiences than a workspace can hold is refused at the first of them, and keeps nothing', async () => {
    const { importText, db } = openWorkspace();
    db.prepare("INSERT INTO audience (id, hex_id, slug, name) VALUES (65535, 'last', 'last', 'Last')").run();
    await expect(importText('p.ndjson', '{"user_id":"u1","segments":["last","more"]}')).rejects.toMatchObject(
      {
        code: 'LIMIT_EXCEEDED',
      },
    );
    expect(db.prepare('SELECT count(*) FROM profile').pluck().get()).toBe(0);
  });

  it('records a change of a watched field for the audiences that the user is in', async () => {
    const { importText, history, call, db } = openWorkspace();
    db.prepare('INSERT INTO workflow VALUES (?, ?, 0)').run(
      'w',
      JSON.stringify({ audiences: ['vip', 'other'], changeFields: ['city'] }),
    );
    const at = (day: number) => ({ at: T(day) });
    await importText(
      'p.ndjson',
      '{"user_id":"u1","city":"Bonn","segments":["vip"]}\n{"user_id":"u2","city":"A"}',
      at(1),
    );
    expect((await importText('q.ndjson', '{"user_id":"u1","name":"x"}', at(2))).changes.changed).toBe(0);
    expect(
      (await importText('r.ndjson', '{"user_id":"u1","city":"Graz"}\n{"user_id":"u2","city":"B"}', at(3)))
        .changes,
    ).toEqual({ entered: 0, exited: 0, changed: 1 });
    const page = await history.page({ audiences: [], order: 'newest', cursor: null, limit: 1 }, call);
    expect(page.rows).toMatchObject([
      {
        user_id: 'u1',
        audience: 'vip',
        event: 'change',
        at: T(3),
        enter: T(1),
        exit: null,
        cause: 'profile',
      },
    ]);
  });

  it('is refused for a profile that is known as of a later instant', async () => {
    const { importText } = openWorkspace();
    await importText('p.ndjson', '{"user_id":"u1","a":2}', { at: T(5) });
    const result = await importText('q.ndjson', '{"user_id":"u1","a":1}\n{"user_id":"u2"}', { at: T(4) });
    expect(result).toMatchObject({ rejected: 1, profiles: { read: 1, created: 1, updated: 0 } });
    expect(rejectsOf(result.rejectFile)).toMatchObject([
      { line: 1, reason: expect.stringContaining('later') },
    ]);
  });

  it('leaves the store as it was when it is cancelled, when it is cut off, and when it is undone', async () => {
    const { importText, profile, file, db, context } = openWorkspace();
    await importText('p.ndjson', '{"user_id":"u1","a":1,"segments":["vip"]}\n{"user_id":"u2","a":1}');
    const before = dump(db);
    const lines = Array.from({ length: 2500 }, (_, i) => `{"user_id":"u${i}","a":2,"segments":["new"]}`).join(
      '\n',
    );

    // The second report comes when everything is written.
    for (const report of [1, 2]) {
      const controller = new AbortController();
      let reports = 0;
      const progress = () => {
        reports += 1;
        if (reports === report) controller.abort();
      };
      const cancelled = profile.import(
        { path: file('q.ndjson', lines), replace: false, strict: false },
        { signal: controller.signal, progress },
      );
      await expect(cancelled).rejects.toMatchObject({ code: 'CANCELLED' });
      expect(dump(db)).toEqual(before);
    }

    const truncated = importText('r.json', `[${lines.replaceAll('\n', ',\n')}`);
    await expect(truncated).rejects.toMatchObject({ code: 'FILE_FORMAT' });
    expect(dump(db)).toEqual(before);

    const { batch } = await importText('s.ndjson', lines);
    expect(dump(db)).not.toEqual(before);
    await undoBatch(context.store.db, batch ?? 0);
    expect(dump(db)).toEqual(before);
    expect(existsSync(`${context.store.dir}/rejects`)).toBe(false);
  });

  it('meets a full disk with a clear error and a consistent store', async () => {
    const { importText, db } = openWorkspace();
    await importText('p.ndjson', '{"user_id":"u1","a":1}');
    const before = dump(db);
    db.pragma(`max_page_count = ${Number(db.pragma('page_count', { simple: true })) + 5}`);
    const lines = Array.from({ length: 200 }, (_, i) => `{"user_id":"u${i}","pad":"${'x'.repeat(500)}"}`);
    await expect(importText('q.ndjson', lines.join('\n'))).rejects.toMatchObject({ code: 'DISK_FULL' });
    expect(dump(db)).toEqual(before);
    expect(db.pragma('integrity_check', { simple: true })).toBe('ok');
  });

  it('tells new users from known and repeated ones that stand among many', async () => {
    const { importText, profile, call } = openWorkspace();
    await importText('p.ndjson', '{"user_id":"u20","a":0}\n{"user_id":"u40","a":0}');
    const users = [...Array.from({ length: 64 }, (_, i) => i), 3, 20, 63];
    const lines = users.map((user, i) => `{"user_id":"u${user}","a":${i}}`);
    // A repeated user within the first rows, behind which the others follow.
    lines.splice(6, 0, '{"user_id":"u5","a":"again"}');
    const { profiles } = await importText('q.ndjson', lines.join('\n'));
    expect(profiles).toEqual({ read: 68, created: 62, updated: 2, unchanged: 0, duplicates: 4 });
    expect(await profile.count({}, call)).toMatchObject({ count: 64 });
    const textOf = async (userId: string) => (await profile.show({ userId }, call)).text;
    expect(await textOf('u5')).toBe('{"user_id":"u5","a":"again"}');
    expect(await textOf('u20')).toBe('{"user_id":"u20","a":65}');
    expect(await textOf('u31')).toBe('{"user_id":"u31","a":31}');
    expect(await textOf('u63')).toBe('{"user_id":"u63","a":66}');
  });

  it('names the first key field that is given as the workspace’s', async () => {
    const { importText, profile, call } = openWorkspace();
    await importText('p.ndjson', '{"uid":"u1"}', { key: 'uid' });
    await importText('q.ndjson', '{"uid":"u2"}');
    expect(await profile.count({}, call)).toEqual({ count: 2, versions: 0 });
  });
});
