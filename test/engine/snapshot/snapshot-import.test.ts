import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { hiddenChanges } from '../../../main/engine/batch/batch.ts';
import { hashOf } from '../../../main/engine/membership/key.ts';
import { memberCounts } from '../../../main/engine/membership/membership.ts';
import {
  day,
  dayText,
  historyLines,
  membershipDays,
  openTestWorkspace,
  runSnapshot,
  type TestWorkspace,
} from './workspace.ts';

let workspace: TestWorkspace;
beforeEach(() => {
  workspace = openTestWorkspace();
});
afterEach(() => workspace.remove());

const csv = (...lines: string[]) => `user_id,segment\n${lines.join('\n')}\n`;

describe('a full snapshot', () => {
  it('makes absent pairs leave, with enter and exit times', async () => {
    await workspace.snapshot(workspace.file('a.csv', csv('ann,vip', 'ann,new', 'bob,vip')), 10);
    const out = join(workspace.dir, 'out.ndjson');
    const result = await workspace.snapshot(workspace.file('b.csv', csv('ann,vip', 'cid,vip')), 20, { out });
    expect(result).toMatchObject({
      dryRun: false,
      profiles: { read: 2, duplicates: 0 },
      changes: { entered: 1, exited: 2, changed: 0 },
      audiencesCreated: [],
      rejected: 0,
      rejectFile: null,
    });
    expect(historyLines(workspace.store.db)).toEqual([
      'ann new enter at=10 enter=10 exit=-',
      'ann new exit at=20 enter=10 exit=20',
      'ann vip enter at=10 enter=10 exit=-',
      'bob vip enter at=10 enter=10 exit=-',
      'bob vip exit at=20 enter=10 exit=20',
      'cid vip enter at=20 enter=20 exit=-',
    ]);
    const lines = readFileSync(out, 'utf8').trim().split('\n');
    expect(lines.map((line): unknown => JSON.parse(line))).toEqual(
      expect.arrayContaining([
        {
          user_id: 'ann',
          audience: 'new',
          event: 'exit',
          at: dayText(20),
          enter: dayText(10),
          exit: dayText(20),
        },
        { user_id: 'cid', audience: 'vip', event: 'enter', at: dayText(20), enter: dayText(20), exit: null },
      ]),
    );
    expect(lines.length).toBe(3);
  });

  it('given again, at the same time or later, changes nothing', async () => {
    const path = workspace.file('a.csv', csv('ann,vip', 'bob,vip', 'bob,new'));
    await workspace.snapshot(path, 10);
    for (const at of [10, 11]) {
      const { changes } = await workspace.snapshot(path, at);
      expect(changes).toEqual({ entered: 0, exited: 0, changed: 0 });
    }
    expect(historyLines(workspace.store.db).length).toBe(3);
  });

  it('of an earlier time than the last is refused, naming both times', async () => {
    const path = workspace.file('a.csv', csv('ann,vip'));
    await workspace.snapshot(path, 10);
    await expect(workspace.snapshot(path, 9)).rejects.toMatchObject({
      code: 'SNAPSHOT_OUT_OF_ORDER',
      detail: { at: dayText(9), lastAt: dayText(10) },
    });
  });

  it('leaves audiences with a rule alone and rejects rows that name one', async () => {
    const { db } = workspace.store;
    db.prepare(
      `INSERT INTO audience (hex_id, slug, name, filter) VALUES ('r', 'ruled', 'Ruled', 'x > 1')`,
    ).run();
    const result = await workspace.snapshot(workspace.file('a.csv', csv('ann,ruled', 'ann,vip')), 10);
    expect(result).toMatchObject({ rejected: 1, changes: { entered: 1 } });
    const report = readFileSync(result.rejectFile ?? '', 'utf8');
    expect(JSON.parse(report)).toMatchObject({
      line: 2,
      reason: expect.stringContaining('"ruled" has a rule'),
    });
  });

  it('finds an audience by its 32 hex digit id or its slug, and creates unknown ones once', async () => {
    const id = 'd3d8f15855b6b067709577342fe72db9';
    const { db } = workspace.store;
    db.prepare(`INSERT INTO audience (hex_id, slug, name) VALUES (?, 'demo', 'Demo')`).run(id);
    const result = await workspace.snapshot(
      workspace.file('a.csv', csv(`ann,${id}`, 'ann,demo', 'bob,fresh', 'cid,fresh')),
      10,
    );
    expect(result).toMatchObject({ audiencesCreated: ['fresh'], profiles: { duplicates: 1 } });
    expect(membershipDays(db, 'ann')).toEqual({ demo: 10 });
    expect([...memberCounts(db).values()]).toEqual([1, 2]);
  });
});

describe('rows', () => {
  it('keep the enter time of the last row of a pair, to the nanosecond', async () => {
    const time = '1970-01-03T06:12:36.829070108+02:00';
    const text = `entered_at,segment,x,user_id\n${dayText(1)},vip,,ann\n${time},vip,,ann\n`;
    const { profiles } = await workspace.snapshot(workspace.file('a.csv', text), 10);
    expect(profiles.duplicates).toBe(1);
    const row = workspace.store.db.prepare('SELECT at_ms, at_code, enter_ms, enter_code FROM change').get();
    // The change is the snapshot's; the enter time is the row's: 9 decimals, zone +120 minutes.
    expect(row).toEqual({
      at_ms: day(10).ms,
      at_code: day(10).code,
      enter_ms: Date.parse('1970-01-03T04:12:36.829Z'),
      enter_code: 70108 * 65536 + 9 * 4096 + 1440 + 120,
    });
  });

  it.each([
    ['an enter time behind the snapshot', `ann,vip,${dayText(11)}`, 'later than the snapshot'],
    ['an enter time that is none', 'ann,vip,yesterday', 'is not a time'],
    ['no user', ',vip,', 'user is empty'],
    ['no audience', 'ann,,', 'audience is empty'],
    ['too few columns', 'ann,vip', '2 columns, the header has 3'],
    ['a user beyond the limit', `${'ü'.repeat(1025)},vip,`, 'longer than 1024 characters'],
    ['an audience beyond the limit', `ann,${'x'.repeat(257)},`, 'longer than 256 characters'],
    ['a NUL byte', 'a\0nn,vip,', 'NUL'],
    ['an open quote', '"ann,vip,', 'never closed'],
  ])('with %s are rejected with line and reason, and the rest is taken', async (_what, bad, reason) => {
    const path = workspace.file('a.csv', `user_id,segment,entered_at\nbob,vip,\n${bad}\ncid,vip,\n`);
    const result = await workspace.snapshot(path, 10);
    expect(result).toMatchObject({ rejected: 1, changes: { entered: 2 } });
    const report: unknown = JSON.parse(readFileSync(result.rejectFile ?? '', 'utf8'));
    expect(report).toMatchObject({ line: 3, reason: expect.stringContaining(reason) });
    await expect(workspace.snapshot(path, 10, { strict: true })).rejects.toMatchObject({
      code: 'REJECTED_STRICT',
      detail: { line: 3, reason: expect.stringContaining(reason) },
    });
  });

  it.each([
    ['a.csv', (user: string) => `user_id,segment\nbob,new\n${user},vip\n`],
    [
      'a.ndjson',
      (user: string) => `{"user_id":"${user}","segments":["vip"]}\n{"user_id":"bob","segments":["new"]}\n`,
    ],
    [
      'a.json',
      (user: string) => `[{"user_id":"bob","segments":["new"]},{"user_id":"${user}","segments":["vip"]}]`,
    ],
  ])('take a user of 1024 characters and no more, in %s as in profiles', async (name, text) => {
    const tooLong = await workspace.snapshot(workspace.file(name, text('ü'.repeat(1025))), 10);
    expect(tooLong).toMatchObject({ rejected: 1, changes: { entered: 1 } });
    const { changes } = await workspace.snapshot(workspace.file(name, text('ü'.repeat(1024))), 11);
    expect(changes).toMatchObject({ entered: 1, exited: 0 });
  });

  it('with invalid UTF-8 are rejected', async () => {
    const path = workspace.file('a.csv', Buffer.from('user_id,segment\nbob,vip\na\xffn,vip\n', 'latin1'));
    expect(await workspace.snapshot(path, 10)).toMatchObject({ rejected: 1, changes: { entered: 1 } });
  });

  it('that look like prototype keys are ordinary', async () => {
    await workspace.snapshot(workspace.file('a.csv', csv('__proto__,constructor', 'toString,__proto__')), 10);
    expect(membershipDays(workspace.store.db, 'toString')).toEqual(Object.fromEntries([['__proto__', 10]]));
  });

  it.each([
    ['semicolons and CRLF', 'user_id;segment\r\nann;vip\r\n"bob";vip\r\n', 'in.csv'],
    ['tabs and a byte order mark', '\ufeffuser_id\tsegment\nann\tvip\nbob\tvip', 'in.tsv'],
    ['NDJSON pairs', '{"user_id":"ann","segment":"vip"}\n{"user_id":"bob","audience":"vip"}\n', 'in.ndjson'],
    [
      'profiles with a map',
      '[{"user_id":"ann","segments":{"vip":true,"x":false}},{"user_id":"bob","segments":["vip"]}]',
      'in.json',
    ],
    [
      'profiles with segments_all',
      '{"user_id":"ann","segments_all":["vip"]}\n{"user_id":"bob","segments_all":["vip"]}',
      'in.jsonl',
    ],
    ['CSV profiles', 'name,user_id,segments\nA,ann,vip\nB,bob,"[""vip""]"\n', 'in.csv'],
  ])('come as %s', async (_what, text, name) => {
    const result = await workspace.snapshot(workspace.file(name, text), 10);
    expect(result).toMatchObject({ rejected: 0, changes: { entered: 2 }, profiles: { read: 2 } });
    for (const user of ['ann', 'bob']) expect(membershipDays(workspace.store.db, user)).toEqual({ vip: 10 });
  });

  it('come packed with gzip or zstd', async () => {
    const text = csv('ann,vip', 'bob,vip');
    await workspace.snapshot(workspace.file('a.csv.gz', gzipSync(text)), 10);
    const { changes } = await workspace.snapshot(
      workspace.file('a.csv.zst', zstdCompressSync(Buffer.from(text))),
      11,
    );
    expect(changes).toEqual({ entered: 0, exited: 0, changed: 0 });
  });
});

describe('a partial snapshot', () => {
  it('compares only the users that it has', async () => {
    await workspace.snapshot(workspace.file('a.csv', csv('ann,vip', 'ann,new', 'bob,vip')), 10);
    const text = '{"user_id":"ann","segments":["vip"]}\n{"user_id":"cid","segments":[]}\n';
    const result = await workspace.snapshot(workspace.file('b.ndjson', text), 20, { partial: true });
    expect(result).toMatchObject({ changes: { entered: 0, exited: 1 }, profiles: { read: 2 } });
    expect(membershipDays(workspace.store.db, 'bob')).toEqual({ vip: 10 });
  });
});

describe('what cannot be a snapshot', () => {
  it.each([
    ['a header alone', 'in.csv', 'user_id,segment\n', 'FILE_FORMAT'],
    ['an empty file', 'in.csv', '', 'FILE_FORMAT'],
    ['no row that can be used', 'in.csv', csv(',vip', 'ann,'), 'FILE_FORMAT'],
    ['no column of users', 'in.csv', 'id,segment\nann,vip\n', 'FILE_FORMAT'],
    ['profiles without segments', 'in.ndjson', '{"user_id":"ann"}\n', 'FILE_FORMAT'],
    ['an array that is cut off', 'in.json', '[{"user_id":"ann","segments":["vip"]},', 'FILE_FORMAT'],
    ['gzip that is cut off', 'in.csv.gz', gzipSync(csv('ann,vip', 'bob,vip')).subarray(0, 30), 'FILE_FORMAT'],
  ])('%s is refused and changes nothing', async (_what, name, content, code) => {
    await workspace.snapshot(workspace.file('a.csv', csv('ann,vip')), 10);
    await expect(workspace.snapshot(workspace.file(name, content), 20)).rejects.toMatchObject({ code });
    expect(membershipDays(workspace.store.db, 'ann')).toEqual({ vip: 10 });
    expect(historyLines(workspace.store.db).length).toBe(1);
    expect(hiddenChanges(workspace.store.db)).toEqual([]);
  });

  it.each(['folder', join('no', 'such', 'file')])(
    'a result file that cannot be written (%s) is refused before anything changes',
    async (name) => {
      await workspace.snapshot(workspace.file('a.csv', csv('ann,vip')), 10);
      mkdirSync(join(workspace.dir, 'folder'));
      const out = join(workspace.dir, name);
      const next = workspace.file('b.csv', csv('bob,vip'));
      await expect(workspace.snapshot(next, 20, { out })).rejects.toMatchObject({
        code: 'FILE_UNWRITABLE',
        message: expect.stringContaining(out),
      });
      expect(membershipDays(workspace.store.db, 'ann')).toEqual({ vip: 10 });
      expect(await workspace.snapshot(next, 20)).toMatchObject({ changes: { entered: 1, exited: 1 } });
    },
  );

  it('a file that is not there is named', async () => {
    await expect(workspace.snapshot(join(workspace.dir, 'none.csv'), 1)).rejects.toMatchObject({
      code: 'FILE_NOT_FOUND',
    });
  });
});

it('does not overwrite the file that it reads with its result', async () => {
  const text = csv('ann,vip');
  const path = workspace.file('a.csv', text);
  await expect(workspace.snapshot(path, 10, { out: path })).rejects.toMatchObject({
    code: 'FILE_UNWRITABLE',
  });
  expect(readFileSync(path, 'utf8')).toBe(text);
  expect(historyLines(workspace.store.db)).toEqual([]);
});

describe('an import of many rows', () => {
  const many = csv(...Array.from({ length: 30_000 }, (_, i) => `user-${i % 10_000},audience-${i % 7}`));

  it('that is cancelled anywhere leaves the store as it was', async () => {
    const path = workspace.file('a.csv', many);
    const { db } = workspace.store;
    for (const looks of [1, 3, 40, 69, 71]) {
      let left = looks;
      const cancelled = () => {
        left -= 1;
        return left < 0;
      };
      await expect(runSnapshot(db, path, 10, {}, cancelled)).rejects.toMatchObject({ code: 'CANCELLED' });
      expect(historyLines(db)).toEqual([]);
      expect(db.prepare('SELECT count(*) FROM audience').pluck().get()).toBe(0);
      expect(db.prepare('SELECT state FROM batch ORDER BY id DESC LIMIT 1').pluck().get()).toBe('cancelled');
    }
    expect(readdirSync(join(workspace.dir, 'spill'))).toEqual([]);
    expect(await workspace.snapshot(path, 10)).toMatchObject({ changes: { entered: 30_000 } });
  });

  it('as a dry run tells the same and writes nothing', async () => {
    const path = workspace.file('a.csv', many);
    const out = join(workspace.dir, 'dry.ndjson');
    const dry = await workspace.snapshot(path, 10, { dryRun: true, out });
    expect(dry).toMatchObject({ batch: null, dryRun: true, changes: { entered: 30_000 } });
    expect(readFileSync(out, 'utf8').trim().split('\n').length).toBe(30_000);
    const tables = ['batch', 'change', 'audience', 'membership_segment', 'membership_stack'];
    for (const table of tables)
      expect(workspace.store.db.prepare(`SELECT count(*) FROM ${table}`).pluck().get()).toBe(0);
    const real = await workspace.snapshot(path, 10);
    expect(real.audiencesCreated).toEqual(dry.audiencesCreated);
    expect(readdirSync(workspace.dir).filter((name) => name.endsWith('.part'))).toEqual([]);
    expect(readdirSync(join(workspace.dir, 'spill'))).toEqual([]);
  });

  it('grows the store with the change, not with the snapshot', async () => {
    const { db } = workspace.store;
    const pages = () =>
      Number(db.pragma('page_count', { simple: true })) -
      Number(db.pragma('freelist_count', { simple: true }));
    await workspace.snapshot(workspace.file('a.csv', many), 10);
    const first = pages();
    let before = first;
    for (let n = 1; n <= 10; n += 1) {
      // One user in a hundred leaves one audience and enters another.
      const text = many.replaceAll(
        new RegExp(`^(user-\\d*${String(n).padStart(2, '0')}),audience-0$`, 'gm'),
        '$1,audience-x',
      );
      await workspace.snapshot(workspace.file('b.csv', text), 10 + n);
      before = pages();
    }
    expect(before - first).toBeLessThan(first * 0.25);
  });
});

it.each([
  ['text', 'u'],
  ['digits', ''],
])(
  'takes more users of one partition than its table has room for at first: keys of %s',
  async (_kind, prefix) => {
    const own: string[] = [];
    for (let n = 0; own.length < 4000; n += 1)
      if (hashOf(`${prefix}${n}`) >>> 24 === 7) own.push(`${prefix}${n}`);
    // From nobody in the store, and once more where half of them are.
    for (const [users, at] of [
      [own.slice(0, 2000), 10],
      [own, 20],
    ] as const) {
      const path = workspace.file('a.csv', csv(...users.map((user) => `${user},vip`)));
      expect(await workspace.snapshot(path, at)).toMatchObject({
        profiles: { read: users.length },
        changes: { entered: 2000, exited: 0 },
      });
    }
    expect(membershipDays(workspace.store.db, own[0] ?? '')).toEqual({ vip: 10 });
    expect(membershipDays(workspace.store.db, own[3999] ?? '')).toEqual({ vip: 20 });
  },
);

it('compares a partition in several passes when there are so many audiences that not all of its users fit', async () => {
  const { db } = workspace.store;
  const own: string[] = [];
  for (let n = 0; own.length < 40; n += 1) {
    const key = n % 2 === 0 ? `user ${n}` : n.toString(16).padStart(16, 'e');
    if (hashOf(key) >>> 24 === 7) own.push(key);
  }
  const [stay, leave] = [own.slice(0, 20), own.slice(20)];
  const one = stay.find((key) => key.startsWith('e')) ?? '';
  const groups = (users: readonly string[]) => users.map((user, n) => `${user},group ${n % 3}`);
  const all = Array.from({ length: 20_000 }, (_, n) => `${one},audience ${n}`);
  expect(await workspace.snapshot(workspace.file('a.csv', csv(...groups(own), ...all)), 10)).toMatchObject({
    profiles: { read: 40, duplicates: 0 },
    changes: { entered: 20_040, exited: 0 },
  });
  const next = workspace.file('b.csv', csv(...groups(stay), ...all.slice(1)));
  expect(await workspace.snapshot(next, 20)).toMatchObject({ changes: { entered: 0, exited: 21 } });
  const counts = (users: readonly string[]) =>
    users.map((user) => Object.keys(membershipDays(db, user)).length);
  expect(counts(stay)).toEqual(stay.map((user) => (user === one ? 20_000 : 1)));
  expect(counts(leave)).toEqual(leave.map(() => 0));
});

it('keeps the time of day of a snapshot as it was written', async () => {
  await workspace.snapshot(workspace.file('a.csv', csv('ann,vip')), 3);
  expect(workspace.store.db.prepare('SELECT at_ms, at_code FROM batch').get()).toEqual({
    at_ms: day(3).ms,
    at_code: day(3).code,
  });
});
