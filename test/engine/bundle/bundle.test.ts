import { copyFileSync, existsSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { exportBundle } from '../../../main/engine/bundle/export.ts';
import { mergeShares } from '../../../main/engine/bundle/merge.ts';
import { openBundle } from '../../../main/engine/bundle/open.ts';
import { applyMembershipChanges } from '../../../main/engine/membership/membership.ts';
import { inTransaction, openDatabase, writeSetting } from '../../../main/engine/store/store.ts';
import { bundleCalls } from '../../../preload/contract/bundle.ts';
import { runRequest } from '../../../preload/contract/run.ts';
import {
  addWorkflow,
  attachWorkspace,
  type ChangeSpec,
  call,
  DAY,
  entering,
  fill,
  folder,
  openWorkspace,
  profileText,
  receiveAll,
  type Workspace,
} from '../run/workspace.ts';

const SHARES = 3;

const request = (fields: object, out: string) =>
  bundleCalls.export.input.parse({ workflow: 'Triggers', kind: 'replay', out, ...fields });

/** A workspace whose workflow sends to a queue that other machines reach. */
async function openSource(changes: readonly ChangeSpec[], workflow: object = {}) {
  const source = await openWorkspace();
  const queueUrl = await source.sandbox.createQueue('triggers');
  fill(source, changes);
  addWorkflow(source, { queueUrl, ...workflow });
  return source;
}

async function bundleOf(source: Workspace, fields: object = {}) {
  const file = join(source.dir, 'run.bundle');
  // The day before the shares are run.
  const clock = () => Date.UTC(2026, 10, 19);
  return { file, made: await exportBundle({ ...source.engine, clock }, request(fields, file), call()) };
}

/** Opens a bundle in a folder of its own, sends one share and exports its journal. */
async function sendShare(
  { sandbox }: Workspace,
  file: string,
  { shard, kind = 'replay', dryRun = false }: { shard: object | null; kind?: string; dryRun?: boolean },
): Promise<string> {
  const dir = folder();
  const { profile, selection } = openBundle(file, dir);
  const machine = attachWorkspace(dir, sandbox);
  onTestFinished(() => machine.close());
  const options = { shard, profile, dryRun };
  const { id } = await machine.run.start(
    runRequest.parse({ workflow: 'Triggers', kind, selection, options }),
    call(sandbox),
  );
  await machine.wait(id);
  const out = join(dir, 'share.ndjson');
  await machine.run.export({ id, out }, call());
  return out;
}

const sendShares = (source: Workspace, file: string, kind = 'replay') =>
  Promise.all(
    Array.from({ length: SHARES }, (_, index) =>
      sendShare(source, file, { shard: { index, of: SHARES }, kind }),
    ),
  );

const merge = (files: string[], fields: object = {}) =>
  mergeShares(
    bundleCalls.merge.input.parse({ files, out: join(folder(), 'merged.ndjson'), ...fields }),
    call(),
  );

/** What the workspace itself would send, message by message. */
async function sentFromHome(source: Workspace, fields: object = {}) {
  const { id } = await source.run.start(
    runRequest.parse({ workflow: 'Triggers', kind: 'replay', ...fields }),
    call(source.sandbox),
  );
  await source.wait(id);
  const received = await receiveAll(source.sandbox);
  return received.map(({ body }) => body).sort();
}

describe('a bundle', () => {
  it('sends, share by share, byte for byte what the workspace sends', async () => {
    const at = (hours: number) => DAY + hours * 3_600_000;
    const source = await openSource(
      [
        ...entering(40),
        { userId: 'user1', atMs: at(30), event: 'exit' },
        { userId: 'user1', atMs: at(60), audience: 2 },
        { userId: 'ümläut 💡', atMs: at(1) },
      ],
      { segmentsAll: true, attributes: [{ field: 'email' }] },
    );
    const { db } = source.store;
    const { id } = db.prepare("SELECT id FROM profile WHERE user_id = 'user1'").get() as { id: number };
    const version = db.prepare(
      'INSERT INTO profile_version (profile_id, to_ms, to_code, from_ms, from_code, body, batch_id, replaced_by) VALUES (?, ?, 0, ?, ?, ?, 1, ?)',
    );
    inTransaction(db, () => {
      version.run(id, at(-500), null, null, profileText('user1', 10), 2);
      version.run(id, at(29), at(-500), 0, profileText('user1', 11), 3);
      version.run(id, at(50), at(29), 0, profileText('user1', 12), 4);
      version.run(id, at(55), at(50), 0, profileText('user1', 13), 5);
      db.prepare('UPDATE profile_row SET from_ms = ?, from_code = 0, body = ? WHERE id = ?').run(
        at(55),
        profileText('user1', 14),
        id,
      );
      db.prepare('INSERT INTO recorded_message VALUES (7, \'{"data":{"user_id":"old"}}\', 1)').run();
      applyMembershipChanges(
        db,
        ['user1', 'user5'].map((userId) => ({
          userId,
          audienceId: 2,
          event: 'enter' as const,
          at: { ms: at(90), code: 0 },
        })),
        { batch: 2, cause: 'profile' },
      );
    });
    fill(source, [{ userId: 'old', atMs: at(2), recordedId: 7 }]);

    const { file, made } = await bundleOf(source);
    expect(made.messages).toBe(46);
    const files = await sendShares(source, file);
    const fromShares = (await receiveAll(source.sandbox)).map(({ body }) => body).sort();
    expect(fromShares).toEqual(await sentFromHome(source));
    expect(fromShares.filter((body) => body.includes('"version":11'))).toHaveLength(1);
    expect(fromShares.filter((body) => body.includes('"version":12'))).toHaveLength(1);

    const copy = openDatabase(file);
    onTestFinished(() => void copy.close());
    const versions = copy.prepare('SELECT body FROM profile_version').pluck().all();
    expect(versions).toEqual([profileText('user1', 11), profileText('user1', 12)]);
    expect(await merge(files)).toMatchObject({ state: 'completed', sent: 46, unaccounted: 0 });
  });

  it('keeps to the selection and holds nothing else', async () => {
    const source = await openSource([
      ...entering(20),
      { userId: 'secret-user', atMs: DAY + 1e9, audience: 2 },
    ]);
    writeSetting(source.store.db, 'key_field', 'user_id');
    source.store.db.prepare("UPDATE audience SET filter = 'secret_rule' WHERE slug = 'loyal'").run();
    source.store.db.prepare("INSERT INTO trusted_host VALUES ('queue.example.org', 0)").run();
    addWorkflow(source, { name: 'Secret other', queueUrl: 'https://queue.example.org/q' });
    const { file, made } = await bundleOf(source, { selection: { audiences: ['at_risk'] } });
    expect(made).toMatchObject({ messages: 20, users: 20 });
    const bytes = readFileSync(file, 'latin1');
    for (const text of ['secret-user', 'secret_rule', 'Secret other', 'queue.example.org']) {
      expect(bytes).not.toContain(text);
    }
    expect(bytes).not.toContain(source.sandbox.secretAccessKey);
  });

  it('gives every share of a backfill the same instant', async () => {
    const source = await openSource([]);
    inTransaction(source.store.db, () => {
      applyMembershipChanges(
        source.store.db,
        Array.from({ length: 30 }, (_, index) => ({
          userId: `user${index}`,
          audienceId: 1 + (index % 2),
          event: 'enter' as const,
          at: { ms: DAY + index, code: 0 },
        })),
        { batch: 1, cause: 'profile' },
      );
    });
    const { file } = await bundleOf(source, { kind: 'backfill' });
    const files = await sendShares(source, file, 'backfill');
    expect(await merge(files)).toMatchObject({ state: 'completed', kind: 'backfill', sent: 30 });
    const received = await receiveAll(source.sandbox);
    const stamps = received.map(({ body }) => (JSON.parse(body) as { meta: { timestamp: string } }).meta);
    expect(new Set(stamps.map(({ timestamp }) => timestamp))).toEqual(new Set(['2026-11-19T00:00:00Z']));
  });

  it('refuses the queue of the embedded sandbox and leaves no file behind when it is cancelled', async () => {
    const source = await openSource(entering(1000));
    addWorkflow(source, { name: 'Embedded', queueUrl: 'sandbox:triggers' });
    await expect(bundleOf(source, { workflow: 'Embedded' })).rejects.toMatchObject({
      code: 'WORKFLOW_INVALID',
    });
    const folderOf = folder();
    const out = join(folderOf, 'never.bundle');
    await expect(
      exportBundle(source.engine, request({}, out), call(undefined, AbortSignal.abort())),
    ).rejects.toMatchObject({ code: 'CANCELLED' });
    expect(readdirSync(folderOf)).toEqual([]);
    await expect(
      exportBundle(source.engine, request({}, join(folderOf, 'no', 'folder')), call()),
    ).rejects.toMatchObject({ code: 'FILE_UNWRITABLE' });
  });

  it('is refused when it is cut off, newer, or no bundle, and in the folder of another workspace', async () => {
    const source = await openSource(entering(500));
    const { file } = await bundleOf(source);
    const spoiled = (change: (path: string) => void) => {
      const path = join(folder(), 'b');
      copyFileSync(file, path);
      change(path);
      return () => openBundle(path, folder());
    };
    expect(spoiled((path) => truncateSync(path, 40_000))).toThrow('cut off');
    expect(spoiled((path) => writeFileSync(path, 'PK no database at all'))).toThrow('no bundle');
    const newer = spoiled((path) => {
      const db = openDatabase(path);
      writeSetting(db, 'bundle', '{"version":2}');
      db.close();
    });
    expect(newer).toThrow('version 2');
    expect(() => openBundle(join(source.dir, 'missing'), folder())).toThrow('There is no file');
    await source.close();
    expect(() => openBundle(file, source.dir)).toThrow('was not opened from a bundle');
  });

  it('opened a second time keeps the runs of the first', async () => {
    const source = await openSource(entering(5));
    const { file } = await bundleOf(source);
    const dir = folder();
    openBundle(file, dir);
    const first = attachWorkspace(dir, source.sandbox);
    const replay = runRequest.parse({ workflow: 'Triggers', kind: 'replay' });
    const { id } = await first.run.start(replay, call(source.sandbox));
    await first.wait(id);
    await first.close();
    openBundle(file, dir);
    const second = attachWorkspace(dir, source.sandbox);
    onTestFinished(() => second.close());
    expect(await second.run.show({ id }, call())).toMatchObject({ sent: 5 });
  });
});

describe('a merge', () => {
  it('adds up what was parked and exits as not exact when a share is another one', async () => {
    const source = await openSource(entering(60));
    const { file } = await bundleOf(source);
    source.sandbox.setFaults({ partialSender: 0.3, seed: 3 });
    const files = await sendShares(source, file);
    source.sandbox.setFaults({});
    const report = await merge(files);
    expect(report.state).toBe('completed_with_errors');
    expect(report.parked).toBeGreaterThan(0);
    expect(report.sent + report.parked).toBe(60);

    const [first = '', ...rest] = files;
    const lines = readFileSync(first, 'utf8').split('\n');
    const forged = join(folder(), 'forged.ndjson');
    writeFileSync(forged, lines.join('\n').replace(/"userId":"user\d+"/, '"userId":"user999"'));
    await expect(merge([forged, ...rest])).rejects.toMatchObject({ code: 'CONFLICT' });
    const cut = join(folder(), 'cut.ndjson');
    writeFileSync(cut, lines.slice(0, 5).join('\n'));
    await expect(merge([cut, ...rest])).rejects.toMatchObject({ code: 'FILE_FORMAT' });
  });

  it('refuses shares that are doubled, missing, of another bundle or division, and dry runs', async () => {
    const source = await openSource(entering(12));
    const { file } = await bundleOf(source);
    const [a = '', b = '', c = ''] = await sendShares(source, file);
    await expect(merge([a, b, b])).rejects.toMatchObject({ code: 'CONFLICT' });
    await expect(merge([a, c])).rejects.toMatchObject({ code: 'NOT_FOUND', detail: { missing: [1] } });
    expect(await merge([a, c], { allowMissing: true })).toMatchObject({ state: 'incomplete', missing: [1] });

    const { file: second } = await bundleOf(source);
    const stranger = await sendShare(source, second, { shard: { index: 1, of: SHARES } });
    await expect(merge([a, stranger, c])).rejects.toMatchObject({ code: 'CONFLICT' });
    const half = await sendShare(source, second, { shard: { index: 1, of: 2 } });
    await expect(merge([stranger, half])).rejects.toMatchObject({ code: 'CONFLICT' });
    const dry = await sendShare(source, second, { shard: null, dryRun: true });
    await expect(merge([dry])).rejects.toMatchObject({ code: 'CONFLICT' });
    const whole = await sendShare(source, second, { shard: null });
    const out = join(folder(), 'whole.ndjson');
    expect(await merge([whole], { out })).toMatchObject({ state: 'completed', of: 1, sent: 12 });
    expect(readFileSync(out, 'utf8').trimEnd().split('\n')).toHaveLength(12);
  });

  it('leaves nothing under the name of the merged file when it fails', async () => {
    const out = join(folder(), 'merged.ndjson');
    const file = join(folder(), 'plain.ndjson');
    writeFileSync(file, '{"n":1}\n');
    await expect(merge([file], { out })).rejects.toMatchObject({ code: 'FILE_FORMAT' });
    expect(existsSync(out)).toBe(false);
  });
});
